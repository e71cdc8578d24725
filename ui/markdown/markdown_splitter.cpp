#include "ui/markdown/markdown_splitter.h"

#include "ui/markdown/markdown_parser.h"
#include "ui/markdown/safe_text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kvasir::ui {
namespace {

// A piece is looked at for a cut when it is this long, and when it has doubled again …
constexpr qsizetype kPieceCharacters = 2400;
// … and is cut after any line once it is as long as this.
constexpr qsizetype kMaxPieceCharacters = 16 * kPieceCharacters;
// A longer line is cut between words.
constexpr qsizetype kMaxLineCharacters = 8000;

qsizetype indentOf(QStringView line)
{
    qsizetype n = 0;
    while (n < line.size() && line[n] == u' ')
        ++n;
    return n;
}

qsizetype runLength(QStringView line)
{
    qsizetype end = 0;
    while (end < line.size() && line[end] == line[0])
        ++end;
    return end;
}

QStringView withoutLineEnd(QStringView line)
{
    return line.endsWith(u'\r') ? line.chopped(1) : line;
}

/// Where the first marks of a fence are, if there are any.
std::optional<qsizetype> fenceMarks(QStringView line)
{
    const qsizetype indent = indentOf(line);
    if (indent >= line.size() || (line[indent] != u'`' && line[indent] != u'~'))
        return {};
    return runLength(line.mid(indent)) >= 3 ? std::optional(indent) : std::nullopt;
}

/// The fence that the text's last code begins with; none where it has ended with the last line.
std::optional<MarkdownSplitter::Fence> lastFence(QStringView text)
{
    qsizetype end = text.endsWith(u'\n') ? text.size() - 1 : text.size();
    bool isLastLine = true;
    while (end > 0) {
        const qsizetype begin = text.left(end).lastIndexOf(u'\n') + 1;
        const QStringView line = withoutLineEnd(text.mid(begin, end - begin));
        if (const auto marks = fenceMarks(line)) {
            if (isLastLine)
                return {};
            return MarkdownSplitter::Fence { line[*marks], runLength(line.mid(*marks)), *marks, true };
        }
        isLastLine = false;
        end = begin - 1;
    }
    return {};
}

/// Where a line is cut that goes on from `begin` for longer than is good: behind its last space, or anywhere.
qsizetype cutOfLongLine(QStringView text, qsizetype begin)
{
    const QStringView line = text.mid(begin, kMaxLineCharacters);
    const qsizetype space = line.lastIndexOf(u' ');
    if (space > kMaxLineCharacters / 2)
        return begin + space + 1;
    return begin + line.size() - (line.last().isHighSurrogate() ? 1 : 0);
}

} // namespace

qsizetype MarkdownSplitter::append(QStringView added)
{
    const qsizetype firstChanged = m_keptBlocks;
    m_text += added;
    m_blocks.resize(m_keptBlocks);
    readLines();
    showTail();
    return firstChanged;
}

void MarkdownSplitter::clear()
{
    *this = MarkdownSplitter();
}

void MarkdownSplitter::readLines()
{
    for (;;) {
        const qsizetype newline = m_text.indexOf(u'\n', m_searched);
        if (newline >= 0 && (m_inCode || newline - m_lineBegin <= kMaxLineCharacters)) {
            readLine(newline + 1, true);
        } else if (!m_inCode && m_text.size() - m_lineBegin > kMaxLineCharacters) {
            readLine(cutOfLongLine(m_text, m_lineBegin), false);
        } else {
            m_searched = m_text.size();
            return;
        }
        m_searched = m_lineBegin;
    }
}

/// A line that ends before `end`, with its line end if it is whole. Decides as if no more text had arrived.
void MarkdownSplitter::readLine(qsizetype end, bool whole)
{
    const QStringView line =
        withoutLineEnd(QStringView(m_text).mid(m_lineBegin, end - m_lineBegin - (whole ? 1 : 0)));
    if (m_inCode) {
        readCodeLine(line);
        if (!m_inCode)
            m_pieceBegin = end;
    } else if (!whole) {
        settleAll(end);
    } else if (!opensFence(line, end)) {
        m_pieceLimit = std::max(m_pieceLimit, kPieceCharacters);
        if (end - m_pieceBegin >= kMaxPieceCharacters)
            settleAll(end);
        else if (end - m_pieceBegin >= m_pieceLimit)
            settlePiece(end);
    }
    m_lineBegin = end;
}

void MarkdownSplitter::readCodeLine(QStringView line)
{
    const auto marks = fenceMarks(line);
    if (marks && (*marks <= 3 || m_fence.nested) && line[*marks] == m_fence.mark) {
        const QStringView rest = line.mid(*marks);
        const qsizetype length = runLength(rest);
        if (length >= m_fence.length && rest.mid(length).trimmed().isEmpty()) {
            m_inCode = false;
            m_blocks.append(std::exchange(m_code, {}));
            m_keptBlocks = m_blocks.size();
            return;
        }
    }
    addCodeLine(m_code, line);
    m_codeBegun = true;
}

void MarkdownSplitter::addCodeLine(MarkdownBlock &code, QStringView line) const
{
    if (m_codeBegun)
        code.text += u'\n';
    code.text += visibleText(line.mid(std::min(indentOf(line), m_fence.indent)).toString());
}

/// Whether the parser takes this line for the beginning of code that is in no list and no quote.
bool MarkdownSplitter::opensFence(QStringView line, qsizetype end)
{
    const auto marks = fenceMarks(line);
    if (!marks || *marks > 3)
        return false;
    const ParsedMarkdown piece = parseMarkdown(QStringView(m_text).mid(m_pieceBegin, end - m_pieceBegin));
    m_parsed += end - m_pieceBegin;
    if (!piece.endsWithEmptyCode)
        return false;
    keep(piece.blocks, piece.blocks.size() - 1, end);
    m_code = piece.blocks.last();
    m_fence = { line[*marks], runLength(line.mid(*marks)), *marks, false };
    m_inCode = true;
    m_codeBegun = false;
    return true;
}

void MarkdownSplitter::settlePiece(qsizetype end)
{
    const qsizetype length = end - m_pieceBegin;
    const ParsedMarkdown piece = parseMarkdown(QStringView(m_text).mid(m_pieceBegin, length));
    m_parsed += length;
    if (piece.cuts.isEmpty()) {
        m_pieceLimit *= 2;
        return;
    }
    const ParsedMarkdown::Cut &cut = piece.cuts.last();
    keep(piece.blocks, cut.block, m_pieceBegin + cut.offset);
}

/// Ends the piece here, whatever it is in the middle of; only code goes on as code.
void MarkdownSplitter::settleAll(qsizetype end)
{
    const QStringView text = QStringView(m_text).mid(m_pieceBegin, end - m_pieceBegin);
    const ParsedMarkdown piece = parseMarkdown(text);
    m_parsed += text.size();
    const std::optional<Fence> fence =
        !piece.blocks.isEmpty() && piece.blocks.last().kind == MarkdownBlock::Code ? lastFence(text)
                                                                                   : std::nullopt;
    keep(piece.blocks, piece.blocks.size() - (fence ? 1 : 0), end);
    if (!fence)
        return;
    m_code = piece.blocks.last();
    m_fence = *fence;
    m_inCode = true;
    m_codeBegun = true;
}

void MarkdownSplitter::keep(const QVector<MarkdownBlock> &blocks, qsizetype count, qsizetype end)
{
    m_blocks += blocks.first(count);
    m_keptBlocks = m_blocks.size();
    m_pieceBegin = end;
    m_pieceLimit = 0;
}

/// Shows what has arrived of the last piece.
void MarkdownSplitter::showTail()
{
    if (!m_inCode) {
        const QStringView piece = QStringView(m_text).mid(m_pieceBegin);
        m_parsed += piece.size();
        m_blocks += parseMarkdown(piece).blocks;
        return;
    }
    MarkdownBlock code = m_code;
    const QStringView line = QStringView(m_text).mid(m_lineBegin);
    const QStringView marks = line.trimmed();
    // The first marks of a closing fence are not code; they show what they are one token later.
    const bool mayClose = !marks.isEmpty() && marks[0] == m_fence.mark && runLength(marks) == marks.size();
    if (!line.isEmpty() && !mayClose)
        addCodeLine(code, line);
    m_blocks.append(code);
}

} // namespace kvasir::ui
