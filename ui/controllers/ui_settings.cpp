#include "ui/controllers/ui_settings.h"

#include <QDir>
#include <QSettings>
#include <QVariant>

#include <algorithm>
#include <cmath>

namespace kvasir::ui {
namespace {

constexpr int kMinWindowSize = 320;
constexpr int kMaxWindowSize = 16384;

UiSettings::ThemeMode themeFrom(const QString &name)
{
    if (name == u"light")
        return UiSettings::Light;
    return name == u"dark" ? UiSettings::Dark : UiSettings::System;
}

QString themeName(UiSettings::ThemeMode mode)
{
    if (mode == UiSettings::Light)
        return QStringLiteral("light");
    return mode == UiSettings::Dark ? QStringLiteral("dark") : QStringLiteral("system");
}

qreal scaleInRange(qreal scale)
{
    return std::isfinite(scale) ? std::clamp(scale, UiSettings::kMinFontScale, UiSettings::kMaxFontScale)
                                : 1.0;
}

} // namespace

UiSettings::UiSettings(QSettings *store, QObject *parent)
    : QObject(parent)
    , m_store(store)
    , m_modelFolder(QUrl::fromLocalFile(QDir::homePath()))
{
    if (!m_store)
        return;
    m_themeMode = themeFrom(m_store->value(QLatin1String("ui/theme")).toString());
    m_fontScale = scaleInRange(m_store->value(QLatin1String("ui/fontScale"), m_fontScale).toDouble());
    m_reducedMotion = m_store->value(QLatin1String("ui/reducedMotion"), m_reducedMotion).toBool();
    m_sidebarShown = m_store->value(QLatin1String("ui/sidebarShown"), m_sidebarShown).toBool();
    const QUrl folder = m_store->value(QLatin1String("ui/modelFolder")).toUrl();
    if (folder.isLocalFile() && QDir(folder.toLocalFile()).exists())
        m_modelFolder = folder;
    m_windowWidth = std::clamp(m_store->value(QLatin1String("ui/windowWidth"), m_windowWidth).toInt(),
                               kMinWindowSize, kMaxWindowSize);
    m_windowHeight = std::clamp(m_store->value(QLatin1String("ui/windowHeight"), m_windowHeight).toInt(),
                                kMinWindowSize, kMaxWindowSize);
    m_windowMaximized = m_store->value(QLatin1String("ui/windowMaximized"), m_windowMaximized).toBool();
}

void UiSettings::setThemeMode(ThemeMode mode)
{
    if (m_themeMode == mode)
        return;
    m_themeMode = mode;
    save("ui/theme", themeName(mode));
    emit themeModeChanged();
}

void UiSettings::setFontScale(qreal scale)
{
    scale = scaleInRange(scale);
    if (qFuzzyCompare(m_fontScale, scale))
        return;
    m_fontScale = scale;
    save("ui/fontScale", scale);
    emit fontScaleChanged();
}

void UiSettings::setReducedMotion(bool reduced)
{
    if (m_reducedMotion == reduced)
        return;
    m_reducedMotion = reduced;
    save("ui/reducedMotion", reduced);
    emit reducedMotionChanged();
}

void UiSettings::setSidebarShown(bool shown)
{
    if (m_sidebarShown == shown)
        return;
    m_sidebarShown = shown;
    save("ui/sidebarShown", shown);
    emit sidebarShownChanged();
}

void UiSettings::setModelFolder(const QUrl &folder)
{
    if (m_modelFolder == folder || !folder.isLocalFile())
        return;
    m_modelFolder = folder;
    save("ui/modelFolder", folder);
    emit modelFolderChanged();
}

void UiSettings::setWindowSize(int width, int height)
{
    m_windowWidth = std::clamp(width, kMinWindowSize, kMaxWindowSize);
    m_windowHeight = std::clamp(height, kMinWindowSize, kMaxWindowSize);
    save("ui/windowWidth", m_windowWidth);
    save("ui/windowHeight", m_windowHeight);
    emit windowChanged();
}

void UiSettings::keepWindow(QWindow::Visibility visibility, int width, int height)
{
    m_windowMaximized = visibility == QWindow::Maximized;
    save("ui/windowMaximized", m_windowMaximized);
    if (visibility == QWindow::Windowed)
        setWindowSize(width, height);
}

void UiSettings::limitWindow(const QSize &available)
{
    m_windowWidth = std::clamp(available.width(), kMinWindowSize, m_windowWidth);
    m_windowHeight = std::clamp(available.height(), kMinWindowSize, m_windowHeight);
    emit windowChanged();
}

void UiSettings::save(const char *key, const QVariant &value)
{
    if (m_store)
        m_store->setValue(QLatin1String(key), value);
}

} // namespace kvasir::ui
