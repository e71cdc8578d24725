#pragma once

#include <QString>
#include <QVector>

namespace kvasir::ui {

/// A piece of an answer that is drawn by one item.
struct MarkdownBlock {
    enum class Kind {
        Prose, ///< paragraphs, headings, lists, tables
        Quote, ///< lines that began with `>`, without that mark
        Code, ///< the inside of a fence
        Rule, ///< a thematic break; no text
    };

    Kind kind = Kind::Prose;
    QString text;
    QString language; ///< first word after a fence, as written

    bool operator==(const MarkdownBlock &) const = default;
};

/// Cuts growing Markdown into blocks. Where a block ends is decided by lines before it and by the whole line
/// that ends it, so that a stream only ever changes the last blocks: `append` looks at nothing before them.
/// The blocks depend on the text alone, not on how it was cut into pieces.
class MarkdownSplitter {
public:
    /// Returns the index of the first block that may have changed.
    qsizetype append(QStringView added);
    void clear();

    const QString &text() const { return m_text; }
    const QVector<MarkdownBlock> &blocks() const { return m_blocks; }
    /// How many characters `append` has looked at in all; what shows that a stream costs linear work.
    qint64 scannedCharacters() const { return m_scanned; }

private:
    friend class TailScanner;

    QString m_text;
    QVector<MarkdownBlock> m_blocks;
    qsizetype m_stableBlocks = 0; ///< blocks that no later text changes …
    qsizetype m_stableOffset = 0; ///< … and where in the text the first other one begins
    qint64 m_scanned = 0;
};

} // namespace kvasir::ui
