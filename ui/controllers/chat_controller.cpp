#include "ui/controllers/chat_controller.h"

#include "ui/controllers/chat_list_controller.h"

#include <QClipboard>
#include <QGuiApplication>

#include <utility>

namespace kvasir::ui {
namespace {

/// Between the last key and when a draft is kept.
constexpr int kDraftDelayMs = 500;

} // namespace

ChatController::ChatController(ChatPort &port, ChatListController &list, QObject *parent)
    : QObject(parent)
    , m_port(port)
    , m_list(list)
{
    connect(&port, &ChatPort::profileChanged, this, &ChatController::onProfileChanged);
    connect(&list, &ChatListController::reloaded, this, &ChatController::takeDrafts);
    connect(&list, &ChatListController::newDraftLoaded, this, [this](const QString &draft) {
        if (!m_drafts.contains(0))
            noteDraft(0, draft);
    });
    connect(&list, &ChatListController::leaving, this, &ChatController::keepDrafts);
    m_draftTimer.setSingleShot(true);
    m_draftTimer.setInterval(kDraftDelayMs);
    connect(&m_draftTimer, &QTimer::timeout, this, &ChatController::keepDrafts);
    connect(&list, &ChatListController::changed, this, &ChatController::onConversationChanged);
    connect(&list, &ChatListController::removed, this, &ChatController::onConversationRemoved);
    connect(&port, &ChatPort::conversationCreated, this, &ChatController::onConversationCreated);
    connect(&port, &ChatPort::messagesLoaded, this, &ChatController::onMessagesLoaded);
    connect(&port, &ChatPort::messageAdded, this, &ChatController::onMessageAdded);
    connect(&port, &ChatPort::messageChanged, this, &ChatController::onMessageChanged);
    connect(&port, &ChatPort::branchChanged, this, &ChatController::onBranchChanged);
    connect(&port, &ChatPort::conversationForked, this, &ChatController::onConversationForked);
    connect(&port, &ChatPort::systemPromptsLoaded, this, &ChatController::onSystemPromptsLoaded);
    connect(&port, &ChatPort::failed, this, &ChatController::onFailed);
    connect(&port, &ChatPort::prefillProgress, this,
            [this](qint64 conversation, qint64 message, int done, int total) {
                if (conversation == m_currentId)
                    m_messages.setPrefill(message, done, total);
            });
    connect(&port, &ChatPort::answerGrew, this,
            [this](qint64 conversation, qint64 message, const QString &added) {
                if (conversation == m_currentId)
                    m_messages.grow(message, added);
            });
    connect(&port, &ChatPort::reasoningGrew, this,
            [this](qint64 conversation, qint64 message, const QString &added, int tokens, double ms) {
                if (conversation == m_currentId)
                    m_messages.growReasoning(message, added, tokens, ms);
            });
    connect(&port, &ChatPort::thinkingChanged, this, [this](const ThinkingItem &thinking) {
        m_thinking = thinking;
        emit thinkingChanged();
    });
    m_port.loadSystemPrompts();
}

ChatController::~ChatController()
{
    keepDrafts();
}

QString ChatController::currentTitle() const
{
    const auto conversation = m_list.find(m_currentId);
    return conversation ? conversation->title : isPrivate() ? tr("Private chat") : tr("New chat");
}

bool ChatController::generating() const
{
    return m_generating.contains(m_currentId) || (m_sending && m_sendingFrom == m_currentId);
}

void ChatController::setDraft(const QString &draft)
{
    if (draft != m_drafts.value(draftKey()))
        writeDraft(draftKey(), draft);
}

void ChatController::newChat()
{
    m_followCreated = false;
    const auto preset = m_prompts.defaultPrompt().value_or(SystemPromptItem());
    m_newPromptChosen = false;
    m_newPromptId = preset.id;
    m_newPromptText = preset.text;
    m_newIsPrivate = false;
    setCurrent(0);
    m_messages.reset({});
    setLoadingMessages(false);
}

void ChatController::openPrivate()
{
    if (hasPrivateChat())
        return open(m_private.id);
    newChat();
    m_newIsPrivate = true;
    setCurrent(0);
}

void ChatController::endPrivate()
{
    const bool wasOpen = isPrivate();
    if (hasPrivateChat()) {
        m_port.endPrivateChat(m_private.id);
        m_generating.remove(m_private.id);
    }
    m_private = {};
    m_drafts.remove(kPrivateDraft);
    if (wasOpen)
        newChat();
    emit privateChanged();
}

void ChatController::open(qint64 id)
{
    if (id == m_currentId || id == 0)
        return;
    m_followCreated = false;
    setCurrent(id);
    m_messages.reset({});
    setLoadingMessages(true);
    m_port.openConversation(id);
}

void ChatController::openAt(qint64 id, qint64 messageId)
{
    open(id);
    m_soughtMessage = messageId;
    if (!m_loadingMessages)
        showSought();
}

void ChatController::showSought()
{
    if (m_soughtMessage == 0)
        return;
    const int row = m_messages.rowOf(m_soughtMessage);
    if (row < 0) {
        m_port.showMessage(m_soughtMessage); // on another branch
        return;
    }
    m_soughtMessage = 0;
    emit messageSought(row);
}

bool ChatController::send(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty() || generating() || m_sending)
        return false;
    m_sentText = text;
    m_sendingFrom = m_currentId;
    m_sendingDraft = draftKey();
    m_followCreated = m_currentId == 0;
    dismissNotice();
    setDraft({});
    setSending(true);
    emit messageSent();
    m_sendingPrivately = m_currentId == 0 && m_newIsPrivate;
    if (m_sendingPrivately)
        m_port.sendPrivately(trimmed, promptText());
    else
        m_port.sendMessage(m_currentId, trimmed, promptId(), promptText());
    return true;
}

void ChatController::stop()
{
    if (m_currentId != 0 && m_generating.contains(m_currentId))
        m_port.stop(m_currentId);
}

void ChatController::retry()
{
    if (!beginAnswer())
        return;
    emit messageSent();
    m_port.retry(m_currentId);
}

void ChatController::dismissNotice()
{
    if (m_notice.isEmpty())
        return;
    m_notice.clear();
    emit noticeChanged();
}

void ChatController::setThinking(bool on, int maxTokens)
{
    m_port.setThinking(on, maxTokens);
}

void ChatController::setReasoningOpen(qint64 messageId, bool open)
{
    m_messages.setReasoningOpen(messageId, open);
}

void ChatController::copyMessage(qint64 id)
{
    copyText(m_messages.textOf(id));
}

void ChatController::copyText(const QString &text)
{
    QGuiApplication::clipboard()->setText(text);
}

void ChatController::onProfileChanged()
{
    m_drafts.clear();
    m_unkeptDrafts.clear();
    m_generating.clear();
    m_sentText.clear();
    m_useWhenSaved.clear();
    m_newPromptChosen = false;
    m_prompts.reset({});
    m_messages.reset({});
    m_private = {};
    m_newIsPrivate = false;
    dismissNotice();
    setLoadingMessages(false);
    setSending(false);
    m_followCreated = false;
    m_newPromptId = 0;
    m_newPromptText.clear();
    setCurrent(0);
    m_port.loadSystemPrompts();
}

void ChatController::onConversationCreated(qint64 id)
{
    if (std::exchange(m_sendingPrivately, false))
        m_private = { id, m_newPromptId, m_newPromptText };
    if (m_sending && m_sendingFrom == 0)
        m_sendingFrom = id;
    if (!m_followCreated)
        return;
    m_followCreated = false;
    m_messages.reset({});
    setCurrent(id);
}

void ChatController::onConversationChanged(qint64 id)
{
    if (id != m_currentId)
        return;
    emit currentTitleChanged();
    emit promptChanged();
}

void ChatController::writeDraft(qint64 key, const QString &draft)
{
    noteDraft(key, draft);
    if (key == kPrivateDraft)
        return;
    m_unkeptDrafts.insert(key);
    m_draftTimer.start();
}

void ChatController::noteDraft(qint64 key, const QString &draft)
{
    if (draft.isEmpty())
        m_drafts.remove(key);
    else
        m_drafts.insert(key, draft);
    if (key == draftKey())
        emit draftChanged();
}

void ChatController::keepDrafts()
{
    m_draftTimer.stop();
    for (const qint64 id : std::exchange(m_unkeptDrafts, {}))
        m_list.keepDraft(id, m_drafts.value(id));
}

/// What is being written here is newer than what is kept.
void ChatController::takeDrafts()
{
    for (const ConversationItem &chat : m_list.conversations()->chats()) {
        if (!chat.draft.isEmpty() && !m_drafts.contains(chat.id) && !m_unkeptDrafts.contains(chat.id))
            noteDraft(chat.id, chat.draft);
    }
    onConversationChanged(m_currentId);
}

void ChatController::onConversationRemoved(qint64 id, qint64 neighbour)
{
    if (id != m_currentId)
        return;
    if (neighbour != 0)
        open(neighbour);
    else
        newChat();
}

void ChatController::onMessagesLoaded(qint64 conversationId, const QVector<MessageItem> &messages)
{
    if (conversationId != m_currentId)
        return;
    m_messages.reset(messages);
    setLoadingMessages(false);
    if (!messages.isEmpty())
        noteStatus(conversationId, messages.last());
    showSought();
}

void ChatController::onMessageAdded(qint64 conversationId, const MessageItem &message)
{
    if (conversationId == m_currentId)
        m_messages.add(message);
    noteStatus(conversationId, message);
}

void ChatController::onMessageChanged(qint64 conversationId, const MessageItem &message)
{
    if (conversationId == m_currentId)
        m_messages.change(message);
    noteStatus(conversationId, message);
}

void ChatController::onFailed(const QString &message)
{
    m_notice = message;
    emit noticeChanged();
    if (!m_sending)
        return;
    // What could not be sent goes back to where it was written, unless something else is there by now.
    if (!m_drafts.contains(m_sendingDraft) && !m_sentText.isEmpty())
        writeDraft(m_sendingDraft, m_sentText);
    setSending(false);
}

void ChatController::setCurrent(qint64 id)
{
    m_soughtMessage = 0;
    m_currentId = id;
    m_followForked = false;
    dismissDeletedMessages();
    emit currentChanged();
    emit currentTitleChanged();
    emit privateChanged();
    emit draftChanged();
    emit generatingChanged();
    emit promptChanged();
}

void ChatController::setLoadingMessages(bool loading)
{
    if (m_loadingMessages == loading)
        return;
    m_loadingMessages = loading;
    emit loadingMessagesChanged();
}

void ChatController::setSending(bool sending)
{
    m_sending = sending;
    emit generatingChanged();
}

void ChatController::noteStatus(qint64 conversationId, const MessageItem &message)
{
    const bool ofSending = conversationId == m_sendingFrom;
    if (message.role == MessageRole::User) {
        if (ofSending)
            m_sentText.clear(); // it is kept; the answer that follows ends the sending
        return;
    }
    const bool live = message.status == MessageStatus::Waiting || message.status == MessageStatus::Streaming;
    if (live)
        m_generating.insert(conversationId);
    else
        m_generating.remove(conversationId);
    m_list.setGenerating(conversationId, live);
    m_sending = m_sending && !ofSending;
    emit generatingChanged();
}

} // namespace kvasir::ui
