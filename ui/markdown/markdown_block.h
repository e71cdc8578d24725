#pragma once

#include <QMetaType>
#include <QString>
#include <QVector>

namespace kvasir::ui {

/// A stretch of text in one style.
struct InlineRun {
    enum Style : unsigned {
        Bold = 1,
        Italic = 2,
        Strike = 4,
        Code = 8,
        Image = 16, ///< the description of a picture, which is never loaded
        Math = 32, ///< `text` is LaTeX
        Display = 64, ///< with `Math`: in display style
        Open = 128, ///< with `Math`: its end has not arrived yet
    };

    QString text;
    unsigned styles = 0; ///< of `Style`
    QString href; ///< where a link leads; empty: no link

    bool operator==(const InlineRun &) const = default;
};

/// What stands on lines of its own: a paragraph, a heading, or the next paragraph of a list's item.
struct Paragraph {
    int headingLevel = 0; ///< 1 … 6; 0: no heading
    int listDepth = 0; ///< how many lists it is in, inside of the innermost quote
    bool tight = false; ///< an item that stands close to the one before it
    QString marker; ///< of a list's item, on its first paragraph
    QVector<InlineRun> runs;

    bool operator==(const Paragraph &) const = default;
};

enum class ColumnAlignment { Left, Centre, Right };

struct MarkdownTable {
    using Cell = QVector<InlineRun>;
    QVector<ColumnAlignment> columns;
    QVector<QVector<Cell>> rows; ///< each as long as `columns`
    bool hasHeading = false; ///< the first row

    bool operator==(const MarkdownTable &) const = default;
};

/// A piece of an answer that is drawn by one item. Lists and quotes are not blocks: each block knows how deep
/// in them it is.
class MarkdownBlock {
    Q_GADGET
    Q_PROPERTY(Kind kind MEMBER kind)
    Q_PROPERTY(QString text MEMBER text)
    Q_PROPERTY(QString language MEMBER language)
    Q_PROPERTY(int indent MEMBER indent)
    Q_PROPERTY(int quoteDepth MEMBER quoteDepth)
    Q_PROPERTY(int innerIndent MEMBER innerIndent)
    Q_PROPERTY(bool joinsQuote MEMBER joinsQuote)
    Q_PROPERTY(bool open MEMBER open)
    Q_PROPERTY(int headingLevel READ headingLevel)
    Q_PROPERTY(bool tight READ isTight)

public:
    enum Kind {
        Prose, ///< paragraphs, headings and lists' items
        Table,
        Code, ///< the inside of a fence
        Math, ///< a formula on a line of its own
        Rule, ///< a thematic break
        Plain, ///< whole lines of text without markup
    };
    Q_ENUM(Kind)

    Kind kind = Prose;
    QString text; ///< of code, the LaTeX of a formula, or plain text
    QString language; ///< first word after a fence, as written
    int indent = 0; ///< lists around the outermost quote, or around the block where it is in no quote; 0 for
                    ///< prose in no quote
    int quoteDepth = 0;
    int innerIndent = 0; ///< lists between the innermost quote and what is not prose
    bool joinsQuote = false; ///< the block above is in the same quote
    bool open = false; ///< a formula whose end has not arrived yet
    QVector<Paragraph> paragraphs;
    MarkdownTable table;

    int headingLevel() const { return paragraphs.isEmpty() ? 0 : paragraphs.first().headingLevel; }
    bool isTight() const { return !paragraphs.isEmpty() && paragraphs.first().tight; }
    bool operator==(const MarkdownBlock &) const = default;
};

} // namespace kvasir::ui

Q_DECLARE_METATYPE(kvasir::ui::MarkdownBlock)
