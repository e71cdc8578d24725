#pragma once

#include "ui/markdown/markdown_block.h"

namespace kvasir::ui {

/// Cuts growing Markdown into blocks. The parser sees the text piece by piece; a piece ends before a
/// paragraph that the parser, having seen whole lines only, takes for the beginning of something new. So a
/// stream only ever changes what the last piece gave, and costs work that does not grow with what is above.
///
/// The blocks depend on the text alone, not on how it arrived. Definitions of links hold within their piece.
class MarkdownSplitter {
public:
    /// Returns the index of the first block that may have changed.
    qsizetype append(QStringView added);
    void clear();

    const QString &text() const { return m_text; }
    const QVector<MarkdownBlock> &blocks() const { return m_blocks; }
    /// How many characters were parsed in all; what shows that a stream costs linear work.
    qint64 parsedCharacters() const { return m_parsed; }

    /// A fence whose lines are taken as they come.
    struct Fence {
        QChar mark;
        qsizetype length = 0;
        qsizetype indent = 0; ///< of its first line, which the others lose
        bool nested = false; ///< in a list: its end may be indented further
    };

private:
    void readLines();
    void readLine(qsizetype end, bool whole);
    void readCodeLine(QStringView line);
    void addCodeLine(MarkdownBlock &code, QStringView line) const;
    bool opensFence(QStringView line, qsizetype end);
    void settlePiece(qsizetype end);
    void settleAll(qsizetype end);
    void keep(const QVector<MarkdownBlock> &blocks, qsizetype count, qsizetype end);
    void showTail();

    QString m_text;
    QVector<MarkdownBlock> m_blocks;
    qsizetype m_keptBlocks = 0; ///< what no later text changes …
    qsizetype m_pieceBegin = 0; ///< … and where in the text the rest begins
    qsizetype m_lineBegin = 0; ///< the first line that was not whole yet
    qsizetype m_searched = 0; ///< before this is no end of that line
    qsizetype m_pieceLimit = 0; ///< how long the piece may grow before it is looked at for a cut
    MarkdownBlock m_code; ///< while `m_inCode`: the whole lines so far
    Fence m_fence;
    bool m_inCode = false;
    bool m_codeBegun = false; ///< it has a line, though that may be empty
    qint64 m_parsed = 0;
};

} // namespace kvasir::ui
