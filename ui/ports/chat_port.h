#pragma once

#include <QDateTime>
#include <QObject>
#include <QString>
#include <QVector>

namespace kvasir::ui {

enum class MessageRole { User, Assistant };
enum class MessageStatus { Complete, Waiting, Streaming, Stopped, Length, Failed, Interrupted };

/// The figures under an answer. `valid` is false before the answer's end and for messages of the person.
struct UsageItem {
    bool valid = false;
    int promptTokens = 0;
    int hitTokens = 0; ///< prompt tokens whose KV was reused …
    int diskTokens = 0; ///< … and how many of them came from disk (the rest was still in memory)
    int completionTokens = 0;
    double firstTokenMs = 0;
    double tokensPerSecond = 0;
};

struct MessageItem {
    qint64 id = 0;
    MessageRole role = MessageRole::User;
    MessageStatus status = MessageStatus::Complete;
    QString text;
    QString reasoning; ///< what a reasoning model thought before its answer
    int reasoningTokens = 0;
    double reasoningMs = 0;
    QString error; ///< a sentence, when status is Failed
    QString model;
    UsageItem usage;
    bool beginsContext = false; ///< the model reads the chat from here on …
    QString contextSummary; ///< … and knows this of what is above
    QDateTime editedAt; ///< when a person wrote it in place of an alternative; not valid: they did not
    int alternative = 0; ///< which of the messages that stand in for each other, the oldest being 0 …
    int alternatives = 1; ///< … and how many there are
};

struct SystemPromptItem {
    qint64 id = 0; ///< 0: not saved yet
    QString name;
    QString text;
    bool isDefault = false;
};

/// Whether and for how long answers are thought about before they begin.
struct ThinkingItem {
    bool available = false; ///< the model marks what it thinks
    bool optional = false; ///< and can answer without it
    bool on = true;
    int maxTokens = 0; ///< 0: no limit
};

/// Everything that the window asks about what is said in chats; the list of them and models have ports of
/// their own. The interface lives in the GUI thread; calls return at once and their effects arrive as
/// signals, in order. Of a chat that is new or has changed the ChatListPort tells.
class ChatPort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// Its messages follow; its KV prefix is fetched ahead.
    virtual void openConversation(qint64 id) = 0;
    /// conversationId 0 starts a new chat with the given system prompt (`systemPromptId` 0 and empty text:
    /// none); its id comes with conversationCreated before messageAdded.
    virtual void sendMessage(qint64 conversationId, const QString &text, qint64 systemPromptId,
                             const QString &systemText) = 0;
    /// Goes on with the conversation's last answer, where it broke off or ended. What stands is kept.
    virtual void retry(qint64 conversationId) = 0;
    virtual void stop(qint64 conversationId) = 0;

    // Branches. None of these while an answer is generated in the chat, but for a fork.
    /// Another answer beside this one; to a message of the person, an answer.
    virtual void regenerate(qint64 messageId) = 0;
    /// The message in other words, beside it. A person's is answered anew, an answer stands as it is given.
    virtual void editMessage(qint64 messageId, const QString &text) = 0;
    virtual void showAlternative(qint64 messageId, int alternative) = 0;
    /// A branch through this message, if it is on none that is shown.
    virtual void showMessage(qint64 messageId) = 0;
    /// With all that follows it. Can be restored until the program ends.
    virtual void deleteMessage(qint64 messageId) = 0;
    /// The branch that ended with this message is there again, and is shown.
    virtual void restoreMessage(qint64 conversationId, qint64 messageId) = 0;
    /// A new chat that begins as this one up to the message; conversationForked follows.
    virtual void forkConversation(qint64 messageId) = 0;

    /// Starts a private chat: nothing of it is ever written, and no list has it. It goes on by `sendMessage`,
    /// and ends with `endPrivateChat` or with the profile.
    virtual void sendPrivately(const QString &text, const QString &systemText) = 0;
    virtual void endPrivateChat(qint64 id) = 0;
    virtual void setSystemText(qint64 conversationId, qint64 systemPromptId, const QString &text) = 0;

    /// For the answers to come, also after a restart; `thinkingChanged` follows.
    virtual void setThinking(bool on, int maxTokens) = 0;

    virtual void loadSystemPrompts() = 0;
    virtual void saveSystemPrompt(const SystemPromptItem &prompt) = 0;
    virtual void deleteSystemPrompt(qint64 id) = 0;

signals:
    /// Another profile was opened: everything before was about chats that are not there any more.
    void profileChanged();

    /// Created by this window, and in the list by now unless it is private: becomes the open one.
    void conversationCreated(qint64 id);

    void messagesLoaded(qint64 conversationId, const QVector<kvasir::ui::MessageItem> &messages);
    void messageAdded(qint64 conversationId, const kvasir::ui::MessageItem &message);
    /// Another branch is shown: the message `parentId` is followed by these now; 0: the chat begins with
    /// them.
    void branchChanged(qint64 conversationId, qint64 parentId,
                       const QVector<kvasir::ui::MessageItem> &messages);
    /// In the list by now.
    void conversationForked(qint64 id);
    /// While the prompt is computed: done and total tokens.
    void prefillProgress(qint64 conversationId, qint64 messageId, int done, int total);
    /// New text at the end of what the model thinks before it answers, with its tokens and time so far.
    void reasoningGrew(qint64 conversationId, qint64 messageId, const QString &addedText, int tokens,
                       double ms);
    /// New text at the end of an answer, about 30 times a second.
    void answerGrew(qint64 conversationId, qint64 messageId, const QString &addedText);
    /// Status, usage or the whole text changed; always sent at an answer's end.
    void messageChanged(qint64 conversationId, const kvasir::ui::MessageItem &message);

    void thinkingChanged(const kvasir::ui::ThinkingItem &thinking);
    void systemPromptsLoaded(const QVector<kvasir::ui::SystemPromptItem> &prompts);
    /// Something failed that belongs to no message: a sentence with what to do.
    void failed(const QString &message);
};

} // namespace kvasir::ui
