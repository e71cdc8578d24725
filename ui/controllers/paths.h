#pragma once

#include <QObject>
#include <QString>
#include <QUrl>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Paths of folders and files, as people write them and as QML's folder list wants them.
class Paths : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON

public:
    using QObject::QObject;

    /// The folder that a person's text names; empty where it names none. "~" is the home folder.
    Q_INVOKABLE static QUrl folderNamed(const QString &text);
    /// The path that a person's text names.
    Q_INVOKABLE static QString pathNamed(const QString &text);
    /// The folder that a file lies in; empty where there is none.
    Q_INVOKABLE static QUrl folderOf(const QString &path);
    Q_INVOKABLE static QString pathOf(const QUrl &folder);
    Q_INVOKABLE static QString sizeText(double bytes);
};

} // namespace kvasir::ui
