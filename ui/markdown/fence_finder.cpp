#include "ui/markdown/fence_finder.h"

#include <functional>

namespace kvasir::ui {
namespace {

MD_PARSER parserThatIgnores()
{
    MD_PARSER parser = {};
    parser.flags = kMarkdownDialect;
    parser.enter_block = [](MD_BLOCKTYPE, void *, void *) { return 0; };
    parser.leave_block = parser.enter_block;
    parser.enter_span = [](MD_SPANTYPE, void *, void *) { return 0; };
    parser.leave_span = parser.enter_span;
    parser.text = [](MD_TEXTTYPE, const MD_CHAR *, MD_SIZE, void *) { return 0; };
    return parser;
}

/// Where the parser sees fenced code, each with the lines before and behind it.
class FenceFinder {
public:
    explicit FenceFinder(const QByteArray &text)
        : m_text(text)
    {
        if (!text.contains("```") && !text.contains("~~~"))
            return;
        MD_PARSER parser = parserThatIgnores();
        parser.enter_block = [](MD_BLOCKTYPE type, void *, void *self) {
            if (type == MD_BLOCK_CODE)
                static_cast<FenceFinder *>(self)->begin();
            return 0;
        };
        parser.leave_block = [](MD_BLOCKTYPE type, void *, void *self) {
            if (type == MD_BLOCK_CODE)
                static_cast<FenceFinder *>(self)->end();
            return 0;
        };
        parser.text = [](MD_TEXTTYPE, const MD_CHAR *text, MD_SIZE size, void *self) {
            static_cast<FenceFinder *>(self)->take(text, qsizetype(size));
            return 0;
        };
        md_parse(text.constData(), MD_SIZE(text.size()), &parser, this);
    }

    const QVector<CodeRange> &fences() const { return m_fences; }

private:
    void begin()
    {
        m_inCode = true;
        m_isEmpty = true;
    }

    void take(const MD_CHAR *text, qsizetype size)
    {
        const std::less_equal<const MD_CHAR *> notBehind;
        const MD_CHAR *begin = m_text.constData();
        if (!m_inCode || size == 0 || !notBehind(begin, text)
            || !notBehind(text + size, begin + m_text.size()))
            return;
        if (m_isEmpty) {
            const qsizetype line = lineBegin(text - begin);
            m_fences.append({ line > 0 ? lineBegin(line - 1) : 0, 0 });
            m_isEmpty = false;
        }
        m_fences.last().end = text - begin + size;
    }

    void end()
    {
        m_inCode = false;
        if (m_isEmpty)
            return;
        const qsizetype lineEnd = m_text.indexOf('\n', m_fences.last().end);
        const qsizetype fenceEnd = lineEnd < 0 ? -1 : m_text.indexOf('\n', lineEnd + 1);
        m_fences.last().end = fenceEnd < 0 ? m_text.size() : fenceEnd;
    }

    qsizetype lineBegin(qsizetype position) const
    {
        return position > 0 ? m_text.lastIndexOf('\n', position - 1) + 1 : 0;
    }

    const QByteArray &m_text;
    QVector<CodeRange> m_fences;
    bool m_inCode = false;
    bool m_isEmpty = true;
};

} // namespace

QVector<CodeRange> findFences(const QByteArray &utf8)
{
    return FenceFinder(utf8).fences();
}

} // namespace kvasir::ui
