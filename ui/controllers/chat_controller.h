#pragma once

#include "ui/models/message_list_model.h"
#include "ui/models/system_prompt_model.h"
#include "ui/ports/chat_port.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

class ChatListController;

/// The open chat: joins the port with what is shown of it, and holds what no list does: which chat is open,
/// what is written but not sent in each, what is being generated. GUI thread only.
class ChatController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    Q_PROPERTY(kvasir::ui::MessageListModel *messages READ messages CONSTANT)
    Q_PROPERTY(kvasir::ui::SystemPromptModel *systemPrompts READ systemPrompts CONSTANT)
    /// 0: a new chat that has no message yet.
    Q_PROPERTY(qint64 currentId READ currentId NOTIFY currentChanged)
    Q_PROPERTY(QString currentTitle READ currentTitle NOTIFY currentTitleChanged)
    /// Nothing of the open chat, or of the new one to come, is written anywhere.
    Q_PROPERTY(bool isPrivate READ isPrivate NOTIFY privateChanged)
    /// There is one with messages, open or not.
    Q_PROPERTY(bool hasPrivateChat READ hasPrivateChat NOTIFY privateChanged)
    Q_PROPERTY(bool loadingMessages READ loadingMessages NOTIFY loadingMessagesChanged)
    Q_PROPERTY(bool generating READ generating NOTIFY generatingChanged)
    Q_PROPERTY(QString draft READ draft WRITE setDraft NOTIFY draftChanged)
    Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)
    /// How many messages were deleted and can come back.
    Q_PROPERTY(int deletedMessages READ deletedMessages NOTIFY deletedMessagesChanged)
    /// Whether the model thinks before it answers, can leave it, is to do it, and for how many tokens at
    /// most.
    Q_PROPERTY(bool canThink READ canThink NOTIFY thinkingChanged)
    Q_PROPERTY(bool thinkingOptional READ thinkingOptional NOTIFY thinkingChanged)
    Q_PROPERTY(bool thinking READ thinking NOTIFY thinkingChanged)
    Q_PROPERTY(int maxReasoningTokens READ maxReasoningTokens NOTIFY thinkingChanged)
    /// The prompt of the open chat, or of the new one to come.
    Q_PROPERTY(qint64 promptId READ promptId NOTIFY promptChanged)
    Q_PROPERTY(QString promptText READ promptText NOTIFY promptChanged)
    Q_PROPERTY(QString promptLabel READ promptLabel NOTIFY promptChanged)

public:
    /// Both must live longer. Asks the port for the prompts at once.
    ChatController(ChatPort &port, ChatListController &list, QObject *parent = nullptr);
    ~ChatController() override;

    MessageListModel *messages() { return &m_messages; }
    SystemPromptModel *systemPrompts() { return &m_prompts; }

    qint64 currentId() const { return m_currentId; }
    QString currentTitle() const;
    bool isPrivate() const { return m_currentId == 0 ? m_newIsPrivate : m_currentId == m_private.id; }
    bool hasPrivateChat() const { return m_private.id != 0; }
    bool loadingMessages() const { return m_loadingMessages; }
    bool generating() const;
    QString draft() const { return m_drafts.value(draftKey()); }
    void setDraft(const QString &draft);
    QString notice() const { return m_notice; }
    int deletedMessages() const { return m_deletedMessages; }
    bool canThink() const { return m_thinking.available; }
    bool thinkingOptional() const { return m_thinking.optional; }
    bool thinking() const { return m_thinking.on || !m_thinking.optional; }
    int maxReasoningTokens() const { return m_thinking.maxTokens; }
    qint64 promptId() const;
    QString promptText() const;
    QString promptLabel() const;

    Q_INVOKABLE void newChat();
    /// The private chat; where there is none, a new one.
    Q_INVOKABLE void openPrivate();
    /// It is gone then, and a new chat that is not private is open.
    Q_INVOKABLE void endPrivate();
    Q_INVOKABLE void open(qint64 id);
    /// And shows that message once it is there; 0: none in particular.
    Q_INVOKABLE void openAt(qint64 id, qint64 messageId);
    /// False, and nothing happens, when the text is blank or an answer is being generated.
    Q_INVOKABLE bool send(const QString &text);
    Q_INVOKABLE void stop();
    Q_INVOKABLE void retry();
    Q_INVOKABLE void dismissNotice();
    /// `maxTokens` 0: no limit.
    Q_INVOKABLE void setThinking(bool on, int maxTokens);
    Q_INVOKABLE void setReasoningOpen(qint64 messageId, bool open);
    Q_INVOKABLE void copyMessage(qint64 id);
    Q_INVOKABLE void copyText(const QString &text);

    // Branches: nothing happens while an answer is being generated.
    /// Another answer beside this one; to a message of the person, an answer.
    Q_INVOKABLE void regenerate(qint64 messageId);
    Q_INVOKABLE void regenerateLast();
    /// False, and nothing happens, where the text is blank or the one that is there.
    Q_INVOKABLE bool editMessage(qint64 messageId, const QString &text);
    /// The last message of the person; 0: none.
    Q_INVOKABLE qint64 lastOwnMessage() const;
    /// To the alternative that is so many newer; older if negative. False: there is none.
    Q_INVOKABLE bool swipe(qint64 messageId, int step);
    Q_INVOKABLE bool swipeLast(int step);
    /// With all that follows it.
    Q_INVOKABLE void deleteMessage(qint64 messageId);
    Q_INVOKABLE void undoDeleteMessage();
    Q_INVOKABLE void dismissDeletedMessages();
    /// Begins a new chat as this one up to the message, and opens it.
    Q_INVOKABLE void fork(qint64 messageId);

    /// Uses a prompt of the library for the open chat; 0: none.
    Q_INVOKABLE void usePrompt(qint64 id);
    /// Uses a text for the open chat only. `basedOn` is the library's prompt it came from, or 0.
    Q_INVOKABLE void usePromptText(const QString &text, qint64 basedOn = 0);
    /// Into the library; id 0 is a new one. With `useHere`, the open chat uses it once it is saved.
    Q_INVOKABLE void savePrompt(qint64 id, const QString &name, const QString &text, bool useHere);
    Q_INVOKABLE void deletePrompt(qint64 id);
    /// 0: new chats start without one.
    Q_INVOKABLE void setDefaultPrompt(qint64 id);

signals:
    void currentChanged();
    void currentTitleChanged();
    void privateChanged();
    void loadingMessagesChanged();
    void generatingChanged();
    void draftChanged();
    void noticeChanged();
    void deletedMessagesChanged();
    void thinkingChanged();
    void promptChanged();
    /// Of the messages; it is to be seen and marked for a moment.
    void messageSought(int row);
    /// The person sent something: the list goes to its end.
    void messageSent();

private:
    void onProfileChanged();
    void onConversationCreated(qint64 id);
    void onConversationChanged(qint64 id);
    void onConversationRemoved(qint64 id, qint64 neighbour);
    void onMessagesLoaded(qint64 conversationId, const QVector<MessageItem> &messages);
    void onMessageAdded(qint64 conversationId, const MessageItem &message);
    void onMessageChanged(qint64 conversationId, const MessageItem &message);
    void onBranchChanged(qint64 conversationId, qint64 parentId, const QVector<MessageItem> &messages);
    void onConversationForked(qint64 id);
    void onSystemPromptsLoaded(const QVector<SystemPromptItem> &prompts);
    void onFailed(const QString &message);

    void showSought();
    /// What the draft of the open chat goes by in `m_drafts`.
    qint64 draftKey() const { return isPrivate() ? kPrivateDraft : m_currentId; }
    /// As the person wrote it: to be kept, unless it is private.
    void writeDraft(qint64 key, const QString &draft);
    void noteDraft(qint64 key, const QString &draft);
    void keepDrafts();
    void takeDrafts();
    void setCurrent(qint64 id);
    void setLoadingMessages(bool loading);
    void setSending(bool sending);
    /// An answer is about to be asked for without a message to be sent. False: one is being generated.
    bool beginAnswer();
    void noteStatus(qint64 conversationId, const MessageItem &message);
    void storePrompt(qint64 id, const QString &text);

    ChatPort &m_port;
    ChatListController &m_list;
    MessageListModel m_messages;
    SystemPromptModel m_prompts;

    qint64 m_currentId = 0;
    /// What no list knows of; id 0: there is none.
    struct PrivateChat {
        qint64 id = 0;
        qint64 promptId = 0;
        QString promptText;
    };
    PrivateChat m_private;
    bool m_newIsPrivate = false; ///< the new chat to come
    bool m_sendingPrivately = false; ///< the chat about to be created
    qint64 m_sendingDraft = 0; ///< what was sent is given back as this one if the send fails
    bool m_loadingMessages = false;
    qint64 m_soughtMessage = 0; ///< to be shown once the messages are loaded
    static constexpr qint64 kPrivateDraft = -1;
    QHash<qint64, QString> m_drafts; ///< by conversation; 0: the new one
    QSet<qint64> m_unkeptDrafts; ///< of these conversations, changed since they were kept
    QTimer m_draftTimer; ///< until they are
    QSet<qint64> m_generating; ///< conversations with an answer under way

    bool m_sending = false; ///< between a send and the first sign of it from the port
    qint64 m_sendingFrom = 0;
    QString m_sentText; ///< given back if the send fails
    bool m_followCreated = false; ///< the chat about to be created was not left meanwhile

    qint64 m_newPromptId = 0; ///< prompt of the new chat to come
    QString m_newPromptText;
    bool m_newPromptChosen = false; ///< by the person; otherwise it follows the default
    QString m_useWhenSaved; ///< name of the prompt that the chat `m_useWhenSavedIn` takes once it is saved
    qint64 m_useWhenSavedIn = 0;

    QString m_notice;
    int m_toBeDeleted = 0; ///< how many messages were asked to be deleted …
    int m_deletedMessages = 0; ///< … and were
    qint64 m_deletedLast = 0; ///< the last of them
    bool m_followForked = false; ///< the chat that is being forked was not left meanwhile
    ThinkingItem m_thinking;
};

} // namespace kvasir::ui
