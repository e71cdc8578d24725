#include "ui/markdown/prose_document.h"

#include "ui/markdown/formula_room.h"
#include "ui/markdown/safe_text.h"

#include <QAbstractTextDocumentLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QMetaObject>
#include <QTextDocument>

#include <cmath>

namespace kvasir::ui {

void ProseDocument::componentComplete()
{
    m_complete = true;
    write();
}

QTextDocument *ProseDocument::textDocument() const
{
    return m_document ? m_document->textDocument() : nullptr;
}

void ProseDocument::setDocument(QQuickTextDocument *document)
{
    if (m_document == document)
        return;
    m_document = document;
    if (QTextDocument *text = textDocument()) {
        reserveFormulaRoom(*text);
        connect(text->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, this,
                &ProseDocument::placeFormulas);
    }
    emit documentChanged();
    write();
    emit contentChanged();
}

void ProseDocument::setBlock(const MarkdownBlock &block)
{
    if (m_block == block)
        return;
    m_block = block;
    write();
    emit contentChanged();
}

void ProseDocument::setPlainText(const QString &text)
{
    if (m_plainText == text)
        return;
    m_plainText = text;
    write();
    emit contentChanged();
}

void ProseDocument::setTypesetter(Typesetter *typesetter)
{
    if (m_typesetter == typesetter)
        return;
    if (m_typesetter)
        m_typesetter->disconnect(this);
    m_typesetter = typesetter;
    if (typesetter) {
        connect(typesetter, &Typesetter::progressed, this, [this] {
            if (m_waitsForFormulas)
                write();
        });
    }
    emit styleChanged();
    write();
}

/// A change of theme sets many properties one after another: write once, after the last.
void ProseDocument::writeSoon()
{
    if (!m_complete || m_writePending)
        return;
    m_writePending = true;
    const auto writeNow = [this] {
        m_writePending = false;
        write();
    };
    QMetaObject::invokeMethod(this, writeNow, Qt::QueuedConnection);
}

void ProseDocument::write()
{
    QTextDocument *document = textDocument();
    if (!m_complete || !document)
        return;
    m_waitsForFormulas = false;
    if (!m_plainText.isEmpty())
        writePlain(*document, m_plainText, m_style);
    else
        writeBlock(*document, m_block, m_style,
                   [this](const InlineRun &formula) { return measure(formula); });
    placeFormulas();
    measureWidth();
}

std::optional<FormulaExtent> ProseDocument::measure(const InlineRun &formula)
{
    if (!m_typesetter || formula.styles & InlineRun::Open)
        return {};
    const Typeset *typeset = m_typesetter->find(formula.text, formula.styles & InlineRun::Display);
    m_waitsForFormulas = m_waitsForFormulas || !typeset;
    if (!typeset || typeset->isBroken())
        return {};
    const qreal em = Typesetter::kScale * m_style.pixelSize;
    return FormulaExtent { typeset->width * em, typeset->ascent * em, typeset->descent * em };
}

void ProseDocument::placeFormulas()
{
    QVariantList formulas;
    if (const QTextDocument *document = textDocument()) {
        for (const PlacedFormula &formula : placedFormulas(*document)) {
            formulas << QVariantMap { { QStringLiteral("latex"), formula.latex },
                                      { QStringLiteral("display"), formula.display },
                                      { QStringLiteral("x"), formula.rect.x() },
                                      { QStringLiteral("y"), formula.rect.y() },
                                      { QStringLiteral("width"), formula.rect.width() },
                                      { QStringLiteral("height"), formula.rect.height() } };
        }
    }
    if (formulas == m_formulas)
        return;
    m_formulas = formulas;
    emit formulasChanged();
}

/// Only tables may be wider than what shows them. Measured on a copy: the editor follows every change of its
/// own document.
void ProseDocument::measureWidth()
{
    if (m_block.kind != MarkdownBlock::Table)
        return;
    QTextDocument copy;
    copy.setDefaultFont(textDocument()->defaultFont());
    reserveFormulaRoom(copy);
    writeBlock(copy, m_block, m_style, [this](const InlineRun &formula) { return measure(formula); });
    const qreal natural = std::ceil(copy.idealWidth());
    if (natural == m_naturalWidth)
        return;
    m_naturalWidth = natural;
    emit naturalWidthChanged();
}

bool ProseDocument::isSafeLink(const QString &href) const
{
    return kvasir::ui::isSafeLink(href);
}

QString ProseDocument::spokenText() const
{
    const QTextDocument *document = textDocument();
    return document ? sourceBetween(*document, 0, document->characterCount()) : m_plainText;
}

QString ProseDocument::textBetween(int begin, int end) const
{
    const QTextDocument *document = textDocument();
    return document ? sourceBetween(*document, begin, end) : QString();
}

void ProseDocument::copyBetween(int begin, int end) const
{
    QGuiApplication::clipboard()->setText(textBetween(begin, end));
}

} // namespace kvasir::ui
