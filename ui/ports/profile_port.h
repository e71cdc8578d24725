#pragma once

#include <QObject>
#include <QString>
#include <QVector>

namespace kvasir::ui {

struct ProfileItem {
    QString id;
    QString name;
};

/// A person's profiles: each with chats, prompts, settings and KV of its own. One is open. The interface
/// lives in the GUI thread; calls return at once and their effects arrive as signals.
class ProfilePort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    virtual void loadProfiles() = 0;
    /// Answers under way are stopped and stored, then the other profile is opened in place of the present
    /// one. Nothing while another is being opened.
    virtual void openProfile(const QString &id) = 0;
    /// Makes a profile and opens it.
    virtual void createProfile(const QString &name) = 0;
    virtual void renameProfile(const QString &id, const QString &name) = 0;
    /// With its chats and its secret, for good. In the place of the one that is open another is opened first;
    /// the only one stays.
    virtual void deleteProfile(const QString &id) = 0;

signals:
    void profilesLoaded(const QVector<kvasir::ui::ProfileItem> &profiles, const QString &openId);
    /// Until `opened`, no other port does anything.
    void opening(const QString &name);
    /// The other ports speak of this profile now: of the former one, if the new one could not be opened.
    void opened(const QString &id);
    /// A sentence with what to do.
    void failed(const QString &message);
};

} // namespace kvasir::ui
