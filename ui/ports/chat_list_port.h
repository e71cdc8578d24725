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
};

/// Everything that the window asks about the list of chats; what is said in one is the ChatPort's. The
/// interface lives in the GUI thread; calls return at once and their effects arrive as signals, in order.
class ChatListPort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    virtual void loadConversations() = 0;
    virtual void renameConversation(qint64 id, const QString &title) = 0;
    /// Can be restored until the program ends.
    virtual void deleteConversation(qint64 id) = 0;
    virtual void restoreConversation(qint64 id) = 0;

signals:
    /// Another profile was opened: everything before was about chats that are not there any more.
    void profileChanged();

    void conversationsLoaded(const QVector<kvasir::ui::ConversationItem> &conversations);
    /// Or it is new.
    void conversationChanged(const kvasir::ui::ConversationItem &conversation);
    void conversationRemoved(qint64 id);
};

} // namespace kvasir::ui
