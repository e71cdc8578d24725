#include "ui/markdown/markdown_splitter.h"
#include "ui/markdown/safe_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace kvasir::ui;

namespace {

void require(bool fact) {
  if (!fact) std::abort();
}

void check(const QVector<InlineRun>& runs) {
  for (const InlineRun& run : runs)
    require(!run.text.isEmpty() && (run.href.isEmpty() || isSafeLink(run.href)));
}

void check(const MarkdownBlock& block) {
  require(block.indent <= 8 && block.innerIndent <= 8 && block.quoteDepth <= 6);
  for (const Paragraph& paragraph : block.paragraphs) check(paragraph.runs);
  for (const auto& row : block.table.rows) {
    require(row.size() == block.table.columns.size());
    for (const MarkdownTable::Cell& cell : row) check(cell);
  }
}

}  // namespace

/// Any text is Markdown, its blocks are within their bounds, and do not depend on the pieces in which it
/// arrives. The first byte says how long those are.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const QString text = QString::fromUtf8(reinterpret_cast<const char*>(data) + 1, qsizetype(size) - 1);
  MarkdownSplitter whole;
  whole.append(text);
  for (const MarkdownBlock& block : whole.blocks()) check(block);
  MarkdownSplitter pieces;
  const qsizetype length = std::max<qsizetype>(1 + data[0], text.size() / 64);
  for (qsizetype at = 0; at < text.size(); at += length) pieces.append(QStringView(text).mid(at, length));
  require(pieces.blocks() == whole.blocks() || text.isEmpty());
  return 0;
}
