#pragma once

#include <QColor>
#include <QString>

class QTextDocument;

namespace kvasir::ui {

/// Sizes are in pixels.
struct ProseStyle {
    int pixelSize = 15;
    qreal lineHeight = 1.5;
    QColor text;
    QColor muted;
    QColor link;
    QColor codeBackground;
    QString monoFamily;

    bool operator==(const ProseStyle &) const = default;
};

/// Replaces the document's content with the Markdown, laid out in the style. Nothing in the Markdown is ever
/// loaded or run: HTML is shown as it is written, images as their description, and links are anchors only
/// when they lead to http, https or mailto.
void writeProse(QTextDocument &document, const QString &markdown, const ProseStyle &style);

/// The same for text without any markup, as people write it.
void writePlain(QTextDocument &document, const QString &text, const ProseStyle &style);

/// Whether a click on it may open it outside.
bool isSafeLink(const QString &href);

} // namespace kvasir::ui
