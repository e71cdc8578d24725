#pragma once

#include "ui/models/conversation_list_model.h"
#include "ui/ports/chat_list_port.h"

#include <QObject>
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
    Q_PROPERTY(QString deletedTitle READ deletedTitle NOTIFY deletedChanged)
    Q_PROPERTY(bool canUndoDelete READ canUndoDelete NOTIFY deletedChanged)

public:
    /// `port` must live longer. Asks it for the chats at once.
    explicit ChatListController(ChatListPort &port, QObject *parent = nullptr);

    ConversationListModel *conversations() { return &m_conversations; }
    std::optional<ConversationItem> find(qint64 id) const { return m_conversations.find(id); }
    QString deletedTitle() const { return m_deletedTitle; }
    bool canUndoDelete() const { return m_deletedId != 0; }

    /// Whether an answer is being generated in it.
    void setGenerating(qint64 id, bool generating) { m_conversations.setGenerating(id, generating); }

    Q_INVOKABLE void rename(qint64 id, const QString &title);
    Q_INVOKABLE void remove(qint64 id);
    Q_INVOKABLE void undoRemove();
    Q_INVOKABLE void dismissUndo();

signals:
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
