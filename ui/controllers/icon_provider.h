#pragma once

#include <QQuickImageProvider>

namespace kvasir::ui {

/// Draws the project's icons in any colour: `image://icons/<name>/<rrggbb>`. The files are outlines in
/// `currentColor`. May be called from any thread; it keeps no state.
class IconProvider : public QQuickImageProvider {
public:
    IconProvider();
    QImage requestImage(const QString &id, QSize *size, const QSize &requestedSize) override;
};

} // namespace kvasir::ui
