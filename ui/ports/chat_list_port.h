#pragma once

#include <QDateTime>
#include <QObject>
#include <QString>
#include <QVector>

namespace kvasir::ui {

struct ConversationItem {
    qint64 id = 0;
    QString title;
    QDateTime updatedAt;
    qint64 systemPromptId = 0; ///< the library prompt it was started with; 0: none, or written for this chat
    QString systemText; ///< the chat's own copy
    qint64 folderId = 0; ///< 0, or of a folder that is not there: in none
    int pinPosition = -1; ///< ascending among the pinned ones; -1: not pinned
    QString draft; ///< written, but not sent
};

struct FolderItem {
    qint64 id = 0;
    QString name;
    bool collapsed = false; ///< its chats are hidden
};

/// Texts of a search are pieces of HTML: what was found stands in <b>, all else is escaped.
struct FoundMessageItem {
    qint64 id = 0;
    bool isAnswer = false; ///< otherwise the person wrote it
    QString excerpt;
};

struct FoundConversationItem {
    qint64 id = 0;
    QString title;
    QVector<FoundMessageItem> messages; ///< the newest few
    int furtherMessages = 0; ///< that have it too
};

enum class ExportForm {
    Json, ///< Kvasir's own, which loses nothing
    Markdown, ///< to be read
};

/// Everything that the window asks about the list of chats; what is said in one is the ChatPort's. The
/// interface lives in the GUI thread; calls return at once and their effects arrive as signals, in order.
class ChatListPort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// The folders come first, then the chats, then the draft of the chat to come.
    virtual void loadConversations() = 0;
    virtual void renameConversation(qint64 id, const QString &title) = 0;
    /// Can be restored until the program ends.
    virtual void deleteConversation(qint64 id) = 0;
    virtual void restoreConversation(qint64 id) = 0;
    /// These are pinned, in this order, and no others.
    virtual void pinConversations(const QVector<qint64> &ids) = 0;
    /// 0: into none.
    virtual void moveToFolder(qint64 conversationId, qint64 folderId) = 0;
    /// Kept, without a signal. Of the chat to come where the id is 0.
    virtual void keepDraft(qint64 conversationId, const QString &draft) = 0;

    /// Behind the others; the chat is moved into it, unless its id is 0.
    virtual void createFolder(const QString &name, qint64 conversationId) = 0;
    virtual void renameFolder(qint64 id, const QString &name) = 0;
    /// Its chats are kept, and are in none.
    virtual void deleteFolder(qint64 id) = 0;
    /// Kept, without a signal.
    virtual void collapseFolder(qint64 id, bool collapsed) = 0;
    virtual void orderFolders(const QVector<qint64> &ids) = 0;

    /// For chats that have all these words; the last may be a beginning. Only the newest search is answered.
    virtual void search(const QString &text) = 0;

    // One transfer at a time; `transferEnded` follows. What was imported is loaded at the same time.
    virtual void importChats(const QString &path) = 0;
    /// Into a new file; no ids: all chats.
    virtual void exportChats(const QVector<qint64> &ids, ExportForm form, const QString &path) = 0;
    virtual void stopTransfer() = 0;

signals:
    /// Another profile is about to be opened: what is to be kept of this one is kept now.
    void profileLeaving();
    /// Another profile was opened: everything before was about chats that are not there any more.
    void profileChanged();

    void foldersLoaded(const QVector<kvasir::ui::FolderItem> &folders);
    void folderCreated(qint64 id); ///< and loaded, by this window
    void conversationsLoaded(const QVector<kvasir::ui::ConversationItem> &conversations);
    void newDraftLoaded(const QString &draft);
    /// Or it is new.
    void conversationChanged(const kvasir::ui::ConversationItem &conversation);
    void conversationRemoved(qint64 id);
    void conversationsPinned(const QVector<qint64> &ids);

    void transferProgressed(double fraction); ///< 0 … 1
    void transferEnded(bool failed, const QString &sentence);
    void found(const QString &text, const QVector<kvasir::ui::FoundConversationItem> &conversations);
};

} // namespace kvasir::ui
