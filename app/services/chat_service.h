#pragma once

#include "app/services/chat_observer.h"
#include "app/services/chat_prompt.h"
#include "app/services/engine_service.h"
#include "app/services/outcome.h"
#include "app/services/private_chats.h"
#include "app/services/profile.h"
#include "app/services/saving_notices.h"
#include "app/services/worker.h"
#include "app/settings/chat_settings.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace kvasir::app {

/// One message of a person, to be stored and answered.
struct SendRequest {
  int64_t conversation_id = 0;  ///< 0: a new conversation
  std::string title;            ///< of a new conversation; empty: made from the text
  std::string text;
  std::string system_text;                  ///< of a new conversation
  std::optional<int64_t> system_prompt_id;  ///< of a new conversation: where the text came from
  /// Of a new conversation: nothing of it is ever written, neither its messages nor its KV. It ends with the
  /// service, or with `forget_private`.
  bool is_private = false;
  ChatSettings settings;
};

/// Chats: stores what is said, has it answered, and tells the observer. The window and the command line
/// are two users of this class.
///
/// Calls may come from any thread and return at once; what they do happens on the storage thread (everything
/// that touches the database) and on the engine thread (everything that touches the model), which the storage
/// thread never waits for. Futures are for callers that want to wait.
class ChatService {
 public:
  using Answer = std::future<Outcome<storage::StoredMessage>>;

  /// `profile` and `observer` must outlive the service.
  ChatService(Profile& profile, ChatObserver& observer);
  /// Stops answers, stores what there is of them and waits for both threads.
  ~ChatService();

  /// In place of the present model, which comes back where this one can't be loaded. Of several requests the
  /// newest counts.
  void load_model(ModelRequest request);

  /// Stores the message and an empty answer, then generates. The future gives the answer as stored at its
  /// end, whatever ended it; it fails where one of the two could not be stored.
  Answer send(SendRequest request);
  /// Goes on with the conversation's last answer where it broke off, or where it ended; what stands is kept.
  Answer retry(int64_t conversation_id, ChatSettings settings);
  void stop(int64_t conversation_id);

  // Branches. A message is named by its id alone. Nothing changes in a conversation while an answer is being
  // written in it: that is refused, and said to the observer.
  using Done = std::future<Outcome<void>>;

  /// Another answer beside this one; or one to a message of the person, beside those that it has.
  Answer regenerate(int64_t message_id, ChatSettings settings);
  /// The same message in other words, beside it: a person's is answered anew, an answer stands as it is
  /// given.
  Answer edit(int64_t message_id, std::string text, ChatSettings settings);
  /// Shows another alternative to the message: the oldest is 0, and one past the newest counts as the newest.
  Done show_alternative(int64_t message_id, size_t alternative);
  /// Shows a branch through the message.
  Done show_message(int64_t message_id);
  /// With all that follows it. Can be undone until the profile is opened again.
  Done delete_message(int64_t message_id);
  /// Undoes the deletion that hid the message, and shows the branch that ends with it.
  Done restore_message(int64_t conversation_id, int64_t message_id);
  /// A new conversation, which begins as the branch up to the message. The future gives its id.
  std::future<Outcome<int64_t>> fork(int64_t message_id);

  /// Waits until the engine has nothing more to do, not even for answers to come or a chat that was selected.
  void wait_until_idle();

  /// The conversation is about to be gone on with: has its KV read ahead, and while the engine has nothing
  /// else to do taken into memory.
  void select(int64_t conversation_id);

  /// Ends a private conversation and its KV.
  void forget_private(int64_t conversation_id);

  // Context. Both tell the observer what the conversation takes then.
  /// What happens when the conversation no longer fits the model's context.
  Done set_context_policy(int64_t conversation_id, storage::ContextPolicy policy);
  /// What was left out before this message is part of the prompt again.
  Done read_again(int64_t conversation_id, int64_t message_id);

  /// Work on the stored conversations, on the storage thread.
  template <class Job>
  auto with_store(Job job) {
    return storage_.post([this, job = std::move(job)]() mutable { return job(profile_.conversations()); });
  }
  /// The same on those that the conversation is among: private ones are kept apart.
  template <class Job>
  auto with_store_of(int64_t conversation_id, Job job) {
    return storage_.post(
        [this, conversation_id, job = std::move(job)]() mutable { return job(store_of(conversation_id)); });
  }

 private:
  struct Turn;
  using Promise = std::shared_ptr<std::promise<Outcome<storage::StoredMessage>>>;

  EngineService::HashCache hash_cache();
  bool is_answering(int64_t conversation_id);
  bool is_closing();
  static engine::KvUse kv_use(int64_t conversation_id);

  // Storage thread.
  /// Of a conversation or a message.
  storage::ConversationStore& store_of(int64_t id);
  void store_and_answer(const SendRequest& request, const Promise& promise);
  storage::Result<storage::StoredConversation> ensure_conversation(const SendRequest& request);
  /// Has the answer, as it is stored, generated or continued. It does not end before `min_tokens`.
  void start_turn(std::vector<storage::StoredMessage> history, storage::StoredMessage answer,
                  const ChatSettings& settings, const Promise& promise, uint32_t min_tokens = 0);
  void finish_turn(const std::shared_ptr<Turn>& turn, const storage::StoredMessage& answer);
  /// Another branch than before is shown behind `parent`.
  storage::Result<void> tell_branch(int64_t conversation_id, std::optional<int64_t> parent);
  /// The conversation goes on from elsewhere: what was read ahead was for the branch before.
  void reselect(int64_t conversation_id);
  storage::Result<void> check_idle(int64_t conversation_id);
  // Both run a job of the storage thread, and say why it failed. `id` is a conversation's or a message's.
  /// `begin` starts a turn, at whose end the promise that it is given is fulfilled.
  template <class Begin>
  Answer begin_answer(int64_t id, Begin begin);
  template <class T, class Job>
  std::future<Outcome<T>> change(int64_t id, Job job);
  /// Says once that KV is no longer kept, and why, and once that it is again.
  void report_saving();

  /// Has the reader look at the conversation as it is stored.
  void look_at(int64_t conversation_id, storage::ConversationStore& store);
  // The reader's thread, so that neither the window nor an answer waits.
  void read_ahead(const storage::StoredConversation& conversation,
                  const std::vector<storage::StoredMessage>& history);
  /// Tells what the next prompt will begin with, which it returns; none where there is no model.
  std::optional<NextTurnPrefix> measure(int64_t conversation_id, storage::ContextPolicy policy,
                                        const std::vector<storage::StoredMessage>& history);

  // Engine thread.
  void run_turn(const std::shared_ptr<Turn>& turn, engine::Engine* engine, const ModelState& model);
  /// Where the conversation has outgrown the context and something was chosen for that, has the prompt begin
  /// later.
  engine::Result<void> make_room(Turn& turn, engine::Engine& engine, uint32_t answer_tokens);
  storage::StoredMessage generate_answer(Turn& turn, engine::Engine& engine, const ModelState& model);
  /// Where the template drops the answer's reasoning, the next prompt leaves what is in memory at the
  /// question before it: has the rest computed while nothing else is to do.
  void prepare_next_turn(const Turn& turn, const storage::StoredMessage& answer);

  Profile& profile_;
  ChatObserver& observer_;
  SavingNotices saving_notices_;           // of the storage thread, as the next
  std::unique_ptr<PrivateChats> private_;  // once there is a private conversation
  std::atomic<int64_t> selected_ = 0;      // the conversation that was selected or asked last
  std::atomic<int64_t> in_memory_ = 0;     // the conversation whose KV is, or comes, there
  std::mutex turns_mutex_;
  std::map<int64_t, std::stop_source> turns_;  // by conversation, under turns_mutex_
  bool closing_ = false;                       // under turns_mutex_
  // The engine's jobs post to the storage thread, so it goes first; see the destructor.
  Worker storage_{"storage"};
  Worker reader_{"reader", Worker::Priority::Low};
  std::unique_ptr<EngineService> engine_;
};

template <class T, class Job>
std::future<Outcome<T>> ChatService::change(int64_t id, Job job) {
  auto promise = std::make_shared<std::promise<Outcome<T>>>();
  with_store_of(id, [this, promise, job = std::move(job)](storage::ConversationStore& store) {
    const storage::Result<T> result = job(store);
    if (!result) observer_.failed(result.error().message);
    promise->set_value(result.map_error([](const storage::Error& error) { return error.message; }));
  });
  return promise->get_future();
}

}  // namespace kvasir::app
