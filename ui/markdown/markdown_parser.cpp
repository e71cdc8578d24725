#include "ui/markdown/markdown_parser.h"

#include "ui/markdown/block_builder.h"
#include "ui/markdown/fence_finder.h"
#include "ui/markdown/formula_scanner.h"
#include "ui/markdown/safe_text.h"

#include <QRegularExpression>
#include <QTextDocumentFragment>

#include <md4c.h>

#include <functional>

namespace kvasir::ui {
namespace {

QString decodeEntity(const QString &entity)
{
    static const QRegularExpression shape(QStringLiteral("^&#?[0-9A-Za-z]{1,32};$"));
    if (!shape.match(entity).hasMatch())
        return entity;
    return QTextDocumentFragment::fromHtml(entity).toPlainText();
}

/// Empty: it is no task.
QString taskMark(const MD_BLOCK_LI_DETAIL &item)
{
    if (!item.is_task)
        return {};
    return item.task_mark == ' ' ? QStringLiteral("☐") : QStringLiteral("☑");
}

ColumnAlignment alignmentOf(const MD_BLOCK_TD_DETAIL &cell)
{
    return cell.align == MD_ALIGN_RIGHT ? ColumnAlignment::Right
        : cell.align == MD_ALIGN_CENTER ? ColumnAlignment::Centre
                                        : ColumnAlignment::Left;
}

/// Receives the parser's events. Its text is a copy with the formulas masked, of the same length: what an
/// event points at tells where in the source it is.
class MarkdownReader {
public:
    explicit MarkdownReader(QStringView text)
        : m_source(text.toUtf8())
        , m_formulas(findFormulas(m_source, findFences(m_source)))
        , m_masked(m_source)
    {
        maskFormulas(m_masked, m_formulas);
    }

    ParsedMarkdown run()
    {
        MD_PARSER parser = {};
        parser.flags = kMarkdownDialect;
        parser.enter_block = [](MD_BLOCKTYPE type, void *detail, void *self) {
            static_cast<MarkdownReader *>(self)->enterBlock(type, detail);
            return 0;
        };
        parser.leave_block = [](MD_BLOCKTYPE type, void *, void *self) {
            static_cast<MarkdownReader *>(self)->leaveBlock(type);
            return 0;
        };
        parser.enter_span = [](MD_SPANTYPE type, void *detail, void *self) {
            static_cast<MarkdownReader *>(self)->enterSpan(type, detail);
            return 0;
        };
        parser.leave_span = [](MD_SPANTYPE, void *, void *self) {
            static_cast<MarkdownReader *>(self)->leaveSpan();
            return 0;
        };
        parser.text = [](MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *self) {
            static_cast<MarkdownReader *>(self)->text(type, text, qsizetype(size));
            return 0;
        };
        md_parse(m_masked.constData(), MD_SIZE(m_masked.size()), &parser, this);
        return m_builder.take();
    }

private:
    void enterBlock(MD_BLOCKTYPE type, void *detail)
    {
        switch (type) {
        case MD_BLOCK_UL:
            m_builder.enterList(static_cast<MD_BLOCK_UL_DETAIL *>(detail)->is_tight != 0);
            break;
        case MD_BLOCK_OL: {
            const auto &list = *static_cast<MD_BLOCK_OL_DETAIL *>(detail);
            m_builder.enterList(list.is_tight != 0, true, list.start, QLatin1Char(list.mark_delimiter));
            break;
        }
        case MD_BLOCK_LI:
            m_builder.enterItem(taskMark(*static_cast<MD_BLOCK_LI_DETAIL *>(detail)));
            break;
        case MD_BLOCK_QUOTE:
            m_builder.enterQuote();
            break;
        case MD_BLOCK_H:
            m_builder.beginParagraph(int(static_cast<MD_BLOCK_H_DETAIL *>(detail)->level));
            break;
        case MD_BLOCK_P:
            m_builder.beginParagraph();
            break;
        case MD_BLOCK_CODE:
            m_builder.beginCode(
                visibleText(attributeText(static_cast<MD_BLOCK_CODE_DETAIL *>(detail)->lang)));
            break;
        case MD_BLOCK_HR:
            m_builder.addRule();
            break;
        case MD_BLOCK_TABLE:
            m_builder.beginTable(qsizetype(static_cast<MD_BLOCK_TABLE_DETAIL *>(detail)->col_count));
            break;
        case MD_BLOCK_TR:
            m_builder.beginRow();
            break;
        case MD_BLOCK_TH:
        case MD_BLOCK_TD:
            m_builder.beginCell(alignmentOf(*static_cast<MD_BLOCK_TD_DETAIL *>(detail)));
            break;
        default:
            break;
        }
    }

    void leaveBlock(MD_BLOCKTYPE type)
    {
        m_spans.clear();
        switch (type) {
        case MD_BLOCK_UL:
        case MD_BLOCK_OL:
            m_builder.leaveList();
            break;
        case MD_BLOCK_QUOTE:
            m_builder.leaveQuote();
            break;
        case MD_BLOCK_CODE:
            m_builder.endCode();
            break;
        case MD_BLOCK_TH:
        case MD_BLOCK_TD:
            m_builder.endCell();
            break;
        case MD_BLOCK_P:
        case MD_BLOCK_H:
        case MD_BLOCK_LI:
            m_builder.endParagraph();
            break;
        default:
            break;
        }
    }

    void enterSpan(MD_SPANTYPE type, void *detail)
    {
        InlineRun style = m_spans.isEmpty() ? InlineRun {} : m_spans.last();
        switch (type) {
        case MD_SPAN_EM:
            style.styles |= InlineRun::Italic;
            break;
        case MD_SPAN_STRONG:
            style.styles |= InlineRun::Bold;
            break;
        case MD_SPAN_DEL:
            style.styles |= InlineRun::Strike;
            break;
        case MD_SPAN_CODE:
            style.styles |= InlineRun::Code;
            break;
        case MD_SPAN_A: {
            const QString href = attributeText(static_cast<MD_SPAN_A_DETAIL *>(detail)->href);
            if (isSafeLink(href))
                style.href = href;
            break;
        }
        case MD_SPAN_IMG:
            style.styles |= InlineRun::Image;
            break;
        default:
            break;
        }
        m_spans.append(style);
    }

    /// The parser sometimes ends a span that it did not begin, where marks of several kinds cross.
    void leaveSpan()
    {
        if (!m_spans.isEmpty())
            m_spans.removeLast();
    }

    void text(MD_TEXTTYPE type, const MD_CHAR *begin, qsizetype size)
    {
        if (m_builder.isInCode()) {
            m_builder.addCode(visibleText(sourceText(begin, size)));
            return;
        }
        const qsizetype offset = offsetOf(begin, size);
        if (m_builder.beginText() && !m_builder.isInContainer())
            offerCutAt(offset);
        if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR)
            addText(QString(QChar::LineSeparator));
        else if (type == MD_TEXT_NULLCHAR)
            addText(QString(QChar::ReplacementCharacter));
        else if (type == MD_TEXT_ENTITY)
            addText(decodeEntity(sourceText(begin, size)));
        else if (type == MD_TEXT_CODE || offset < 0)
            addText(sourceText(begin, size));
        else
            addTextWithFormulas(offset, size);
    }

    /// -1: it does not point into the text.
    qsizetype offsetOf(const MD_CHAR *begin, qsizetype size) const
    {
        const std::less_equal<const MD_CHAR *> notBehind;
        const MD_CHAR *text = m_masked.constData();
        return notBehind(text, begin) && notBehind(begin + size, text + m_masked.size()) ? begin - text : -1;
    }

    /// As it is written, formulas too.
    QString sourceText(const MD_CHAR *begin, qsizetype size) const
    {
        const qsizetype offset = offsetOf(begin, size);
        return QString::fromUtf8(offset < 0 ? begin : m_source.constData() + offset, size);
    }

    QString attributeText(const MD_ATTRIBUTE &attribute) const
    {
        return sourceText(attribute.text, qsizetype(attribute.size));
    }

    void addTextWithFormulas(qsizetype begin, qsizetype size)
    {
        const qsizetype end = begin + size;
        while (m_nextFormula < m_formulas.size() && m_formulas[m_nextFormula].begin < begin)
            ++m_nextFormula;
        for (; m_nextFormula < m_formulas.size(); ++m_nextFormula) {
            const FormulaSpan &formula = m_formulas[m_nextFormula];
            if (formula.begin + formula.length > end)
                break;
            addText(QString::fromUtf8(m_source.constData() + begin, formula.begin - begin));
            unsigned styles = InlineRun::Math;
            styles |= formula.display ? InlineRun::Display : 0U;
            styles |= formula.open ? InlineRun::Open : 0U;
            m_builder.addRun({ formula.latex, styles, {} });
            begin = formula.begin + formula.length;
        }
        addText(QString::fromUtf8(m_source.constData() + begin, end - begin));
    }

    void addText(const QString &text)
    {
        if (text.isEmpty())
            return;
        InlineRun run = m_spans.isEmpty() ? InlineRun {} : m_spans.last();
        run.text = visibleText(text);
        m_builder.addRun(run);
    }

    /// Where the line begins that this text is in, if the line above is empty: then nothing reaches into it
    /// that we don't see.
    void offerCutAt(qsizetype offset)
    {
        const qsizetype line = offset > 0 ? m_source.lastIndexOf('\n', offset - 1) + 1 : 0;
        qsizetype i = line - 2;
        while (i >= 0 && (m_source[i] == ' ' || m_source[i] == '\t' || m_source[i] == '\r'))
            --i;
        if (i >= 0 && m_source[i] == '\n')
            m_builder.offerCut(QString::fromUtf8(m_source.constData(), line).size());
    }

    const QByteArray m_source;
    const QVector<FormulaSpan> m_formulas;
    QByteArray m_masked;
    BlockBuilder m_builder;
    QVector<InlineRun> m_spans; ///< styles without text; the last is in force
    qsizetype m_nextFormula = 0;
};

} // namespace

ParsedMarkdown parseMarkdown(QStringView text)
{
    return MarkdownReader(text).run();
}

} // namespace kvasir::ui
