#pragma once

#include "ui/markdown/markdown_parser.h"

namespace kvasir::ui {

/// Puts what a parser meets, one after another, into a flat list of blocks. Text belongs to the paragraph,
/// the table's cell or the code that is open; where none is, it begins a paragraph.
class BlockBuilder {
public:
    void enterQuote();
    /// `first` is the number of its first item.
    void enterList(bool tight, bool ordered = false, unsigned first = 1, QChar delimiter = {});
    void leaveQuote();
    void leaveList();
    /// The next item of the innermost list; `marker` in place of the list's own.
    void enterItem(const QString &marker = {});

    void beginParagraph(int headingLevel = 0);
    void endParagraph();
    void addRule();
    void beginCode(const QString &language);
    void addCode(const QString &text);
    void endCode();
    void beginTable(qsizetype columns);
    void beginRow();
    void beginCell(ColumnAlignment alignment);
    void endCell() { m_cell = nullptr; }

    bool isInCode() const { return m_inCode; }
    bool isInContainer() const { return !m_containers.isEmpty(); }
    /// Opens a paragraph where there is no place for text. True once for each paragraph and table: its first
    /// text is next.
    bool beginText();
    /// The text may be cut here, at the first text of a paragraph or table: what begins there begins at this
    /// offset.
    void offerCut(qsizetype offset);
    void addRun(const InlineRun &run);

    ParsedMarkdown take();

private:
    struct Container {
        bool isQuote = false;
        bool isTight = false;
        bool isOrdered = false;
        unsigned next = 1;
        QChar delimiter;
        bool hasItems = false;
    };

    void leaveContainer();
    void addParagraph(const Paragraph &paragraph, qsizetype characters);
    bool followsTightly();
    bool goesOnWithProse() const;
    int innerLists() const;
    MarkdownBlock emptyBlock(MarkdownBlock::Kind kind) const;
    MarkdownBlock &last() { return m_result.blocks.last(); }
    void addBlock(MarkdownBlock block);
    void useCut();
    void writeLoneMarker();

    ParsedMarkdown m_result;
    QVector<Container> m_containers; ///< innermost last
    Paragraph m_paragraph;
    QString m_marker; ///< of an item whose first paragraph has not begun
    MarkdownTable::Cell *m_cell = nullptr; ///< null outside of tables
    qsizetype m_column = -1;
    qsizetype m_cut = -1; ///< where the open paragraph begins, if the text may be cut there
    qsizetype m_paragraphCharacters = 0;
    qsizetype m_proseCharacters = 0; ///< of the last block, if it is prose
    bool m_isAtBeginning = false; ///< of a paragraph or table
    bool m_goesOnWithQuote = false; ///< the last block's quote has not ended
    bool m_paragraphOpen = false;
    bool m_inCode = false;
    bool m_endsWithCode = false; ///< in no container, and nothing has followed it
};

} // namespace kvasir::ui
