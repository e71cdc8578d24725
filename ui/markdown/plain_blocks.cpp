#include "ui/markdown/plain_blocks.h"

namespace kvasir::ui {
namespace {

constexpr qsizetype kBlockCharacters = 4000;

/// Where the block that begins there ends, and how many characters stand between it and the next one.
struct Cut {
    qsizetype end = 0;
    qsizetype skipped = 0;
};

Cut nextCut(const QString &text, qsizetype begin)
{
    const qsizetype limit = begin + kBlockCharacters;
    if (limit >= text.size())
        return { text.size(), 0 };
    for (const QChar mark : { QChar(u'\n'), QChar(u' ') }) {
        if (const qsizetype found = text.lastIndexOf(mark, limit); found > begin)
            return { found, 1 };
    }
    return { text[limit].isLowSurrogate() ? limit - 1 : limit, 0 };
}

} // namespace

QVector<MarkdownBlock> plainBlocks(const QString &text)
{
    QVector<MarkdownBlock> blocks;
    Cut cut;
    do {
        const qsizetype begin = cut.end + cut.skipped;
        cut = nextCut(text, begin);
        MarkdownBlock block;
        block.kind = MarkdownBlock::Plain;
        block.text = text.mid(begin, cut.end - begin);
        blocks << block;
    } while (cut.end + cut.skipped < text.size());
    return blocks;
}

} // namespace kvasir::ui
