#include "ui/markdown/block_builder.h"

#include <algorithm>
#include <utility>

namespace kvasir::ui {
namespace {

// Prose is cut before a paragraph once it has this many characters: it bounds what one more token costs, and
// leaves runs of paragraphs together, to be selected in one go.
constexpr qsizetype kProseCharacters = 1200;
// What is nested deeper is shown as deep as this.
constexpr int kMaxListDepth = 8;
constexpr int kMaxQuoteDepth = 6;
// Of a table that has more, the last column holds the rest, and another table the further rows.
constexpr qsizetype kMaxColumns = 64;
constexpr qsizetype kMaxCells = 1000;

bool isDisplayedFormula(const Paragraph &paragraph)
{
    return paragraph.runs.size() == 1 && (paragraph.runs.first().styles & InlineRun::Display)
        && paragraph.marker.isEmpty();
}

} // namespace

void BlockBuilder::enterQuote()
{
    endParagraph();
    m_endsWithCode = false;
    m_containers.append({ true, false, false, 0, {}, false });
}

void BlockBuilder::enterList(bool tight, bool ordered, unsigned first, QChar delimiter)
{
    endParagraph();
    m_endsWithCode = false;
    m_containers.append({ false, tight, ordered, first, delimiter, false });
}

void BlockBuilder::leaveQuote()
{
    leaveContainer();
    m_goesOnWithQuote = false;
}

void BlockBuilder::leaveList()
{
    leaveContainer();
}

void BlockBuilder::leaveContainer()
{
    endParagraph();
    if (!m_containers.isEmpty())
        m_containers.removeLast();
    m_marker.clear();
}

void BlockBuilder::enterItem(const QString &marker)
{
    endParagraph();
    if (m_containers.isEmpty() || !m_containers.last().isOrdered) {
        m_marker = marker.isEmpty() ? QStringLiteral("•") : marker;
        return;
    }
    Container &list = m_containers.last();
    const QString number = QString::number(list.next++) + list.delimiter;
    m_marker = marker.isEmpty() ? number : marker;
}

void BlockBuilder::beginParagraph(int headingLevel)
{
    endParagraph();
    m_endsWithCode = false;
    m_paragraph.headingLevel = headingLevel;
    m_paragraph.listDepth = innerLists();
    m_paragraph.tight = followsTightly();
    m_paragraph.marker = std::exchange(m_marker, {});
    m_paragraphOpen = true;
    m_isAtBeginning = true;
    m_cut = -1;
}

/// A list's first item stands as far from what is above as a paragraph, unless that is the item that it
/// belongs to.
bool BlockBuilder::followsTightly()
{
    if (m_containers.isEmpty() || !m_containers.last().isTight)
        return false;
    const bool isFirst = !std::exchange(m_containers.last().hasItems, true);
    const bool isOutermost = m_containers.size() == 1 || m_containers[m_containers.size() - 2].isQuote;
    const bool followsProse = !m_result.blocks.isEmpty() && last().kind == MarkdownBlock::Prose;
    return followsProse && !(isFirst && isOutermost);
}

void BlockBuilder::endParagraph()
{
    if (!std::exchange(m_paragraphOpen, false))
        return;
    const Paragraph paragraph = std::exchange(m_paragraph, {});
    addParagraph(paragraph, std::exchange(m_paragraphCharacters, 0));
}

void BlockBuilder::addParagraph(const Paragraph &paragraph, qsizetype characters)
{
    if (isDisplayedFormula(paragraph)) {
        MarkdownBlock formula = emptyBlock(MarkdownBlock::Math);
        formula.text = paragraph.runs.first().text;
        formula.open = paragraph.runs.first().styles & InlineRun::Open;
        addBlock(formula);
        useCut();
        return;
    }
    if (!goesOnWithProse()) {
        MarkdownBlock prose = emptyBlock(MarkdownBlock::Prose);
        prose.indent = prose.quoteDepth > 0 ? prose.indent : 0; // its paragraphs are indented
        prose.innerIndent = 0;
        addBlock(prose);
        useCut();
    }
    last().paragraphs.append(paragraph);
    m_proseCharacters += characters;
}

bool BlockBuilder::goesOnWithProse() const
{
    if (m_result.blocks.isEmpty() || m_proseCharacters >= kProseCharacters)
        return false;
    const MarkdownBlock &block = m_result.blocks.last();
    const MarkdownBlock here = emptyBlock(MarkdownBlock::Prose);
    return block.kind == MarkdownBlock::Prose && block.quoteDepth == here.quoteDepth
        && (here.quoteDepth == 0 || (m_goesOnWithQuote && block.indent == here.indent));
}

/// Rules below one another are one.
void BlockBuilder::addRule()
{
    endParagraph();
    m_endsWithCode = false;
    if (m_result.blocks.isEmpty() || last().kind != MarkdownBlock::Rule)
        addBlock(emptyBlock(MarkdownBlock::Rule));
}

void BlockBuilder::beginCode(const QString &language)
{
    endParagraph();
    writeLoneMarker();
    addBlock(emptyBlock(MarkdownBlock::Code));
    last().language = language;
    m_inCode = true;
}

void BlockBuilder::addCode(const QString &text)
{
    last().text += text;
}

void BlockBuilder::endCode()
{
    m_inCode = false;
    m_endsWithCode = m_containers.isEmpty();
    if (last().text.endsWith(u'\n'))
        last().text.chop(1);
}

/// An item that begins with no paragraph has its marker on a line of its own.
void BlockBuilder::writeLoneMarker()
{
    if (m_marker.isEmpty())
        return;
    beginParagraph();
    endParagraph();
}

void BlockBuilder::beginTable(qsizetype columns)
{
    endParagraph();
    writeLoneMarker();
    m_endsWithCode = false;
    addBlock(emptyBlock(MarkdownBlock::Table));
    last().table.columns.resize(std::clamp<qsizetype>(columns, 1, kMaxColumns));
    last().table.hasHeading = true;
    m_isAtBeginning = true;
}

void BlockBuilder::beginRow()
{
    if (last().table.rows.size() * last().table.columns.size() >= kMaxCells) {
        MarkdownBlock further = emptyBlock(MarkdownBlock::Table);
        further.table.columns = last().table.columns;
        addBlock(further);
    }
    last().table.rows.append(QVector<MarkdownTable::Cell>(last().table.columns.size()));
    m_column = -1;
}

void BlockBuilder::beginCell(ColumnAlignment alignment)
{
    MarkdownTable &table = last().table;
    m_column = std::min(m_column + 1, table.columns.size() - 1);
    table.columns[m_column] = alignment;
    m_cell = &table.rows.last()[m_column];
}

bool BlockBuilder::beginText()
{
    if (!m_cell && !m_paragraphOpen)
        beginParagraph(); // of an item of a tight list
    return std::exchange(m_isAtBeginning, false);
}

void BlockBuilder::offerCut(qsizetype offset)
{
    m_cut = offset;
    if (m_cell)
        useCut();
}

/// The last block begins where the text may be cut, if it is the first thing there.
void BlockBuilder::useCut()
{
    if (m_cut > 0 && m_result.blocks.size() > 1)
        m_result.cuts.append({ m_result.blocks.size() - 1, m_cut });
    m_cut = -1;
}

void BlockBuilder::addRun(const InlineRun &run)
{
    QVector<InlineRun> &runs = m_cell ? *m_cell : m_paragraph.runs;
    const bool goesOn = !runs.isEmpty() && runs.last().styles == run.styles && runs.last().href == run.href
        && !(run.styles & InlineRun::Math);
    if (goesOn)
        runs.last().text += run.text;
    else
        runs.append(run);
    m_paragraphCharacters += run.text.size();
}

ParsedMarkdown BlockBuilder::take()
{
    endParagraph();
    m_result.endsWithEmptyCode = m_endsWithCode && last().text.isEmpty();
    return std::exchange(m_result, {});
}

int BlockBuilder::innerLists() const
{
    const auto quote = std::find_if(m_containers.rbegin(), m_containers.rend(),
                                    [](const Container &container) { return container.isQuote; });
    return std::min(int(quote - m_containers.rbegin()), kMaxListDepth);
}

MarkdownBlock BlockBuilder::emptyBlock(MarkdownBlock::Kind kind) const
{
    const auto isQuote = [](const Container &container) { return container.isQuote; };
    const auto quote = std::find_if(m_containers.begin(), m_containers.end(), isQuote);
    MarkdownBlock block;
    block.kind = kind;
    block.indent = std::min(int(quote - m_containers.begin()), kMaxListDepth);
    block.quoteDepth = std::min(int(std::count_if(quote, m_containers.end(), isQuote)), kMaxQuoteDepth);
    block.innerIndent = block.quoteDepth > 0 ? innerLists() : 0;
    return block;
}

void BlockBuilder::addBlock(MarkdownBlock block)
{
    block.joinsQuote = m_goesOnWithQuote && block.quoteDepth > 0;
    m_goesOnWithQuote = block.quoteDepth > 0;
    m_proseCharacters = 0;
    m_result.blocks.append(std::move(block));
}

} // namespace kvasir::ui
