#pragma once

#include <QDateTime>
#include <QObject>
#include <QString>
#include <QVector>

namespace kvasir::ui {

/// What is kept of one chat. Sizes in bytes.
struct StoredChatItem {
    QString owner; ///< as the port names it
    QString title;
    quint64 bytes = 0;
    quint64 ownBytes = 0; ///< what goes if it is deleted: of the rest, other chats make use as well
    int tokens = 0; ///< that need not be computed again
    bool pinned = false;
    QDateTime lastUsed;
    quint64 reusedTokens = 0; ///< ever
    quint64 savedMs = 0; ///< ever
};

struct StorageSettingsItem {
    quint64 quotaBytes = 0; ///< 0: chosen by the program
    int daysToLive = 30; ///< 0: no end
    bool encrypted = true;
    QString folder; ///< where a person wants it to lie; empty: with the profile

    bool operator==(const StorageSettingsItem &other) const = default;
};

/// What the open profile keeps of its chats so that they need not be computed again. Sizes in bytes.
struct StorageItem {
    enum class Saving { On, DiskFull, QuotaFull, DailyBudget, Failed, Off };

    Saving saving = Saving::On;
    QString problem; ///< a sentence: why nothing is saved at the moment, as far as that is known, or not
                     ///< where it should
    QVector<StoredChatItem> chats;
    quint64 usedBytes = 0; ///< on the disk
    quint64 quotaBytes = 0; ///< in force
    quint64 freeBytes = 0; ///< of the disk
    quint64 reusedTokens = 0; ///< ever
    quint64 savedMs = 0; ///< ever
    StorageSettingsItem settings;
};

/// What the window asks about the KV on the disk. The interface lives in the GUI thread; calls return at
/// once. What they change is told by `measured`.
class StoragePort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    virtual void measure() = 0;
    /// Of the chat only what is kept so that it opens at once: no message goes.
    virtual void deleteChat(const QString &owner) = 0;
    virtual void deleteAll() = 0;
    /// What is pinned is kept whatever the limits say.
    virtual void pinChat(const QString &owner, bool pinned) = 0;
    /// Another choice of encryption deletes all that is kept. It, or of the folder, opens the profile again;
    /// what is kept comes along to another folder, or is deleted.
    virtual void applySettings(const StorageSettingsItem &settings, bool bringAlong) = 0;

signals:
    void measured(const kvasir::ui::StorageItem &storage);
    void failed(const QString &message);
};

} // namespace kvasir::ui
