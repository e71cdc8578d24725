#pragma once

#include <QByteArray>
#include <QVector>

#include <md4c.h>

namespace kvasir::ui {

/// Markdown as we read it: CommonMark with tables, task lists, strikethrough and bare links. HTML is text.
constexpr unsigned kMarkdownDialect = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS
    | MD_FLAG_PERMISSIVEURLAUTOLINKS | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS;

/// Bytes of a text that are code, with the lines of its fences.
struct CodeRange {
    qsizetype begin = 0;
    qsizetype end = 0;
};

/// Where the parser sees fenced code in UTF-8, in order; code without a line is left out.
QVector<CodeRange> findFences(const QByteArray &utf8);

} // namespace kvasir::ui
