#pragma once

#include "ui/markdown/markdown_block.h"

namespace kvasir::ui {

/// A piece of Markdown as the parser sees it alone.
struct ParsedMarkdown {
    /// A block that nothing before it reaches into: the text may be cut where it begins, and both sides parse
    /// as before.
    struct Cut {
        qsizetype block = 0;
        qsizetype offset = 0; ///< in UTF-16 units
    };

    QVector<MarkdownBlock> blocks;
    QVector<Cut> cuts; ///< in order; blocks and offsets above 0 only
    bool endsWithEmptyCode = false; ///< the last block is a fence without a line yet, in no list or quote
};

/// Parses CommonMark with tables, task lists, strikethrough, bare links and formulas. HTML is text. Any text
/// is Markdown.
ParsedMarkdown parseMarkdown(QStringView text);

} // namespace kvasir::ui
