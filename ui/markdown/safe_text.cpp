#include "ui/markdown/safe_text.h"

#include <QUrl>

#include <algorithm>

namespace kvasir::ui {
namespace {

bool reorders(QChar c)
{
    return (c >= QChar(0x202A) && c <= QChar(0x202E)) || (c >= QChar(0x2066) && c <= QChar(0x2069));
}

} // namespace

QString visibleText(const QString &text)
{
    if (std::none_of(text.begin(), text.end(), reorders))
        return text;
    QString visible;
    visible.reserve(text.size() + 32);
    for (const QChar c : text) {
        if (reorders(c))
            visible += QStringLiteral("[U+%1]").arg(int(c.unicode()), 4, 16).toUpper();
        else
            visible += c;
    }
    return visible;
}

bool isSafeLink(const QString &href)
{
    const QString scheme = QUrl(href, QUrl::StrictMode).scheme().toLower();
    return scheme == u"http" || scheme == u"https" || scheme == u"mailto";
}

} // namespace kvasir::ui
