#include "storage/conversations/branch_sql.h"
#include "storage/conversations/conversation_store.h"
#include "storage/schema/migrations.h"

#include <QTest>
#include <memory>
#include <string>
#include <vector>

using namespace kvasir::storage;

namespace {

constexpr std::optional<int64_t> kNoPrompt;

StoredMessage message_of(MessageRole role, std::string text, int64_t conversation = 0) {
  StoredMessage message;
  message.conversation_id = conversation;
  message.role = role;
  message.text = std::move(text);
  return message;
}

}  // namespace

/// A conversation's messages as a tree of which one branch is shown.
class BranchesTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    auto database = Database::open_in_memory();
    database_ = std::make_unique<Database>(std::move(*database));
    QVERIFY(migrate(*database_));
    store_ = std::make_unique<ConversationStore>(*ConversationStore::open(*database_));
    chat_ = *store_->create_conversation("chat", "system", kNoPrompt);
  }

  void messages_follow_each_other() {
    const auto first = say("q1");
    const auto second = answer("a1");
    QCOMPARE(first.parent_id, std::optional<int64_t>());
    QCOMPARE(second.parent_id, std::optional(first.id));
    QCOMPARE(shown(), std::string("system q1 a1"));
    QCOMPARE(store_->conversation(chat_)->shown_leaf_id, std::optional(second.id));
    const auto messages = *store_->messages(chat_);
    QCOMPARE(messages[0].parent_id, std::optional<int64_t>());
    QCOMPARE(messages[0].alternatives, 1U);
    QCOMPARE(messages[2].parent_id, std::optional(first.id));
    QCOMPARE(messages[2].alternatives, 1U);
  }

  void an_alternative_begins_a_branch_of_its_own_and_is_shown() {
    say("q1");
    const auto old = answer("a1");
    say("q2");
    const auto other = beside(old, "b1");
    QCOMPARE(other.alternative, 1U);
    QCOMPARE(other.alternatives, 2U);
    QCOMPARE(shown(), std::string("system q1 b1(1/2)"));
    say("r2");
    QCOMPARE(shown(), std::string("system q1 b1(1/2) r2"));
    QVERIFY(store_->show_message(old.id));
    QCOMPARE(shown(), std::string("system q1 a1(0/2) q2"));
    QCOMPARE(*store_->alternatives(other.id), (std::vector{old.id, other.id}));
  }

  void first_messages_have_alternatives_too() {
    const auto first = say("q1");
    answer("a1");
    const auto other = beside(first, "p1");
    QCOMPARE(shown(), std::string("system p1(1/2)"));
    QCOMPARE(*store_->alternatives(first.id), (std::vector{first.id, other.id}));
    // Another chat's first message is no alternative, and nothing of it can be answered here.
    const int64_t elsewhere = *store_->create_conversation("other", "", kNoPrompt);
    const auto foreign = store_->append_message(message_of(MessageRole::User, "x", elsewhere));
    QCOMPARE(foreign->alternatives, 1U);
    QCOMPARE(store_->append_behind(foreign->id, message_of(MessageRole::User, "y", chat_)).error().code,
             ErrorCode::NotFound);
  }

  void showing_a_message_shows_the_newest_that_follows_it() {
    const auto first = say("q1");
    const auto a1 = answer("a1");
    const auto q2 = say("q2");
    answer("a2");
    beside(q2, "r2");
    answer("c2");
    beside(a1, "b1");
    QVERIFY(store_->show_message(first.id));
    QCOMPARE(shown(), std::string("system q1 b1(1/2)"));
    QVERIFY(store_->show_message(a1.id));
    QCOMPARE(shown(), std::string("system q1 a1(0/2) r2(1/2) c2"));
    QVERIFY(store_->show_message(q2.id));
    QCOMPARE(shown(), std::string("system q1 a1(0/2) q2(0/2) a2"));
  }

  void what_follows_a_message_and_a_branch_that_is_not_shown_are_read_alone() {
    const auto q1 = say("q1");
    const auto a1 = answer("a1");
    const auto q2 = say("q2");
    beside(a1, "b1");
    QCOMPARE(text_of(*store_->messages(chat_, q1.id)), std::string("b1(1/2)"));
    QVERIFY(store_->messages(chat_, *store_->conversation(chat_)->shown_leaf_id)->empty());
    QCOMPARE(text_of(*store_->messages_up_to(q2.id)), std::string("system q1 a1(0/2) q2"));
    QCOMPARE(text_of(*store_->messages_up_to(q1.id)), std::string("system q1"));
  }

  void a_deleted_message_takes_along_what_follows_and_comes_back_with_it() {
    const auto q1 = say("q1");
    const auto a1 = answer("a1");
    const auto q2 = say("q2");
    const auto a2 = answer("a2");
    beside(a2, "b2");
    QVERIFY(store_->show_message(a2.id));
    QVERIFY(store_->delete_message(q2.id));
    QCOMPARE(shown(), std::string("system q1 a1"));
    QCOMPARE(store_->delete_message(a2.id).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->show_message(q2.id).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->messages_up_to(a2.id).error().code, ErrorCode::NotFound);
    say("other");
    QCOMPARE(shown(), std::string("system q1 a1 other"));
    QVERIFY(store_->restore_message(a2.id));
    QCOMPARE(shown(), std::string("system q1 a1 q2(0/2) a2(0/2)"));
    QCOMPARE(store_->restore_message(a2.id).error().code, ErrorCode::NotFound);
    QCOMPARE(store_->restore_message(a1.id).error().code, ErrorCode::NotFound);
    QVERIFY(store_->delete_message(q1.id));
    QCOMPARE(shown(), std::string("system"));
    QCOMPARE(say("anew").parent_id, std::optional<int64_t>());
  }

  void the_newest_alternative_takes_a_deleted_messages_place() {
    say("q1");
    const auto a1 = answer("a1");
    const auto b1 = beside(a1, "b1");
    const auto c1 = beside(a1, "c1");
    QVERIFY(store_->delete_message(b1.id));  // not the one that is shown
    QCOMPARE(shown(), std::string("system q1 c1(1/2)"));
    QVERIFY(store_->delete_message(c1.id));
    QCOMPARE(shown(), std::string("system q1 a1"));
    QVERIFY(store_->restore_message(b1.id));
    QCOMPARE(shown(), std::string("system q1 b1(1/2)"));
  }

  void what_was_deleted_before_stays_deleted() {
    const auto q1 = say("q1");
    const auto a1 = answer("a1");
    const auto b1 = beside(a1, "b1");
    QVERIFY(store_->delete_message(b1.id));
    QVERIFY(store_->delete_message(q1.id));
    QCOMPARE(store_->restore_message(b1.id).error().code, ErrorCode::NotFound);  // nothing to hang it on
    QVERIFY(store_->restore_message(a1.id));
    QCOMPARE(shown(), std::string("system q1 a1"));
    QVERIFY(store_->restore_message(b1.id));
    QCOMPARE(shown(), std::string("system q1 b1(1/2)"));
  }

  void purging_removes_deleted_messages_and_nothing_else() {
    say("q1");
    const auto a1 = answer("a1");
    auto last = say("q2");
    for (int i = 0; i < 1500; ++i) last = answer("deep");  // deeper than SQLite's triggers may go
    QVERIFY(store_->delete_message(a1.id));
    QVERIFY(store_->purge_deleted());
    QCOMPARE(*database_->integer("SELECT count(*) FROM messages"), int64_t{2});
    QCOMPARE(shown(), std::string("system q1"));
    QCOMPARE(store_->restore_message(last.id).error().code, ErrorCode::NotFound);
  }

  void a_long_chat_can_be_deleted_for_good() {
    say("q1");
    for (int i = 0; i < 1500; ++i) answer("deep");
    QVERIFY(store_->delete_conversation(chat_));
    QVERIFY(store_->purge_deleted());
    QCOMPARE(*database_->integer("SELECT count(*) FROM messages"), int64_t{0});
  }

  void a_fork_is_a_chat_with_copies_of_the_branch_up_to_a_message() {
    auto q1 = say("q1");
    QVERIFY(store_->set_token_ids(q1.id, {7, 8}, {std::byte{9}}));
    answer("a1");
    auto made = message_of(MessageRole::Assistant, "b1", chat_);
    made.token_ids = {1, 2, 3};
    made.vocabulary_hash = {std::byte{9}};
    made.model = "starter";
    made.reasoning = "hm";
    made.reasoning_tokens = 2;
    made.reasoning_ms = 3.5;
    made.usage = MessageUsage{10, 1, 2, 3, 4, 5, 6, 7};
    made.edited = true;
    made.status = MessageStatus::Streaming;
    made = *store_->append_behind(q1.id, made);
    const auto q2 = say("q2");

    QVERIFY(store_->set_answer_settings(chat_, "own"));
    const int64_t fork = *store_->fork_conversation(made.id, "chat (fork)");
    QCOMPARE(store_->conversation(fork)->answer_settings, std::string("own"));
    QCOMPARE(store_->conversation(fork)->title, std::string("chat (fork)"));
    QCOMPARE(store_->conversation(fork)->system_text, std::string("system"));
    const auto copies = *store_->messages(fork);
    QCOMPARE(text_of(copies), std::string("system q1 b1"));
    QCOMPARE(copies[1].token_ids, (std::vector<int32_t>{7, 8}));
    const auto& copy = copies[2];
    QVERIFY(copy.id != made.id);
    QCOMPARE(copy.parent_id, std::optional(copies[1].id));
    QCOMPARE(copy.token_ids, made.token_ids);
    QCOMPARE(copy.vocabulary_hash, made.vocabulary_hash);
    QCOMPARE(copy.model, made.model);
    QVERIFY(copy.edited);
    QCOMPARE(copy.reasoning, made.reasoning);
    QCOMPARE(copy.reasoning_tokens, made.reasoning_tokens);
    QCOMPARE(copy.reasoning_ms, made.reasoning_ms);
    QCOMPARE(copy.usage->decode_tokens_per_second, 7.0);
    QCOMPARE(copy.created_at_ms, made.created_at_ms);
    QCOMPARE(copy.status, MessageStatus::Stopped);  // nothing writes on in the copy
    QCOMPARE(shown(), std::string("system q1 b1(1/2) q2"));

    // They are apart from now on.
    QVERIFY(store_->append_message(message_of(MessageRole::User, "z", fork)));
    QVERIFY(store_->delete_message(q1.id));
    QCOMPARE(text_of(*store_->messages(fork)), std::string("system q1 b1 z"));
    QCOMPARE(store_->fork_conversation(q2.id, "").error().code, ErrorCode::NotFound);
  }

  void search_finds_forks_and_passes_over_what_is_deleted() {
    const auto found = [&] { return store_->search("zyxomma")->size(); };
    const auto q1 = say("zyxomma");
    const auto a1 = answer("more");
    QVERIFY(store_->fork_conversation(a1.id, "fork"));
    QCOMPARE(found(), size_t{2});
    QVERIFY(store_->delete_message(q1.id));
    QCOMPARE(found(), size_t{1});
    QVERIFY(store_->restore_message(a1.id));
    QCOMPARE(found(), size_t{2});
    QVERIFY(store_->delete_message(q1.id));
    QVERIFY(store_->purge_deleted());
    QCOMPARE(found(), size_t{1});
    // SQLite compares the index with what it is of.
    QVERIFY(database_->execute(
        "INSERT INTO message_search (message_search, rank) VALUES ('integrity-check', 1)"));
  }

  void a_long_chat_is_read_by_index_alone() {
    std::string plan;
    auto rows = database_->prepare("EXPLAIN QUERY PLAN " + kSelectBranch);
    while (*rows->step()) plan += rows->text(3) + "\n";
    QVERIFY2(plan.find("SEARCH sibling USING COVERING INDEX messages_by_parent") != std::string::npos,
             plan.c_str());
    for (const std::string table : {"messages", "above", "sibling"})
      QVERIFY2(plan.find("SCAN " + table) == std::string::npos, plan.c_str());
  }

  void a_file_whose_branches_run_in_circles_is_read_to_its_end() {
    const auto q1 = say("q1");
    const auto a1 = answer("a1");
    const auto q2 = say("q2");
    const int64_t elsewhere = *store_->create_conversation("other", "", kNoPrompt);
    const auto foreign = *store_->append_message(message_of(MessageRole::User, "secret", elsewhere));
    const auto point = [&](int64_t child, int64_t parent) {
      QVERIFY(database_->run("UPDATE messages SET parent_id = ?2 WHERE id = ?1", child, parent));
    };
    point(q1.id, q2.id);
    QCOMPARE(text_of(*store_->messages(chat_)), std::string("system q1 a1 q2"));
    QVERIFY(store_->show_message(a1.id));
    point(q1.id, q1.id);
    QVERIFY(store_->show_message(q1.id));
    point(a1.id, foreign.id);
    QVERIFY(text_of(*store_->messages(chat_)).find("secret") == std::string::npos);
    QVERIFY(database_->run("UPDATE conversations SET shown_leaf_id = ?2 WHERE id = ?1", chat_, foreign.id));
    QCOMPARE(shown(), std::string("system"));
    QVERIFY(store_->delete_message(a1.id));
    QVERIFY(store_->purge_deleted());
  }

 private:
  StoredMessage say(std::string text) {
    return *store_->append_message(message_of(MessageRole::User, std::move(text), chat_));
  }
  StoredMessage answer(std::string text) {
    return *store_->append_message(message_of(MessageRole::Assistant, std::move(text), chat_));
  }
  StoredMessage beside(const StoredMessage& sibling, std::string text) {
    return *store_->append_behind(sibling.parent_id, message_of(sibling.role, std::move(text), chat_));
  }

  /// "system q1 b1(1/2)": the second of two alternatives comes last.
  static std::string text_of(const std::vector<StoredMessage>& messages) {
    std::string text;
    for (const auto& message : messages) {
      text += (text.empty() ? "" : " ") + message.text;
      if (message.alternatives > 1)
        text += "(" + std::to_string(message.alternative) + "/" + std::to_string(message.alternatives) + ")";
    }
    return text;
  }
  std::string shown() { return text_of(*store_->messages(chat_)); }

  std::unique_ptr<Database> database_;
  std::unique_ptr<ConversationStore> store_;
  int64_t chat_ = 0;
};

QTEST_GUILESS_MAIN(BranchesTest)
#include "branches_test.moc"
