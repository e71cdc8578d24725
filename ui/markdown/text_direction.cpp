#include "ui/markdown/text_direction.h"

namespace kvasir::ui {
namespace {

Qt::LayoutDirection directionOf(char32_t letter)
{
    switch (QChar::direction(letter)) {
    case QChar::DirL:
        return Qt::LeftToRight;
    case QChar::DirR:
    case QChar::DirAL:
        return Qt::RightToLeft;
    default:
        return Qt::LayoutDirectionAuto;
    }
}

/// Takes one from the text's beginning.
char32_t take(QStringView &text)
{
    const bool isPair = text.size() > 1 && text[0].isHighSurrogate() && text[1].isLowSurrogate();
    const char32_t letter = isPair ? QChar::surrogateToUcs4(text[0], text[1]) : text[0].unicode();
    text = text.sliced(isPair ? 2 : 1);
    return letter;
}

} // namespace

Qt::LayoutDirection directionOf(QStringView text)
{
    while (!text.isEmpty()) {
        const Qt::LayoutDirection direction = directionOf(take(text));
        if (direction != Qt::LayoutDirectionAuto)
            return direction;
    }
    return Qt::LayoutDirectionAuto;
}

Qt::LayoutDirection directionOf(const QVector<InlineRun> &runs)
{
    for (const InlineRun &run : runs) {
        if (run.styles & (InlineRun::Code | InlineRun::Math))
            continue;
        const Qt::LayoutDirection direction = directionOf(run.text);
        if (direction != Qt::LayoutDirectionAuto)
            return direction;
    }
    return Qt::LayoutDirectionAuto;
}

bool hasRightToLeft(QStringView text)
{
    while (!text.isEmpty()) {
        if (directionOf(take(text)) == Qt::RightToLeft)
            return true;
    }
    return false;
}

} // namespace kvasir::ui
