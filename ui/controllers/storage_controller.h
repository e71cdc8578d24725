#pragma once

#include "ui/models/stored_chat_model.h"
#include "ui/ports/storage_port.h"

#include <QObject>
#include <QVector>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// What is kept on the disk, as the window shows it, and a choice of its limits that is not applied yet. GUI
/// thread only.
class StorageController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    Q_PROPERTY(kvasir::ui::StoredChatModel *chats READ chats CONSTANT)
    Q_PROPERTY(QString totalText READ totalText NOTIFY measured)
    Q_PROPERTY(QString savedText READ savedText NOTIFY measured)
    /// Of what may be used, 0 to 1.
    Q_PROPERTY(double usedShare READ usedShare NOTIFY measured)
    Q_PROPERTY(bool empty READ empty NOTIFY measured)
    /// Why nothing is kept at the moment, or what went wrong last; empty where all is well.
    Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)

    // The choice.
    Q_PROPERTY(int quotaSteps READ quotaSteps NOTIFY formChanged)
    Q_PROPERTY(int quotaStep READ quotaStep WRITE setQuotaStep NOTIFY formChanged)
    Q_PROPERTY(QString quotaText READ quotaText NOTIFY formChanged)
    Q_PROPERTY(bool quotaAutomatic READ quotaAutomatic NOTIFY formChanged)
    Q_PROPERTY(QStringList daysChoices READ daysChoices NOTIFY formChanged)
    Q_PROPERTY(int daysChoice READ daysChoice WRITE setDaysChoice NOTIFY formChanged)
    Q_PROPERTY(bool encrypted READ encrypted WRITE setEncrypted NOTIFY formChanged)
    /// Where it is to lie; empty: with the profile.
    Q_PROPERTY(QString folder READ folder WRITE setFolder NOTIFY formChanged)
    Q_PROPERTY(bool moves READ moves NOTIFY formChanged)
    /// To another folder; else it is deleted.
    Q_PROPERTY(bool bringAlong READ bringAlong WRITE setBringAlong NOTIFY formChanged)
    Q_PROPERTY(QString bringAlongText READ bringAlongText NOTIFY formChanged)
    /// Applying deletes what is kept: it was written in the other way.
    Q_PROPERTY(bool deletesAll READ deletesAll NOTIFY formChanged)
    Q_PROPERTY(bool modified READ modified NOTIFY formChanged)

public:
    /// `port` must live longer.
    explicit StorageController(StoragePort &port, QObject *parent = nullptr);

    StoredChatModel *chats() { return &m_chats; }
    QString totalText() const;
    QString savedText() const;
    double usedShare() const;
    bool empty() const { return m_storage.usedBytes == 0 && m_storage.chats.isEmpty(); }
    QString notice() const;

    int quotaSteps() const { return int(m_quotas.size()); }
    int quotaStep() const;
    void setQuotaStep(int step);
    QString quotaText() const;
    bool quotaAutomatic() const { return m_wanted.quotaBytes == 0; }
    QStringList daysChoices() const;
    int daysChoice() const;
    void setDaysChoice(int choice);
    bool encrypted() const { return m_wanted.encrypted; }
    void setEncrypted(bool encrypted);
    QString folder() const { return m_wanted.folder; }
    void setFolder(const QString &folder);
    bool moves() const { return m_wanted.folder != m_storage.settings.folder; }
    bool bringAlong() const { return m_bringAlong; }
    void setBringAlong(bool bringAlong);
    QString bringAlongText() const;
    bool deletesAll() const { return m_wanted.encrypted != m_storage.settings.encrypted; }
    bool modified() const { return m_wanted != m_storage.settings; }

    Q_INVOKABLE void measure();
    Q_INVOKABLE void remove(const QString &owner);
    Q_INVOKABLE void removeAll();
    Q_INVOKABLE void pin(const QString &owner, bool pinned);
    Q_INVOKABLE void chooseAutomaticQuota();
    Q_INVOKABLE void apply();
    Q_INVOKABLE void revert();

signals:
    void measured();
    void noticeChanged();
    void formChanged();

private:
    void onMeasured(const StorageItem &storage);
    void makeChoices();

    StoragePort &m_port;
    StorageItem m_storage;
    StoredChatModel m_chats;
    QString m_failure;
    StorageSettingsItem m_wanted;
    bool m_bringAlong = true;
    QVector<quint64> m_quotas; ///< in bytes, ascending
    QVector<int> m_days;
};

} // namespace kvasir::ui
