#pragma once

#include <QObject>
#include <QSize>
#include <QString>
#include <QUrl>
#include <QWindow>
#include <QtQml/qqmlregistration.h>

class QSettings;

namespace kvasir::ui {

/// What the window remembers about itself. Values from outside are brought into range. GUI thread only.
class UiSettings : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its settings")
    Q_PROPERTY(ThemeMode themeMode READ themeMode WRITE setThemeMode NOTIFY themeModeChanged)
    Q_PROPERTY(qreal fontScale READ fontScale WRITE setFontScale NOTIFY fontScaleChanged)
    Q_PROPERTY(bool reducedMotion READ reducedMotion WRITE setReducedMotion NOTIFY reducedMotionChanged)
    Q_PROPERTY(bool sidebarShown READ sidebarShown WRITE setSidebarShown NOTIFY sidebarShownChanged)
    /// Where models were looked for last; at first the home folder.
    Q_PROPERTY(QUrl modelFolder READ modelFolder WRITE setModelFolder NOTIFY modelFolderChanged)
    Q_PROPERTY(int windowWidth READ windowWidth NOTIFY windowChanged)
    Q_PROPERTY(int windowHeight READ windowHeight NOTIFY windowChanged)
    /// Its size is the one that it has otherwise.
    Q_PROPERTY(bool windowMaximized READ windowMaximized NOTIFY windowChanged)

public:
    enum ThemeMode { System, Light, Dark };
    Q_ENUM(ThemeMode)

    static constexpr qreal kMinFontScale = 0.8;
    static constexpr qreal kMaxFontScale = 2.0;

    /// Reads from and writes to `store`, which must live longer; without one, nothing is remembered.
    explicit UiSettings(QSettings *store = nullptr, QObject *parent = nullptr);

    ThemeMode themeMode() const { return m_themeMode; }
    void setThemeMode(ThemeMode mode);
    qreal fontScale() const { return m_fontScale; }
    void setFontScale(qreal scale);
    bool reducedMotion() const { return m_reducedMotion; }
    void setReducedMotion(bool reduced);
    bool sidebarShown() const { return m_sidebarShown; }
    void setSidebarShown(bool shown);
    QUrl modelFolder() const { return m_modelFolder; }
    void setModelFolder(const QUrl &folder);
    int windowWidth() const { return m_windowWidth; }
    int windowHeight() const { return m_windowHeight; }
    bool windowMaximized() const { return m_windowMaximized; }
    void setWindowSize(int width, int height);
    /// As it is now.
    Q_INVOKABLE void keepWindow(QWindow::Visibility visibility, int width, int height);
    /// Has a window open no larger than that, whatever it was.
    void limitWindow(const QSize &available);

signals:
    void themeModeChanged();
    void fontScaleChanged();
    void reducedMotionChanged();
    void sidebarShownChanged();
    void modelFolderChanged();
    void windowChanged();

private:
    void save(const char *key, const QVariant &value);

    QSettings *m_store;
    ThemeMode m_themeMode = System;
    qreal m_fontScale = 1.0;
    bool m_reducedMotion = false;
    bool m_sidebarShown = true;
    QUrl m_modelFolder;
    int m_windowWidth = 1180;
    int m_windowHeight = 780;
    bool m_windowMaximized = false;
};

} // namespace kvasir::ui
