#pragma once

#include <QObject>

namespace kvasir::ui {

/// What happens when a chat no longer fits what the model can read at a time.
enum class ContextPolicyItem {
    Stop, ///< the person is asked
    Summarise, ///< the model sums up the beginning, which it then no longer reads
    DropOldest, ///< the oldest messages are left out
};

/// What the model reads of a chat before its next answer.
struct ContextItem {
    int systemTokens = 0; ///< of the system prompt, a summary included
    int chatTokens = 0;
    int leftOutMessages = 0; ///< at the beginning, which the model no longer reads
    ContextPolicyItem policy = ContextPolicyItem::Stop;
};

/// What the window asks about the space that a chat takes in the model's context. The interface lives in the
/// GUI thread; calls return at once and their effects arrive as signals.
class ContextPort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// `measured` follows.
    virtual void choosePolicy(qint64 conversationId, ContextPolicyItem policy) = 0;
    /// What the chats that are begun from now on have; `newChatsPolicyChanged` follows.
    virtual void chooseForNewChats(ContextPolicyItem policy) = 0;
    /// What was left out before this message is read again; `measured` follows.
    virtual void readAgain(qint64 conversationId, qint64 messageId) = 0;

signals:
    /// Of a chat that was opened, answered, or changed otherwise, and of the open one when a model was
    /// loaded.
    void measured(qint64 conversationId, const kvasir::ui::ContextItem &context);
    /// Also of a profile that was opened.
    void newChatsPolicyChanged(kvasir::ui::ContextPolicyItem policy);
    /// The beginning is being summed up, or is no longer.
    void summarising(qint64 conversationId, bool on);
};

} // namespace kvasir::ui
