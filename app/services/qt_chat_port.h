#pragma once

#include "app/services/chat_service.h"
#include "ui/ports/chat_list_port.h"
#include "ui/ports/chat_port.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kvasir::app {

/// The window's port onto the chat service: values cross from the service's threads by queued calls.
///
/// Lives in the GUI thread. The observer's half is called on the service's threads and touches nothing else
/// than Qt's event queue.
class QtChatPort final : public ui::ChatPort, public ChatObserver {
  Q_OBJECT

 public:
  /// Does nothing before `attach`.
  explicit QtChatPort(const ChatSettings& settings, QObject* parent = nullptr);
  ~QtChatPort() override;

  /// Begins to speak of a profile, which must stay open until `detach` or the port's end.
  void attach(Profile& profile);
  /// Stops speaking of it. To destroy what is returned stops answers and waits until they are stored; that
  /// may be done on any thread, and must be before the port's end.
  std::unique_ptr<ChatService> detach();

  /// Runs a job on the storage thread, if a profile is attached.
  void inStore(std::function<void(storage::ConversationStore&)> job);
  /// The same, and hands the job's Result, if it succeeded, to `then` in this thread.
  template <class Job, class Then>
  void withStore(Job job, Then then) {
    inStore(answered(std::move(job), std::move(then)));
  }

  /// As `withStore`, on the store that the conversation is in: private ones have their own.
  template <class Job, class Then>
  void withStoreOf(qint64 conversationId, Job job, Then then) {
    if (m_chats) m_chats->with_store_of(conversationId, answered(std::move(job), std::move(then)));
  }

  /// Null while no profile is attached.
  ChatService* service() { return m_chats.get(); }

  /// `modelReported` tells how it goes.
  void loadModel(const ModelRequest& request);
  /// One of the profile's settings: empty where it was never kept, or can't be read.
  void readSetting(const std::string& key, std::function<void(const std::optional<std::string>&)> then);
  void keepSetting(const std::string& key, const std::string& value);
  /// For the answers to come.
  void setChatSettings(const ChatSettings& settings) { m_settings = settings; }

  void openConversation(qint64 id) override;
  void sendMessage(qint64 conversationId, const QString& text, qint64 systemPromptId,
                   const QString& systemText) override;
  void sendPrivately(const QString& text, const QString& systemText) override;
  void endPrivateChat(qint64 id) override;
  void retry(qint64 conversationId) override;
  void stop(qint64 conversationId) override;
  void regenerate(qint64 messageId) override;
  void editMessage(qint64 messageId, const QString& text) override;
  void showAlternative(qint64 messageId, int alternative) override;
  void showMessage(qint64 messageId) override;
  void deleteMessage(qint64 messageId) override;
  void restoreMessage(qint64 conversationId, qint64 messageId) override;
  void forkConversation(qint64 messageId) override;
  void setSystemText(qint64 conversationId, qint64 systemPromptId, const QString& text) override;
  void setThinking(bool on, int maxTokens) override;
  void loadSystemPrompts() override;
  void saveSystemPrompt(const ui::SystemPromptItem& prompt) override;
  void deleteSystemPrompt(qint64 id) override;

 signals:
  /// Work for the attached profile can still be given.
  void aboutToDetach();
  void modelReported(const kvasir::app::ModelState& model);
  void contextReported(qint64 conversationId, const kvasir::app::ContextUse& use);
  void summarisingReported(qint64 conversationId, bool on);
  /// What the list shows of it is new.
  void conversationReported(const kvasir::ui::ConversationItem& conversation);

 private:
  // ChatObserver, on the service's threads.
  void conversation_created(const storage::StoredConversation& conversation) override;
  void conversation_changed(const storage::StoredConversation& conversation) override;
  void message_added(const storage::StoredMessage& message) override;
  void branch_changed(int64_t conversationId, std::optional<int64_t> parent,
                      const std::vector<storage::StoredMessage>& behind) override;
  void conversation_forked(const storage::StoredConversation& conversation) override;
  void prefill_progress(int64_t conversationId, int64_t messageId, uint32_t doneTokens,
                        uint32_t totalTokens) override;
  void answer_grew(int64_t conversationId, int64_t messageId, const AnswerGrowth& added) override;
  void message_changed(const storage::StoredMessage& message) override;
  void context_measured(int64_t conversationId, const ContextUse& use) override;
  void summarising(int64_t conversationId, bool on) override;
  void model_changed(const ModelState& model) override;
  void saving_changed(bool saving, const std::string& message) override;
  void failed(const std::string& message) override;

  template <class Call>
  void inGuiThread(Call call) {
    QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection);
  }
  template <class Job, class Then>
  auto answered(Job job, Then then) {
    return [this, job = std::move(job), then = std::move(then)](storage::ConversationStore& store) {
      auto result = job(store);
      inGuiThread([this, result = std::move(result), then] {
        if (result)
          then(result);
        else
          emit ui::ChatPort::failed(QString::fromStdString(result.error().message));
      });
    };
  }
  /// No list has private ones.
  void report(const ui::ConversationItem& conversation);
  void showThinking();

  ChatSettings m_settings;
  bool m_modelThinks = false;
  bool m_thinkingOptional = false;
  std::unique_ptr<ChatService> m_chats;  // last: joins its threads before anything else goes
};

}  // namespace kvasir::app
