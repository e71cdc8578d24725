#include "storage/conversations/conversation_store.h"

#include "storage/schema/migrations.h"
#include "storage/sqlite/transaction.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace kvasir::storage;

namespace {

constexpr std::optional<int64_t> kNoPrompt;

StoredMessage message_of(int64_t conversation, MessageRole role, std::string text) {
  StoredMessage message;
  message.conversation_id = conversation;
  message.role = role;
  message.text = std::move(text);
  return message;
}

/// In a child process: an answer that grows without end. Writes the number of each committed text to
/// `report`.
[[noreturn]] void stream_until_killed(const std::filesystem::path& path, int report) {
  auto database = Database::open(path);
  if (!database || !migrate(*database)) _exit(1);
  auto store = ConversationStore::open(*database);
  auto chat = store->create_conversation("chat", "", kNoPrompt);
  auto answer = store->append_message(message_of(*chat, MessageRole::Assistant, ""));
  if (!answer) _exit(1);
  answer->status = MessageStatus::Streaming;
  for (int32_t n = 1;; ++n) {
    answer->text = std::to_string(n);
    answer->token_ids.push_back(n);
    if (!store->update_message(*answer)) _exit(1);
    if (write(report, &n, sizeof n) != sizeof n) _exit(1);
  }
}

}  // namespace

class ConversationStoreTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = std::filesystem::path(folder_->path().toStdString()) / "kvasir.sqlite";
    reopen();
  }

  void cleanup() {
    store_.reset();
    database_.reset();
  }

  void a_conversation_is_listed_with_what_it_was_created_with() {
    const int64_t prompt = *store_->save_system_prompt({0, "Terse", "One sentence.", false});
    const int64_t id = *store_->create_conversation("Tides", "One sentence.", prompt);
    const auto listed = *store_->conversations();
    QCOMPARE(listed.size(), size_t{1});
    QCOMPARE(listed[0].id, id);
    QCOMPARE(listed[0].title, std::string("Tides"));
    QCOMPARE(listed[0].system_prompt_id, std::optional(prompt));
    QVERIFY(listed[0].created_at_ms > 1700000000000);
    const auto messages = *store_->messages(id);
    QCOMPARE(messages.size(), size_t{1});
    QCOMPARE(messages[0].role, MessageRole::System);
    QCOMPARE(messages[0].position, int64_t{0});
    QCOMPARE(messages[0].text, std::string("One sentence."));
  }

  void every_field_of_a_message_survives_a_restart() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    auto question = *store_->append_message(message_of(chat, MessageRole::User, "Why?\nπ \U0001F30A"));
    QCOMPARE(question.position, int64_t{1});
    auto answer = message_of(chat, MessageRole::Assistant, "Because");
    answer.status = MessageStatus::Length;
    answer.token_ids = {0, 1, -1, INT32_MAX, INT32_MIN, 127999};
    answer.vocabulary_hash = {std::byte{1}, std::byte{0}, std::byte{255}};
    answer.model = "starter";
    answer.error = "none";
    answer.reasoning = "First this,\nthen \u03C0.";
    answer.reasoning_tokens = 4000000001U;
    answer.reasoning_ms = 12345.5;
    answer.usage = MessageUsage{4000000000U, 2, 3, 4, 5, 1.5, 2.25, 1e6};
    answer = *store_->append_message(answer);
    QCOMPARE(answer.position, int64_t{2});
    reopen();
    const auto messages = *store_->messages(chat);
    QCOMPARE(messages.size(), size_t{2});
    QCOMPARE(messages[0].id, question.id);
    QCOMPARE(messages[0].text, question.text);
    QCOMPARE(messages[0].role, MessageRole::User);
    QCOMPARE(messages[0].status, MessageStatus::Complete);
    QVERIFY(!messages[0].usage);
    QCOMPARE(messages[1].id, answer.id);
    QCOMPARE(messages[1].conversation_id, chat);
    QCOMPARE(messages[1].role, MessageRole::Assistant);
    QCOMPARE(messages[1].status, MessageStatus::Length);
    QVERIFY(messages[1].token_ids == answer.token_ids);
    QVERIFY(messages[1].vocabulary_hash == answer.vocabulary_hash);
    QCOMPARE(messages[1].model, answer.model);
    QCOMPARE(messages[1].error, answer.error);
    QCOMPARE(messages[1].reasoning, answer.reasoning);
    QCOMPARE(messages[1].reasoning_tokens, answer.reasoning_tokens);
    QCOMPARE(messages[1].reasoning_ms, answer.reasoning_ms);
    QVERIFY(messages[0].reasoning.empty());
    QCOMPARE(messages[1].created_at_ms, answer.created_at_ms);
    QVERIFY(messages[1].usage);
    QCOMPARE(messages[1].usage->prompt_tokens, 4000000000U);
    QCOMPARE(messages[1].usage->prompt_cache_hit_tokens, 2U);
    QCOMPARE(messages[1].usage->prompt_cache_disk_tokens, 3U);
    QCOMPARE(messages[1].usage->prompt_cache_miss_tokens, 4U);
    QCOMPARE(messages[1].usage->completion_tokens, 5U);
    QCOMPARE(messages[1].usage->ttft_ms, 1.5);
    QCOMPARE(messages[1].usage->prefill_tokens_per_second, 2.25);
    QCOMPARE(messages[1].usage->decode_tokens_per_second, 1e6);
  }

  void an_update_replaces_what_grows_and_nothing_else() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    auto answer = message_of(chat, MessageRole::Assistant, "");
    answer.status = MessageStatus::Streaming;
    answer = *store_->append_message(answer);
    auto changed = answer;
    changed.text = "done";
    changed.token_ids = {5, 6};
    changed.vocabulary_hash = {std::byte{9}};
    changed.status = MessageStatus::Failed;
    changed.error = "out of memory";
    changed.model = "big";
    changed.reasoning = "thought";
    changed.reasoning_tokens = 7;
    changed.reasoning_ms = 8.5;
    changed.usage = MessageUsage{};
    changed.position = 77;
    changed.role = MessageRole::User;
    changed.created_at_ms = 1;
    QVERIFY(store_->update_message(changed));
    const auto messages = *store_->messages(chat);
    QCOMPARE(messages[0].text, std::string("done"));
    QVERIFY(messages[0].token_ids == changed.token_ids);
    QVERIFY(messages[0].vocabulary_hash == changed.vocabulary_hash);
    QCOMPARE(messages[0].status, MessageStatus::Failed);
    QCOMPARE(messages[0].error, std::string("out of memory"));
    QCOMPARE(messages[0].model, std::string("big"));
    QCOMPARE(messages[0].reasoning, std::string("thought"));
    QCOMPARE(messages[0].reasoning_tokens, 7U);
    QCOMPARE(messages[0].reasoning_ms, 8.5);
    QVERIFY(messages[0].usage);
    QCOMPARE(messages[0].position, answer.position);
    QCOMPARE(messages[0].role, MessageRole::Assistant);
    QCOMPARE(messages[0].created_at_ms, answer.created_at_ms);
  }

  void token_ids_can_be_set_alone() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    const auto question = *store_->append_message(message_of(chat, MessageRole::User, "hi"));
    QVERIFY(store_->set_token_ids(question.id, {3, 4}, {std::byte{7}}));
    const auto messages = *store_->messages(chat);
    QVERIFY(messages[0].token_ids == std::vector<int32_t>({3, 4}));
    QVERIFY(messages[0].vocabulary_hash == std::vector<std::byte>({std::byte{7}}));
    QCOMPARE(messages[0].text, std::string("hi"));
  }

  void the_conversation_that_changed_last_is_listed_first() {
    const int64_t first = *store_->create_conversation("first", "", kNoPrompt);
    const int64_t second = *store_->create_conversation("second", "", kNoPrompt);
    QCOMPARE((*store_->conversations())[0].id, second);
    auto message = *store_->append_message(message_of(first, MessageRole::User, "x"));
    QCOMPARE((*store_->conversations())[0].id, first);
    QVERIFY(store_->append_message(message_of(second, MessageRole::User, "x")));
    QCOMPARE((*store_->conversations())[0].id, second);
    const int64_t before = store_->conversation(first)->updated_at_ms;
    QVERIFY(store_->update_message(message));
    QVERIFY(store_->conversation(first)->updated_at_ms > before);
    QCOMPARE((*store_->conversations())[0].id, first);
    QVERIFY(store_->set_system_text(second, "s", kNoPrompt));
    QCOMPARE((*store_->conversations())[0].id, second);
  }

  void a_conversation_is_found_by_its_exact_title_and_of_two_the_newest() {
    const int64_t older = *store_->create_conversation("Same", "", kNoPrompt);
    const int64_t newer = *store_->create_conversation("Same", "", kNoPrompt);
    QCOMPARE(*store_->find_conversation("Same"), std::optional(newer));
    QCOMPARE(*store_->find_conversation("same"), std::optional<int64_t>());
    QCOMPARE(*store_->find_conversation("Sam"), std::optional<int64_t>());
    QVERIFY(store_->append_message(message_of(older, MessageRole::User, "x")));
    QCOMPARE(*store_->find_conversation("Same"), std::optional(older));
    QVERIFY(store_->delete_conversation(older));
    QCOMPARE(*store_->find_conversation("Same"), std::optional(newer));
    QVERIFY(store_->rename_conversation(newer, "Other"));
    QCOMPARE(*store_->find_conversation("Same"), std::optional<int64_t>());
    QCOMPARE(store_->conversation(newer)->title, std::string("Other"));
  }

  void a_deleted_conversation_is_hidden_until_restored() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    auto answer = *store_->append_message(message_of(chat, MessageRole::Assistant, "x"));
    QVERIFY(store_->delete_conversation(chat));
    QVERIFY(store_->conversations()->empty());
    QCOMPARE(store_->conversation(chat).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->messages(chat).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->append_message(message_of(chat, MessageRole::User, "y")).error().code,
             ErrorCode::NotFound);
    answer.text = "still growing";
    QVERIFY(store_->update_message(answer));
    QVERIFY(store_->restore_conversation(chat));
    QCOMPARE(store_->conversations()->size(), size_t{1});
    QCOMPARE((*store_->messages(chat))[0].text, std::string("still growing"));
  }

  void purging_removes_deleted_conversations_and_their_messages_for_good() {
    const int64_t gone = *store_->create_conversation("gone", "s", kNoPrompt);
    const int64_t kept = *store_->create_conversation("kept", "s", kNoPrompt);
    QVERIFY(store_->append_message(message_of(gone, MessageRole::User, "a secret phrase")));
    QVERIFY(store_->append_message(message_of(kept, MessageRole::User, "x")));
    QVERIFY(store_->delete_conversation(gone));
    QVERIFY(store_->purge_deleted());
    QCOMPARE(store_->restore_conversation(gone).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->messages(kept)->size(), size_t{2});
    QCOMPARE(*database_->integer("SELECT count(*) FROM messages"), int64_t{2});
    store_.reset();
    database_.reset();
    std::ifstream in(path_, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    QCOMPARE(bytes.find("a secret phrase"), std::string::npos);
  }

  void the_system_message_is_replaced_in_place_and_others_keep_their_positions() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    QVERIFY(store_->append_message(message_of(chat, MessageRole::User, "u")));
    QVERIFY(store_->set_system_text(chat, "first", kNoPrompt));
    auto messages = *store_->messages(chat);
    QCOMPARE(messages.size(), size_t{2});
    QCOMPARE(messages[0].role, MessageRole::System);
    QCOMPARE(messages[0].text, std::string("first"));
    QCOMPARE(messages[1].position, int64_t{1});
    QVERIFY(store_->set_token_ids(messages[0].id, {1, 2}, {std::byte{1}}));
    const int64_t prompt = *store_->save_system_prompt({0, "P", "second", false});
    QVERIFY(store_->set_system_text(chat, "second", prompt));
    messages = *store_->messages(chat);
    QCOMPARE(messages[0].text, std::string("second"));
    QVERIFY(messages[0].token_ids.empty());
    QVERIFY(messages[0].vocabulary_hash.empty());
    QCOMPARE(store_->conversation(chat)->system_prompt_id, std::optional(prompt));
    QCOMPARE(store_->conversation(chat)->system_text, std::string("second"));
    QCOMPARE(store_->conversations()->front().system_text, std::string("second"));
    QVERIFY(store_->set_system_text(chat, "", kNoPrompt));
    QCOMPARE(store_->conversation(chat)->system_text, std::string());
    messages = *store_->messages(chat);
    QCOMPARE(messages.size(), size_t{1});
    QCOMPARE(messages[0].position, int64_t{1});
    QVERIFY(!store_->conversation(chat)->system_prompt_id);
  }

  void a_system_message_cannot_be_appended() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    QCOMPARE(store_->append_message(message_of(chat, MessageRole::System, "s")).error().code,
             ErrorCode::BadRequest);
  }

  void an_answer_left_streaming_is_interrupted_at_the_next_start() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    auto answer = message_of(chat, MessageRole::Assistant, "half");
    answer.status = MessageStatus::Streaming;
    QVERIFY(store_->append_message(answer));
    QCOMPARE((*store_->messages(chat))[0].status, MessageStatus::Streaming);
    reopen();
    QCOMPARE((*store_->messages(chat))[0].status, MessageStatus::Interrupted);
    QCOMPARE((*store_->messages(chat))[0].text, std::string("half"));
  }

  void what_does_not_exist_is_not_found() {
    StoredMessage nothing;
    nothing.id = 5;
    QCOMPARE(store_->conversation(5).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->messages(5).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->append_message(message_of(5, MessageRole::User, "")).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->update_message(nothing).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->set_token_ids(5, {}, {}).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->set_system_text(5, "", kNoPrompt).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->rename_conversation(5, "").error().code, ErrorCode::NotFound);
    QCOMPARE(store_->delete_conversation(5).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->restore_conversation(5).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->delete_system_prompt(5).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->save_system_prompt({5, "n", "", false}).error().code, ErrorCode::NotFound);
  }

  void system_prompts_are_listed_by_name_and_changed_by_id() {
    const int64_t zebra = *store_->save_system_prompt({0, "zebra", "z", false});
    const int64_t ant = *store_->save_system_prompt({0, "Ant", "a", false});
    QCOMPARE(*store_->save_system_prompt({zebra, "Bee", "b", false}), zebra);
    const auto prompts = *store_->system_prompts();
    QCOMPARE(prompts.size(), size_t{2});
    QCOMPARE(prompts[0].id, ant);
    QCOMPARE(prompts[1].name, std::string("Bee"));
    QCOMPARE(prompts[1].text, std::string("b"));
  }

  void a_taken_or_empty_name_is_refused_and_nothing_changes() {
    const int64_t id = *store_->save_system_prompt({0, "Name", "text", true});
    auto taken = store_->save_system_prompt({0, "nAME", "other", true});
    QCOMPARE(taken.error().code, ErrorCode::BadRequest);
    QVERIFY(taken.error().message.find("nAME") != std::string::npos);
    QCOMPARE(store_->save_system_prompt({0, "", "x", true}).error().code, ErrorCode::BadRequest);
    const auto prompts = *store_->system_prompts();
    QCOMPARE(prompts.size(), size_t{1});
    QCOMPARE(prompts[0].id, id);
    QVERIFY(prompts[0].is_default);
    QVERIFY(store_->save_system_prompt({id, "NAME", "its own name in another case", true}));
  }

  void at_most_one_system_prompt_is_the_default() {
    const int64_t first = *store_->save_system_prompt({0, "1", "", true});
    const int64_t second = *store_->save_system_prompt({0, "2", "", true});
    QCOMPARE(default_prompts(), std::vector<int64_t>({second}));
    QVERIFY(store_->save_system_prompt({first, "1", "", true}));
    QCOMPARE(default_prompts(), std::vector<int64_t>({first}));
    QVERIFY(store_->save_system_prompt({first, "1", "", false}));
    QVERIFY(default_prompts().empty());
  }

  void deleting_a_system_prompt_leaves_the_chats_that_used_it() {
    const int64_t prompt = *store_->save_system_prompt({0, "P", "text", false});
    const int64_t chat = *store_->create_conversation("c", "text", prompt);
    QVERIFY(store_->delete_system_prompt(prompt));
    QVERIFY(!store_->conversation(chat)->system_prompt_id);
    QCOMPARE((*store_->messages(chat))[0].text, std::string("text"));
    const int64_t later = *store_->create_conversation("d", "text", prompt);
    QVERIFY(!store_->conversation(later)->system_prompt_id);
  }

  void settings_are_absent_until_set_and_then_replaced() {
    QCOMPARE(*store_->setting("theme"), std::optional<std::string>());
    QVERIFY(store_->set_setting("theme", "dark"));
    QVERIFY(store_->set_setting("theme", ""));
    reopen();
    QCOMPARE(*store_->setting("theme"), std::optional<std::string>(""));
  }

  void a_model_hash_is_found_only_for_the_same_file_state() {
    const ConversationStore::FileIdentity file = {UINT64_MAX, -5, UINT64_MAX - 1, 3};
    const std::vector<std::byte> hash = {std::byte{1}, std::byte{2}};
    QVERIFY(!*store_->model_content_hash(file));
    QVERIFY(store_->set_model_content_hash(file, hash));
    QCOMPARE(**store_->model_content_hash(file), hash);
    for (const auto& other : {ConversationStore::FileIdentity{1, -5, UINT64_MAX - 1, 3},
                              ConversationStore::FileIdentity{UINT64_MAX, -4, UINT64_MAX - 1, 3},
                              ConversationStore::FileIdentity{UINT64_MAX, -5, UINT64_MAX, 3},
                              ConversationStore::FileIdentity{UINT64_MAX, -5, UINT64_MAX - 1, 4}}) {
      QVERIFY(!*store_->model_content_hash(other));
    }
    auto touched = file;
    touched.modified_ns = 6;
    QVERIFY(store_->set_model_content_hash(touched, {std::byte{3}}));
    QVERIFY(!*store_->model_content_hash(file));
    QCOMPARE(**store_->model_content_hash(touched), std::vector<std::byte>({std::byte{3}}));
  }

  void a_full_disk_refuses_a_message_and_keeps_the_rest() {
    const int64_t chat = *store_->create_conversation("c", "", kNoPrompt);
    QVERIFY(store_->append_message(message_of(chat, MessageRole::User, "kept")));
    QVERIFY(database_->execute("PRAGMA max_page_count = 1"));  // raised to the file's present size
    auto refused = store_->append_message(message_of(chat, MessageRole::User, std::string(1 << 20, 'x')));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::DiskFull);
    QCOMPARE(store_->messages(chat)->size(), size_t{1});
    QVERIFY(database_->execute("PRAGMA max_page_count = 100000"));
    QVERIFY(store_->append_message(message_of(chat, MessageRole::User, std::string(1 << 20, 'x'))));
  }

  void a_kill_in_the_middle_of_updates_leaves_the_last_committed_text() {
    cleanup();  // a connection must not be carried into the child
    for (const int updates : {1, 7, 40}) {
      const auto path = path_.string() + "." + std::to_string(updates);
      int pipe_ends[2];
      QCOMPARE(pipe(pipe_ends), 0);
      const pid_t child = fork();
      QVERIFY(child >= 0);
      if (child == 0) stream_until_killed(path, pipe_ends[1]);
      close(pipe_ends[1]);
      int32_t committed = 0;
      for (int i = 0; i < updates; ++i) {
        QCOMPARE(read(pipe_ends[0], &committed, sizeof committed), ssize_t{sizeof committed});
      }
      kill(child, SIGKILL);
      int status = 0;
      QCOMPARE(waitpid(child, &status, 0), child);
      QVERIFY(WIFSIGNALED(status));
      while (read(pipe_ends[0], &committed, sizeof committed) == ssize_t{sizeof committed}) {
      }
      close(pipe_ends[0]);

      auto database = Database::open(path);
      QVERIFY2(database, database ? "" : database.error().message.c_str());
      QVERIFY(migrate(*database));
      auto store = ConversationStore::open(*database);
      const auto messages = *store->messages(**store->find_conversation("chat"));
      QCOMPARE(messages.size(), size_t{1});
      QCOMPARE(messages[0].status, MessageStatus::Interrupted);
      // The last commit may have been made but not yet reported.
      const int32_t stored = std::stoi(messages[0].text);
      QVERIFY(stored == committed || stored == committed + 1);
      QCOMPARE(messages[0].token_ids.size(), static_cast<size_t>(stored));
      QCOMPARE(messages[0].token_ids.back(), stored);
    }
  }

  void a_profile_of_version_1_is_opened() {
    cleanup();
    const auto path = path_.string() + ".v1";
    std::ifstream in(KVASIR_STORAGE_DATA_DIR "/v1.sql");
    const std::string script((std::istreambuf_iterator<char>(in)), {});
    QVERIFY(!script.empty());
    {
      auto database = Database::open(path);
      QVERIFY(database->execute(script));
    }
    auto database = Database::open(path);
    QVERIFY(migrate(*database));
    auto store = ConversationStore::open(*database);
    QVERIFY(store);
    const auto listed = *store->conversations();
    QCOMPARE(listed.size(), size_t{2});
    QCOMPARE(listed[0].title, std::string("Seas"));
    QCOMPARE(listed[0].system_prompt_id, std::optional<int64_t>(3));
    QCOMPARE(listed[1].title, std::string("Empty"));
    const auto messages = *store->messages(10);
    QCOMPARE(messages.size(), size_t{5});
    QCOMPARE(messages[0].role, MessageRole::System);
    QVERIFY(messages[1].token_ids == std::vector<int32_t>({1, -1}));
    QVERIFY(messages[2].token_ids == std::vector<int32_t>({512}));
    QCOMPARE(messages[2].usage->prompt_cache_disk_tokens, 32U);
    QCOMPARE(messages[2].text, std::string("Ahoy!"));
    QCOMPARE(messages[2].usage->decode_tokens_per_second, 20.75);
    for (const auto& message : messages) QVERIFY(message.reasoning.empty() && message.reasoning_tokens == 0);
    QCOMPARE(messages[4].status, MessageStatus::Interrupted);
    for (size_t i = 2; i < 5; ++i) QCOMPARE(messages[i].parent_id, std::optional(messages[i - 1].id));
    QVERIFY((*store->system_prompts())[0].is_default);
    QCOMPARE(*store->setting("theme"), std::optional<std::string>("dark"));
    QVERIFY(*store->model_content_hash({1000, 5, UINT64_MAX, 2049}));
    QVERIFY(store->restore_conversation(11));
  }

  void migrating_a_profile_of_version_1_gives_the_schema_of_a_new_one() {
    const auto path = path_.string() + ".v1";
    std::ifstream in(KVASIR_STORAGE_DATA_DIR "/v1.sql");
    auto old = Database::open(path);
    QVERIFY(old->execute(std::string((std::istreambuf_iterator<char>(in)), {})));
    QVERIFY(migrate(*old));
    QCOMPARE(schema_of(*old), schema_of(*database_));
    QVERIFY(!schema_of(*database_).empty());
  }

  void a_database_without_the_tables_is_refused() {
    const auto path = path_.string() + ".empty";
    auto database = Database::open(path);
    QVERIFY(database->execute("PRAGMA user_version = " + std::to_string(migrations().back().version)));
    QVERIFY(migrate(*database));
    auto store = ConversationStore::open(*database);
    QVERIFY(!store);
    QCOMPARE(store.error().code, ErrorCode::Corrupt);
    QVERIFY(store.error().message.find(path) != std::string::npos);
  }

 private:
  void reopen() {
    cleanup();
    auto database = Database::open(path_);
    QVERIFY2(database, database ? "" : database.error().message.c_str());
    database_ = std::make_unique<Database>(std::move(*database));
    QVERIFY(migrate(*database_));
    auto store = ConversationStore::open(*database_);
    QVERIFY(store);
    store_ = std::make_unique<ConversationStore>(*store);
  }

  std::vector<int64_t> default_prompts() {
    std::vector<int64_t> ids;
    const auto prompts = *store_->system_prompts();
    for (const auto& prompt : prompts) {
      if (prompt.is_default) ids.push_back(prompt.id);
    }
    return ids;
  }

  static std::string schema_of(Database& database) {
    std::string schema;
    auto rows = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name");
    while (*rows->step()) schema += rows->text(0) + ": " + rows->text(1) + "\n";
    return schema;
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::filesystem::path path_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<ConversationStore> store_;
};

QTEST_GUILESS_MAIN(ConversationStoreTest)
#include "conversation_store_test.moc"
