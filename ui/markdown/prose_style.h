#pragma once

#include <QColor>
#include <QString>

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

} // namespace kvasir::ui
