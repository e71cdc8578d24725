#pragma once

#include "ui/models/conversation_list_model.h"
#include "ui/ports/chat_list_port.h"

#include <QObject>
#include <QVariant>
#include <QtQml/qqmlregistration.h>

#include <optional>

namespace kvasir::ui {

/// The list of chats: joins its port with the side bar, and holds what can be undone. Which chat is open is
/// the ChatController's. GUI thread only.
class ChatListController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    Q_PROPERTY(kvasir::ui::ConversationListModel *conversations READ conversations CONSTANT)
    Q_PROPERTY(QVariantList folders READ folders NOTIFY foldersChanged)
    Q_PROPERTY(QString deletedTitle READ deletedTitle NOTIFY deletedChanged)
    Q_PROPERTY(bool canUndoDelete READ canUndoDelete NOTIFY deletedChanged)

public:
    /// `port` must live longer. Asks it for the chats at once.
    explicit ChatListController(ChatListPort &port, QObject *parent = nullptr);

    ConversationListModel *conversations() { return &m_conversations; }
    std::optional<ConversationItem> find(qint64 id) const { return m_conversations.find(id); }
    QString deletedTitle() const { return m_deletedTitle; }
    bool canUndoDelete() const { return m_deletedId != 0; }

    /// Kept by the profile; of the chat to come where the id is 0.
    void keepDraft(qint64 id, const QString &draft) { m_port.keepDraft(id, draft); }
    /// Whether an answer is being generated in it.
    void setGenerating(qint64 id, bool generating) { m_conversations.setGenerating(id, generating); }

    Q_INVOKABLE void rename(qint64 id, const QString &title);
    Q_INVOKABLE void remove(qint64 id);
    Q_INVOKABLE void undoRemove();
    Q_INVOKABLE void dismissUndo();

    Q_INVOKABLE void setPinned(qint64 id, bool pinned);
    /// Among the pinned ones, by so many places.
    Q_INVOKABLE void movePinned(qint64 id, int places);
    /// 0: into none.
    Q_INVOKABLE void moveToFolder(qint64 id, qint64 folderId);
    /// Lets the chat go on the row `target`, -1 for below the last: it joins the pinned ones before that
    /// row's, the folder, or neither.
    Q_INVOKABLE void dropChat(qint64 id, int target);

    /// As {id, name}, in their order.
    QVariantList folders() const;
    /// With the chat in it; 0: empty. Its row is `folderCreated`.
    Q_INVOKABLE void createFolder(qint64 chatId);
    Q_INVOKABLE void renameFolder(qint64 id, const QString &name);
    Q_INVOKABLE void collapseFolder(qint64 id, bool collapsed);
    Q_INVOKABLE void removeFolder(qint64 id);
    Q_INVOKABLE void moveFolder(qint64 id, int places);
    /// In the place of the folder of that row.
    Q_INVOKABLE void dropFolder(qint64 id, int target);

signals:
    void foldersChanged();
    void folderCreated(int row);
    void newDraftLoaded(const QString &draft);
    /// What is to be kept of this profile is kept now.
    void leaving();
    void deletedChanged();
    /// All chats are others than before.
    void reloaded();
    void changed(qint64 id);
    /// `neighbour` is what stood next to it; 0: nothing did.
    void removed(qint64 id, qint64 neighbour);

private:
    void onProfileChanged();
    void onRemoved(qint64 id);

    ChatListPort &m_port;
    ConversationListModel m_conversations;
    qint64 m_deletedId = 0;
    QString m_deletedTitle;
};

} // namespace kvasir::ui
