#include "ui/markdown/formula_room.h"

#include "ui/markdown/prose_writer.h"

#include <QAbstractTextDocumentLayout>
#include <QFontMetricsF>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextObjectInterface>
#include <QTextTable>

#include <algorithm>

namespace kvasir::ui {
namespace {

constexpr int kObjectType = QTextFormat::UserObject + 1;
enum Property { Latex = QTextFormat::UserProperty + 1, Display, Size, Ascent, Room };

// Of the font's size: so far below a line's descent is room in the line's own height.
constexpr qreal kLeading = 0.25;

/// Takes a formula's room and draws nothing.
class FormulaRoom : public QObject, public QTextObjectInterface {
    Q_OBJECT
    Q_INTERFACES(QTextObjectInterface)

public:
    using QObject::QObject;

    QSizeF intrinsicSize(QTextDocument *, int, const QTextFormat &format) override
    {
        return format.property(Room).toSizeF();
    }
    void drawObject(QPainter *, const QRectF &, QTextDocument *, int, const QTextFormat &) override { }
};

bool isFormula(const QTextFormat &format)
{
    return format.objectType() == kObjectType;
}

QString sourceOf(const QTextFormat &format)
{
    const QString mark = format.boolProperty(Display) ? QStringLiteral("$$") : QStringLiteral("$");
    return mark + format.stringProperty(Latex) + mark;
}

} // namespace

void reserveFormulaRoom(QTextDocument &document)
{
    document.documentLayout()->registerHandler(kObjectType, new FormulaRoom(&document));
}

QTextCharFormat formulaFormat(QTextCharFormat format, const QString &latex, bool display,
                              const FormulaExtent &extent)
{
    // A layout gives an object the font's descent, or centres it on the baseline. The latter is for what goes
    // far below.
    const QFontMetricsF font(format.font());
    const bool isDeep = extent.descent > font.descent() + kLeading * font.height();
    const qreal room = isDeep ? 2 * std::max(extent.ascent, extent.descent) : extent.ascent + font.descent();
    format.setObjectType(kObjectType);
    format.setVerticalAlignment(isDeep ? QTextCharFormat::AlignMiddle : QTextCharFormat::AlignBaseline);
    format.setProperty(Latex, latex);
    format.setProperty(Display, display);
    format.setProperty(Size, QSizeF(extent.width, extent.ascent + extent.descent));
    format.setProperty(Ascent, extent.ascent);
    format.setProperty(Room, QSizeF(extent.width, room));
    return format;
}

QVector<PlacedFormula> placedFormulas(const QTextDocument &document)
{
    QVector<PlacedFormula> formulas;
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        for (auto it = block.begin(); !it.atEnd(); ++it) {
            const QTextCharFormat format = it.fragment().charFormat();
            if (!isFormula(format))
                continue;
            const QPointF origin = document.documentLayout()->blockBoundingRect(block).topLeft();
            for (int i = 0; i < it.fragment().length(); ++i) { // the same formula twice is one fragment
                const int position = it.fragment().position() + i - block.position();
                const QTextLine line = block.layout()->lineForTextPosition(position);
                if (!line.isValid())
                    continue;
                const QSizeF size = format.property(Size).toSizeF();
                // Among letters from right to left, what comes before it is on its right.
                const QPointF topLeft(std::min(line.cursorToX(position), line.cursorToX(position + 1)),
                                      line.y() + line.ascent() - format.doubleProperty(Ascent));
                formulas.append({ format.stringProperty(Latex), format.boolProperty(Display),
                                  QRectF(origin + topLeft, size) });
            }
        }
    }
    return formulas;
}

QString sourceBetween(const QTextDocument &document, int begin, int end)
{
    QString text;
    for (QTextBlock block = document.findBlock(begin); block.isValid() && block.position() <= end;
         block = block.next()) {
        if (block.position() > begin) {
            const QTextTable *table = QTextCursor(block).currentTable();
            const QTextTable *before = QTextCursor(block.previous()).currentTable();
            const bool sameRow = table && table == before
                && table->cellAt(block.position()).row() == table->cellAt(block.previous().position()).row();
            if (table == before) // there is an empty block on either side of a table
                text += sameRow ? u'\t' : u'\n';
        }
        for (auto it = block.begin(); !it.atEnd(); ++it) {
            const QTextFragment fragment = it.fragment();
            const int from = std::max(begin, fragment.position());
            const int to = std::min(end, fragment.position() + fragment.length());
            if (from >= to)
                continue;
            if (isFormula(fragment.charFormat()))
                text += sourceOf(fragment.charFormat()).repeated(to - from);
            else
                text += fragment.text().mid(from - fragment.position(), to - from);
        }
    }
    return text.replace(QChar::LineSeparator, u'\n');
}

} // namespace kvasir::ui

#include "formula_room.moc"
