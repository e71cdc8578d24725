#include "ui/markdown/markdown_splitter.h"

#include <algorithm>
#include <optional>

namespace kvasir::ui {
namespace {

// Prose is cut after a paragraph's end once it is this long, which bounds what one more token costs while
// leaving runs of paragraphs together, to be selected in one go …
constexpr qsizetype kSoftProseLimit = 1200;
// … and after any line once it is this long.
constexpr qsizetype kHardProseLimit = 4800;
// Fences inside list items are indented; deeper ones are left as they are.
constexpr qsizetype kMaxFenceIndent = 8;

struct Fence {
    QChar mark;
    qsizetype length = 0;
    qsizetype indent = 0;
    QString language;
};

qsizetype indentOf(QStringView line)
{
    qsizetype n = 0;
    while (n < line.size() && line[n] == u' ')
        ++n;
    return n;
}

qsizetype runLength(QStringView line, qsizetype from)
{
    qsizetype end = from;
    while (end < line.size() && line[end] == line[from])
        ++end;
    return end - from;
}

std::optional<Fence> openingFence(QStringView line)
{
    const qsizetype indent = indentOf(line);
    if (indent > kMaxFenceIndent || indent >= line.size())
        return std::nullopt;
    const QChar mark = line[indent];
    if (mark != u'`' && mark != u'~')
        return std::nullopt;
    const qsizetype length = runLength(line, indent);
    if (length < 3)
        return std::nullopt;
    const QStringView info = line.mid(indent + length).trimmed();
    if (mark == u'`' && info.contains(u'`'))
        return std::nullopt;
    qsizetype wordEnd = 0;
    while (wordEnd < info.size() && !info[wordEnd].isSpace())
        ++wordEnd;
    return Fence { mark, length, indent, info.left(wordEnd).toString() };
}

bool isClosingFence(QStringView line, const Fence &fence)
{
    const QStringView trimmed = line.trimmed();
    return trimmed.size() >= fence.length && trimmed[0] == fence.mark
        && runLength(trimmed, 0) == trimmed.size();
}

bool isOnlyFenceMarks(QStringView line, const Fence &fence)
{
    const QStringView trimmed = line.trimmed();
    return !trimmed.isEmpty() && trimmed[0] == fence.mark && runLength(trimmed, 0) == trimmed.size();
}

bool isRule(QStringView line)
{
    const QStringView trimmed = line.trimmed();
    return indentOf(line) <= 3 && trimmed.size() >= 3 && runLength(trimmed, 0) == trimmed.size()
        && (trimmed[0] == u'-' || trimmed[0] == u'*' || trimmed[0] == u'_');
}

bool isQuote(QStringView line)
{
    const qsizetype indent = indentOf(line);
    return indent <= 3 && indent < line.size() && line[indent] == u'>';
}

QStringView withoutQuoteMark(QStringView line)
{
    line = line.mid(indentOf(line) + 1);
    return line.startsWith(u' ') ? line.mid(1) : line;
}

/// Whether a line can begin a block of its own, rather than going on with a list or a table.
bool beginsParagraph(QStringView line)
{
    const QChar first = line[0];
    return first.isLetter() || first == u'#' || first == u'"' || first == u'(' || first.unicode() >= 0x80;
}

QStringView withoutTrailingSpace(QStringView text)
{
    while (!text.isEmpty() && text.last().isSpace())
        text.chop(1);
    return text;
}

} // namespace

/// Reads a splitter's text from its stable offset to its end, line by line.
class TailScanner {
public:
    explicit TailScanner(MarkdownSplitter &splitter)
        : m_splitter(splitter)
    {
    }

    void run()
    {
        const QStringView text = m_splitter.m_text;
        qsizetype begin = m_splitter.m_stableOffset;
        m_splitter.m_blocks.resize(m_splitter.m_stableBlocks);
        m_splitter.m_scanned += text.size() - begin;
        while (begin < text.size()) {
            const qsizetype newline = text.indexOf(u'\n', begin);
            m_complete = newline >= 0;
            const qsizetype end = m_complete ? newline : text.size();
            QStringView line = text.mid(begin, end - begin);
            if (line.endsWith(u'\r'))
                line.chop(1);
            m_lineBegin = begin;
            m_nextLine = end + 1;
            if (m_fence)
                codeLine(line);
            else
                proseLine(line);
            begin = m_nextLine;
        }
        if (m_fence)
            closeCode();
        else
            closeProse();
    }

private:
    void codeLine(QStringView line)
    {
        if (isClosingFence(line, *m_fence)) {
            closeCode();
            settle(m_nextLine);
            return;
        }
        // The first marks of a closing fence are not code; they show what they are one token later.
        if (!m_complete && isOnlyFenceMarks(line, *m_fence))
            return;
        if (!m_code.isNull())
            m_code += u'\n';
        m_code += line.mid(std::min(indentOf(line), m_fence->indent));
    }

    void proseLine(QStringView line)
    {
        if (line.trimmed().isEmpty()) {
            if (m_kind == MarkdownBlock::Kind::Quote)
                closeProse();
            m_afterBlank = true;
        } else if (auto fence = openingFence(line)) {
            closeProse();
            settle(m_lineBegin);
            m_fence = std::move(fence);
        } else if (m_complete && isRule(line) && mayBeRule()) {
            closeProse();
            m_splitter.m_blocks.append({ MarkdownBlock::Kind::Rule, {}, {} });
            settle(m_nextLine);
        } else if (isQuote(line)) {
            if (m_kind != MarkdownBlock::Kind::Quote)
                begin(MarkdownBlock::Kind::Quote);
            addLine(withoutQuoteMark(line));
        } else {
            if (m_kind == MarkdownBlock::Kind::Quote || isLongEnough(line))
                begin(MarkdownBlock::Kind::Prose);
            if (m_afterBlank && !m_prose.isEmpty())
                m_prose += u'\n';
            addLine(line);
        }
    }

    /// Below a paragraph, dashes make it a heading.
    bool mayBeRule() const
    {
        return m_prose.isEmpty() || m_afterBlank || m_kind == MarkdownBlock::Kind::Quote;
    }

    bool isLongEnough(QStringView line) const
    {
        return m_complete
            && ((m_prose.size() >= kHardProseLimit && !isRule(line))
                || (m_prose.size() >= kSoftProseLimit && m_afterBlank && beginsParagraph(line)));
    }

    void begin(MarkdownBlock::Kind kind)
    {
        closeProse();
        settle(m_lineBegin);
        m_kind = kind;
    }

    void addLine(QStringView line)
    {
        if (!m_prose.isEmpty())
            m_prose += u'\n';
        m_prose += line;
        m_afterBlank = false;
    }

    /// No later text changes what lies before `offset`: a whole line has said so.
    void settle(qsizetype offset)
    {
        if (!m_complete)
            return;
        m_splitter.m_stableBlocks = m_splitter.m_blocks.size();
        m_splitter.m_stableOffset = offset;
    }

    void closeProse()
    {
        const QStringView text = withoutTrailingSpace(m_prose);
        if (!text.isEmpty())
            m_splitter.m_blocks.append({ m_kind, text.toString(), {} });
        m_prose.clear();
        m_kind = MarkdownBlock::Kind::Prose;
        m_afterBlank = false;
    }

    void closeCode()
    {
        m_splitter.m_blocks.append({ MarkdownBlock::Kind::Code, m_code, m_fence->language });
        m_code = QString();
        m_fence.reset();
    }

    MarkdownSplitter &m_splitter;
    MarkdownBlock::Kind m_kind = MarkdownBlock::Kind::Prose;
    QString m_prose; ///< the open block, with one `\n` between lines and two around blank ones
    QString m_code; ///< null until the first line
    std::optional<Fence> m_fence;
    qsizetype m_lineBegin = 0;
    qsizetype m_nextLine = 0;
    bool m_complete = false; ///< the current line has its line end
    bool m_afterBlank = false;
};

qsizetype MarkdownSplitter::append(QStringView added)
{
    const qsizetype firstChanged = m_stableBlocks;
    m_text += added;
    TailScanner(*this).run();
    return firstChanged;
}

void MarkdownSplitter::clear()
{
    *this = MarkdownSplitter();
}

} // namespace kvasir::ui
