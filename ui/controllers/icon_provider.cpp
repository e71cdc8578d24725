#include "ui/controllers/icon_provider.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

namespace kvasir::ui {
namespace {

constexpr int kGrid = 20;

} // namespace

IconProvider::IconProvider()
    : QQuickImageProvider(QQuickImageProvider::Image)
{
}

QImage IconProvider::requestImage(const QString &id, QSize *size, const QSize &requestedSize)
{
    const QString name = id.section(u'/', 0, 0);
    const QString color = id.section(u'/', 1, 1);
    const QSize target = requestedSize.isValid() ? requestedSize : QSize(kGrid, kGrid);
    QImage image(target, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QFile file(QStringLiteral(":/kvasir/icons/%1.svg").arg(name));
    if (file.open(QIODevice::ReadOnly)) {
        QByteArray svg = file.readAll();
        svg.replace("currentColor", '#' + color.toLatin1());
        QSvgRenderer renderer(svg);
        QPainter painter(&image);
        painter.setRenderHint(QPainter::Antialiasing);
        renderer.render(&painter);
    } else {
        qWarning("There is no icon named '%s'.", qPrintable(name));
    }
    if (size)
        *size = target;
    return image;
}

} // namespace kvasir::ui
