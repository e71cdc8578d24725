#pragma once

#include "ui/ports/profile_port.h"

#include <QObject>
#include <QVariantList>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Which profiles there are and which is open, as the window shows it. GUI thread only.
class ProfileController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    /// As objects with `id`, `name` and `open`, by name.
    Q_PROPERTY(QVariantList profiles READ profiles NOTIFY profilesChanged)
    Q_PROPERTY(QString openName READ openName NOTIFY profilesChanged)
    /// The profile that is being opened; empty: none, and the window can be used.
    Q_PROPERTY(QString openingName READ openingName NOTIFY openingChanged)
    /// What went wrong last.
    Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)

public:
    /// `port` must live longer. Asks it for the profiles at once.
    explicit ProfileController(ProfilePort &port, QObject *parent = nullptr);

    QVariantList profiles() const;
    QString openName() const;
    QString openingName() const { return m_openingName; }
    QString notice() const { return m_notice; }

    Q_INVOKABLE void open(const QString &id);
    /// False, and nothing happens, where the name is blank or taken.
    Q_INVOKABLE bool create(const QString &name);
    Q_INVOKABLE void rename(const QString &id, const QString &name);
    Q_INVOKABLE void remove(const QString &id);
    Q_INVOKABLE bool isNameTaken(const QString &name) const;
    Q_INVOKABLE void dismissNotice();

signals:
    void profilesChanged();
    void openingChanged();
    void noticeChanged();

private:
    void setNotice(const QString &notice);

    ProfilePort &m_port;
    QVector<ProfileItem> m_profiles;
    QString m_openId;
    QString m_openingName;
    QString m_notice;
};

} // namespace kvasir::ui
