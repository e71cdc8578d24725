// The part of the chat controller that deals with branches: other answers, other words, and ways between
// them.

#include "ui/controllers/chat_controller.h"

#include <utility>

namespace kvasir::ui {

bool ChatController::beginAnswer()
{
    if (m_currentId == 0 || generating() || m_sending)
        return false;
    dismissNotice();
    m_sentText.clear();
    m_sendingFrom = m_currentId;
    setSending(true);
    return true;
}

void ChatController::regenerate(qint64 messageId)
{
    if (!m_messages.find(messageId) || !beginAnswer())
        return;
    emit messageSent();
    m_port.regenerate(messageId);
}

void ChatController::regenerateLast()
{
    if (const auto last = m_messages.last())
        regenerate(last->id);
}

bool ChatController::editMessage(qint64 messageId, const QString &text)
{
    const auto message = m_messages.find(messageId);
    const QString trimmed = text.trimmed();
    if (!message || trimmed.isEmpty() || trimmed == message->text.trimmed() || generating())
        return false;
    const bool isAnswered = message->role == MessageRole::User;
    if (isAnswered) {
        if (!beginAnswer())
            return false;
        emit messageSent();
    }
    m_port.editMessage(messageId, trimmed);
    return true;
}

qint64 ChatController::lastOwnMessage() const
{
    const auto message = m_messages.lastOfPerson();
    return message ? message->id : 0;
}

bool ChatController::swipe(qint64 messageId, int step)
{
    const auto message = m_messages.find(messageId);
    if (!message || generating())
        return false;
    const int wanted = message->alternative + step;
    if (wanted < 0 || wanted >= message->alternatives)
        return false;
    m_port.showAlternative(messageId, wanted);
    return true;
}

bool ChatController::swipeLast(int step)
{
    const auto last = m_messages.last();
    return last && last->role == MessageRole::Assistant && swipe(last->id, step);
}

void ChatController::deleteMessage(qint64 messageId)
{
    const int row = m_messages.rowOf(messageId);
    if (row < 0 || generating())
        return;
    dismissDeletedMessages();
    m_toBeDeleted = m_messages.rowCount() - row;
    m_deletedLast = m_messages.last()->id;
    m_port.deleteMessage(messageId);
}

void ChatController::undoDeleteMessage()
{
    if (m_deletedMessages == 0 || generating())
        return;
    const qint64 last = m_deletedLast;
    dismissDeletedMessages();
    m_port.restoreMessage(m_currentId, last);
}

void ChatController::dismissDeletedMessages()
{
    m_toBeDeleted = 0;
    m_deletedLast = 0;
    if (std::exchange(m_deletedMessages, 0) > 0)
        emit deletedMessagesChanged();
}

void ChatController::fork(qint64 messageId)
{
    if (!m_messages.find(messageId))
        return;
    m_followForked = true;
    m_port.forkConversation(messageId);
}

void ChatController::onBranchChanged(qint64 conversationId, qint64 parentId,
                                     const QVector<MessageItem> &messages)
{
    if (!messages.isEmpty())
        noteStatus(conversationId, messages.last());
    if (conversationId != m_currentId)
        return;
    m_messages.replaceBehind(parentId, messages);
    if (m_toBeDeleted > 0 && !m_messages.find(m_deletedLast)) {
        m_deletedMessages = std::exchange(m_toBeDeleted, 0);
        emit deletedMessagesChanged();
    }
    if (const int row = m_messages.rowOf(m_soughtMessage); row >= 0) {
        m_soughtMessage = 0;
        emit messageSought(row);
    }
}

void ChatController::onConversationForked(qint64 id)
{
    if (m_followForked)
        open(id);
}

} // namespace kvasir::ui
