#include "app/services/chat_service.h"

#include "app/services/answer_result.h"
#include "app/services/answer_writer.h"
#include "app/services/block_store_adapter.h"
#include "app/services/chat_prompt.h"
#include "app/services/chat_title.h"
#include "app/services/context_room.h"
#include "app/services/kv_owner.h"
#include "app/services/model_identity.h"
#include "app/settings/context_settings.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

namespace kvasir::app {

using storage::MessageRole;
using storage::MessageStatus;
using storage::StoredMessage;

/// One answer on its way from the storage thread to the engine thread and back.
struct ChatService::Turn {
  std::vector<StoredMessage> history;  ///< up to the message that is answered
  StoredMessage answer;                ///< as stored before it is generated
  ChatSettings settings;
  Promise promise;
  uint32_t min_tokens = 0;
  storage::ContextPolicy context_policy = storage::ContextPolicy::Stop;
  std::stop_token stop;
};

namespace {

/// A quarter of what the context still holds is left for the answer.
uint32_t reasoning_limit(uint32_t wanted, uint32_t so_far, size_t prompt_tokens, uint32_t context_tokens) {
  const auto room = context_tokens - static_cast<uint32_t>(std::min<size_t>(prompt_tokens, context_tokens));
  const uint32_t possible = so_far + std::max(1u, room - room / 4);
  return wanted == 0 ? possible : std::min(wanted, possible);
}

}  // namespace

ChatService::ChatService(Profile& profile, ChatObserver& observer) : profile_(profile), observer_(observer) {
  std::shared_ptr<engine::BlockStore> blocks;
  if (profile.blocks() != nullptr) blocks = std::make_shared<BlockStoreAdapter>(*profile.blocks());
  engine_ = std::make_unique<EngineService>(std::move(blocks), hash_cache(), profile.secret());
  with_store([this](storage::ConversationStore& store) {
    if (profile_.blocks() == nullptr) return;
    if (const auto released = release_deleted_conversations(store, *profile_.blocks()); !released)
      spdlog::warn("KV of deleted chats is kept: {}", released.error().message);
  });
}

ChatService::~ChatService() {
  {
    const std::lock_guard lock(turns_mutex_);
    closing_ = true;
    for (auto& [conversation, stop] : turns_) stop.request_stop();
  }
  // Jobs of the storage thread hand turns to the engine, and selected chats to the reader, which hands them
  // to the engine: let them, then let the engine end what it has (at once, being stopped), whose results the
  // storage thread then stores before it is joined.
  storage_.post([] {}).wait();
  reader_.post([] {}).wait();
  engine_.reset();
}

EngineService::HashCache ChatService::hash_cache() {
  // What was found before the file was read: if it has changed since, the hash is not what it now holds.
  using Identity = std::optional<storage::ConversationStore::FileIdentity>;
  const auto looked_up = std::make_shared<Identity>();  // of the engine thread
  EngineService::HashCache cache;
  cache.find = [this, looked_up](const std::filesystem::path& path) -> std::optional<engine::Hash256> {
    const Identity identity = *looked_up = identify_model(path);
    if (!identity) return std::nullopt;
    const auto found = with_store([&](auto& store) { return store.model_content_hash(*identity); }).get();
    engine::Hash256 hash;
    if (!found || !*found || (*found)->size() != hash.bytes.size()) return std::nullopt;
    std::copy((*found)->begin(), (*found)->end(), hash.bytes.begin());
    return hash;
  };
  cache.keep = [this, looked_up](const std::filesystem::path& path, const engine::Hash256& hash) {
    if (const Identity identity = identify_model(path); identity && identity == *looked_up)
      with_store([identity = *identity, hash](auto& store) {
        return store.set_model_content_hash(identity, {hash.bytes.begin(), hash.bytes.end()});
      });
  };
  return cache;
}

void ChatService::load_model(ModelRequest request) {
  engine_->load(std::move(request), [this](const ModelState& state) {
    observer_.model_changed(state);
    if (state.stage != ModelState::Stage::Ready) return;
    in_memory_ = 0;
    if (const int64_t selected = selected_; selected != 0) select(selected);
  });
}

ChatService::Answer ChatService::send(SendRequest request) {
  auto promise = std::make_shared<std::promise<Outcome<StoredMessage>>>();
  storage_.post([this, request = std::move(request), promise] { store_and_answer(request, promise); });
  return promise->get_future();
}

storage::ConversationStore& ChatService::store_of(int64_t id) {
  const bool is_private = private_ && PrivateChats::is_private(id);
  return is_private ? private_->conversations() : profile_.conversations();
}

engine::KvUse ChatService::kv_use(int64_t conversation_id) {
  if (PrivateChats::is_private(conversation_id)) return {.keep = false, .owner = {}};
  return {.keep = true, .owner = conversation_owner(conversation_id)};
}

storage::Result<storage::StoredConversation> ChatService::ensure_conversation(const SendRequest& request) {
  if (request.conversation_id != 0)
    return store_of(request.conversation_id).conversation(request.conversation_id);
  if (request.is_private && !private_) {
    auto made = PrivateChats::create();
    if (!made) return tl::unexpected(made.error());
    private_ = std::move(*made);
  }
  auto& store = request.is_private ? private_->conversations() : profile_.conversations();
  const std::string title = request.title.empty() ? title_from_text(request.text) : request.title;
  auto id = store.create_conversation(title, request.system_text, request.system_prompt_id);
  if (!id) return tl::unexpected(id.error());
  if (const auto policy = read_policy_of_new_chats(profile_.conversations()))
    store.set_context_policy(*id, *policy);
  auto created = store.conversation(*id);
  if (created) observer_.conversation_created(*created);
  return created;
}

void ChatService::store_and_answer(const SendRequest& request, const Promise& promise) {
  const auto give_up = [&](const std::string& reason) {
    observer_.failed("Your message was not sent. " + reason);
    promise->set_value(tl::unexpected(reason));
  };
  if (is_answering(request.conversation_id)) return give_up("The answer before it is still being written.");
  const auto conversation = ensure_conversation(request);
  if (!conversation) return give_up(conversation.error().message);

  auto& store = store_of(conversation->id);
  StoredMessage question;
  question.conversation_id = conversation->id;
  question.role = MessageRole::User;
  question.text = request.text;
  const auto stored = store.append_message(std::move(question));
  if (!stored) return give_up(stored.error().message);
  observer_.message_added(*stored);

  auto history = store.messages(conversation->id);
  auto answer = store.append_message(empty_answer(conversation->id));
  if (!history || !answer) {
    const std::string& reason = !history ? history.error().message : answer.error().message;
    observer_.failed("Your message is kept, but can't be answered now. " + reason);
    promise->set_value(tl::unexpected(reason));
    return;
  }
  observer_.message_added(*answer);
  if (auto changed = store.conversation(conversation->id)) observer_.conversation_changed(*changed);

  start_turn(std::move(*history), std::move(*answer), request.settings, promise);
}

void ChatService::start_turn(std::vector<StoredMessage> history, StoredMessage answer,
                             const ChatSettings& settings, const Promise& promise, uint32_t min_tokens) {
  engine_->drop_idle_work();  // it was for the chat before, whose KV is about to go
  const int64_t conversation_id = answer.conversation_id;
  in_memory_ = selected_ = conversation_id;
  auto turn = std::make_shared<Turn>(
      Turn{std::move(history), std::move(answer), settings, promise, min_tokens, {}, {}});
  if (const auto conversation = store_of(conversation_id).conversation(conversation_id)) {
    turn->context_policy = conversation->context_policy;
    turn->settings = settings_in_chat(profile_.conversations(), *conversation, settings);
  }
  {
    const std::lock_guard lock(turns_mutex_);
    std::stop_source& stop = turns_[conversation_id] = std::stop_source();
    if (closing_) stop.request_stop();
    turn->stop = stop.get_token();
  }
  engine_->post([this, turn = std::move(turn)](engine::Engine* engine, const ModelState& model) {
    run_turn(turn, engine, model);
  });
}

bool ChatService::is_answering(int64_t conversation_id) {
  const std::lock_guard lock(turns_mutex_);
  return turns_.contains(conversation_id);
}

void ChatService::wait_until_idle() {
  storage_.post([] {}).wait();
  reader_.post([] {}).wait();
  engine_->wait_until_idle();
}

bool ChatService::is_closing() {
  const std::lock_guard lock(turns_mutex_);
  return closing_;
}

void ChatService::stop(int64_t conversation_id) {
  const std::lock_guard lock(turns_mutex_);
  if (auto turn = turns_.find(conversation_id); turn != turns_.end()) turn->second.request_stop();
}

void ChatService::run_turn(const std::shared_ptr<Turn>& turn, engine::Engine* engine,
                           const ModelState& model) {
  StoredMessage answer = turn->answer;
  if (turn->stop.stop_requested()) {
    answer.status = MessageStatus::Stopped;
  } else if (engine == nullptr) {
    answer.status = MessageStatus::Failed;
    answer.error = model.note.empty() ? "No model is loaded. Choose one first." : model.note;
  } else {
    try {
      answer = generate_answer(*turn, *engine, model);
      prepare_next_turn(*turn, answer);
    } catch (const std::exception& error) {
      // Whatever it is: an answer that never ends would keep the chat from ever going on.
      answer.status = MessageStatus::Failed;
      answer.error = std::string("The answer broke off: ") + error.what() + ".";
    }
  }
  storage_.post([this, turn, answer = std::move(answer)] { finish_turn(turn, answer); });
}

engine::Result<void> ChatService::make_room(Turn& turn, engine::Engine& engine, uint32_t answer_tokens) {
  const int64_t conversation = turn.answer.conversation_id;
  bool summarises = false;
  const ContextRoom room{engine, turn.context_policy, turn.stop, [&] {
                           summarises = true;
                           observer_.summarising(conversation, true);
                         }};
  const auto beginning = room.make(turn.history, answer_tokens);
  if (summarises) observer_.summarising(conversation, false);
  if (!beginning) return tl::unexpected(beginning.error());
  if (*beginning) {
    const StoredMessage& first = turn.history[**beginning];
    with_store_of(conversation, [id = first.id, summary = first.context_summary](auto& store) {
      return store.set_context_summary(id, summary);
    });
    observer_.message_changed(first);
  }
  return {};
}

StoredMessage ChatService::generate_answer(Turn& turn, engine::Engine& engine, const ModelState& model) {
  StoredMessage answer = turn.answer;
  const auto fail = [&](std::string why) {
    answer.status = MessageStatus::Failed;
    answer.error = std::move(why);
    return answer;
  };
  if (!engine.chat_template()) return fail(engine.chat_template().error().message);

  prepare_to_continue(answer, engine.tokenizer());
  if (const auto made = make_room(turn, engine, static_cast<uint32_t>(answer.token_ids.size())); !made) {
    if (made.error().code != engine::ErrorCode::Cancelled) return fail(made.error().message);
    answer.status = MessageStatus::Stopped;
    return answer;
  }
  answer.model = model.name;
  // What stands of an answer is gone on with as it was begun.
  const bool thinks = answer.token_ids.empty() ? turn.settings.thinking.on : answer.reasoning_tokens > 0;

  auto prompt = make_chat_prompt(turn.history, engine.tokenizer(), *engine.chat_template(), thinks);
  if (!prompt) return fail(prompt.error().message);
  if (auto why = why_no_room(*prompt, answer.token_ids.size(), engine.context_tokens(),
                             engine.config().max_position_embeddings))
    return fail(std::move(*why));
  for (StoredMessage& message : prompt->changed)
    with_store_of(message.conversation_id, [message = std::move(message)](auto& store) {
      return store.set_token_ids(message.id, message.token_ids, message.vocabulary_hash);
    });

  engine::GenerateRequest request;
  request.prompt = std::move(prompt->token_ids);
  request.thinking = engine.chat_template()->thinking(thinks);
  const engine::AnswerDecoder decoder(engine.tokenizer(), request.thinking, request.prompt);
  request.prompt.insert(request.prompt.end(), answer.token_ids.begin(), answer.token_ids.end());
  request.answer_tokens = static_cast<uint32_t>(answer.token_ids.size());
  request.max_reasoning_tokens = reasoning_limit(turn.settings.thinking.max_tokens, answer.reasoning_tokens,
                                                 request.prompt.size(), engine.context_tokens());
  request.sampling = turn.settings.sampling;
  if (turn.settings.random_seed) request.sampling.seed = std::random_device()();
  request.max_tokens = turn.settings.max_tokens;
  request.min_tokens = turn.min_tokens;
  request.kv = kv_use(answer.conversation_id);

  const int64_t conversation = answer.conversation_id;
  const int64_t id = answer.id;
  AnswerWriter writer(
      answer, decoder, [&](const AnswerGrowth& added) { observer_.answer_grew(conversation, id, added); },
      [&](const StoredMessage& so_far) {
        with_store_of(conversation, [this, so_far](auto& store) {
          report_saving();
          return store.update_message(so_far);
        });
      });
  engine::GenerateCallbacks callbacks;
  callbacks.on_prefill = [&](uint32_t done, uint32_t total) {
    observer_.prefill_progress(conversation, id, done, total);
  };
  callbacks.on_token = [&](const engine::TokenEvent& token) { writer.add(token); };

  const auto result = engine.generate(request, callbacks, turn.stop);
  answer = writer.finish();
  if (!result) return fail(result.error().message);
  answer.status = to_status(result->finish_reason);
  answer.usage = to_stored(*result);
  if (profile_.blocks() != nullptr && request.kv.keep && result->usage.prompt_cache_disk_tokens > 0)
    profile_.blocks()->report_reuse(request.kv.owner, result->usage.prompt_cache_disk_tokens,
                                    time_saved(*result));
  return answer;
}

void ChatService::prepare_next_turn(const Turn& turn, const StoredMessage& answer) {
  if (answer.status != MessageStatus::Complete || answer.reasoning_tokens == 0) return;
  auto history = turn.history;
  history.push_back(answer);
  engine_->when_idle([history = std::move(history), kv = kv_use(answer.conversation_id)](
                         engine::Engine& engine, std::stop_token stop) {
    if (!engine.chat_template()) return true;
    const auto prefix = next_turn_prefix(history, engine.tokenizer(), *engine.chat_template());
    if (!prefix) return true;
    const auto prepared = engine.prepare(prefix->token_ids, kv, stop);
    return !prepared || *prepared;  // a prompt that can't be prepared says why when it is asked for
  });
}

void ChatService::finish_turn(const std::shared_ptr<Turn>& turn, const StoredMessage& answer) {
  StoredMessage stored = answer;
  auto& store = store_of(answer.conversation_id);
  if (const auto updated = store.update_message(answer); !updated) {
    stored.status = MessageStatus::Failed;
    stored.error = "This answer could not be stored. " + updated.error().message;
  }
  {
    const std::lock_guard lock(turns_mutex_);
    const auto current = turns_.find(answer.conversation_id);
    if (current != turns_.end() && current->second.get_token() == turn->stop) turns_.erase(current);
  }
  if (!PrivateChats::is_private(answer.conversation_id)) log_answer(stored);
  observer_.message_changed(stored);
  if (auto changed = store.conversation(answer.conversation_id)) observer_.conversation_changed(*changed);
  report_saving();
  if (!is_closing())
    reader_.post([this, turn, stored] {
      auto history = turn->history;
      history.push_back(stored);
      measure(stored.conversation_id, turn->context_policy, history);
    });
  turn->promise->set_value(stored);
}

void ChatService::report_saving() {
  if (profile_.blocks() == nullptr) return;
  if (const auto notice = saving_notices_.look(*profile_.blocks()))
    observer_.saving_changed(notice->saving, notice->message);
}

void ChatService::select(int64_t conversation_id) {
  selected_ = conversation_id;
  with_store_of(conversation_id, [this, conversation_id](storage::ConversationStore& store) {
    report_saving();
    look_at(conversation_id, store);
  });
}

void ChatService::look_at(int64_t conversation_id, storage::ConversationStore& store) {
  if (is_closing()) return;  // the reader was waited for already
  auto conversation = store.conversation(conversation_id);
  auto history = store.messages(conversation_id);
  if (!conversation || !history || history->empty()) return;
  reader_.post([this, conversation = std::move(*conversation), history = std::move(*history)] {
    read_ahead(conversation, history);
  });
}

void ChatService::read_ahead(const storage::StoredConversation& conversation,
                             const std::vector<StoredMessage>& history) {
  const auto prompts = engine_->prompt_maker();  // held: the model may go meanwhile
  auto prefix = measure(conversation.id, conversation.context_policy, history);
  if (!prefix || !prompts || profile_.blocks() == nullptr || PrivateChats::is_private(conversation.id))
    return;
  engine::BlockChain chain = prompts->root;
  chain.extend(prefix->token_ids);
  BlockStoreAdapter(*profile_.blocks()).prefetch(chain.keys);
  // What is being prepared for this chat in idle time is not to be replaced by less.
  if (in_memory_.exchange(conversation.id) == conversation.id) return;
  engine_->when_idle([prefix = std::move(prefix->token_ids), kv = kv_use(conversation.id)](
                         engine::Engine& engine, std::stop_token stop) {
    engine.restore(prefix, kv, stop);
    return !stop.stop_requested();
  });
}

void ChatService::forget_private(int64_t conversation_id) {
  stop(conversation_id);
  with_store_of(conversation_id, [this, conversation_id](storage::ConversationStore& store) {
    if (!PrivateChats::is_private(conversation_id)) return;
    if (store.delete_conversation(conversation_id)) store.purge_deleted();
    engine_->drop_idle_work();
    engine_->post([](engine::Engine* engine, const ModelState&) {
      if (engine != nullptr) engine->forget();
    });
  });
}

}  // namespace kvasir::app
