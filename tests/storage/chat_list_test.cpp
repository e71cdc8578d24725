// How conversations are arranged and found again.

#include "storage/conversations/conversation_store.h"
#include "storage/schema/migrations.h"

#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

using namespace kvasir::storage;

namespace {

constexpr std::optional<int64_t> kNoPrompt;

/// The marked parts of a text, one after the other.
std::string marked(const FoundText& found) {
  std::string all;
  for (const auto& mark : found.marks)
    all += "[" + found.text.substr(mark.begin, mark.end - mark.begin) + "]";
  return all;
}

}  // namespace

class ChatListTest : public QObject {
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

  void folders_keep_their_order_and_names_across_a_restart() {
    const int64_t work = *store_->create_folder("Work");
    const int64_t play = *store_->create_folder("Play");
    const int64_t third = *store_->create_folder("Third");
    QVERIFY(store_->order_folders({third, work, play}));
    QVERIFY(store_->rename_folder(work, "Arbeit"));
    QVERIFY(store_->collapse_folder(work, true));
    QVERIFY(store_->collapse_folder(play, true));
    QVERIFY(store_->collapse_folder(play, false));
    reopen();
    const auto folders = *store_->folders();
    QCOMPARE(folders.size(), size_t{3});
    QCOMPARE(folders[0].id, third);
    QCOMPARE(folders[1].name, std::string("Arbeit"));
    QCOMPARE(folders[2].id, play);
    QVERIFY(!folders[0].collapsed && folders[1].collapsed && !folders[2].collapsed);
    QVERIFY(!store_->collapse_folder(99, true));
    QVERIFY(!store_->create_folder(""));
    QVERIFY(!store_->rename_folder(99, "None"));
  }

  void deleting_a_folder_keeps_its_conversations() {
    const int64_t folder = *store_->create_folder("Work");
    const int64_t chat = add_chat("Tides", {});
    QVERIFY(store_->move_to_folder(chat, folder));
    QCOMPARE(store_->conversation(chat)->folder_id, std::optional(folder));
    QVERIFY(store_->delete_folder(folder));
    QVERIFY(!store_->conversation(chat)->folder_id);
    QVERIFY(!store_->move_to_folder(chat, folder));
    QVERIFY(!store_->move_to_folder(99, std::nullopt));
  }

  void pins_are_those_given_in_their_order() {
    const int64_t one = add_chat("One", {});
    const int64_t two = add_chat("Two", {});
    QVERIFY(store_->pin_conversations({two, one}));
    reopen();
    QCOMPARE(store_->conversation(two)->pin_position, std::optional<int64_t>(0));
    QCOMPARE(store_->conversation(one)->pin_position, std::optional<int64_t>(1));
    QVERIFY(store_->pin_conversations({one}));
    QVERIFY(!store_->conversation(two)->pin_position);
    QVERIFY(store_->delete_conversation(one));
    QVERIFY(store_->pin_conversations({two}));
    QVERIFY(store_->restore_conversation(one));
    QVERIFY(store_->conversation(one)->pin_position);
  }

  void a_draft_survives_a_restart_and_moves_nothing() {
    const int64_t chat = add_chat("Tides", {"Why?"});
    const int64_t changed = store_->conversation(chat)->updated_at_ms;
    QVERIFY(store_->set_draft(chat, "And at new moon"));
    reopen();
    QCOMPARE(store_->conversation(chat)->draft, std::string("And at new moon"));
    QCOMPARE(store_->conversation(chat)->updated_at_ms, changed);
  }

  void words_are_found_in_any_case_with_or_without_diacritics_and_while_typed() {
    const int64_t chat = add_chat("Notes", {"The Café was closed, so we went to the harbour."});
    for (const char* asked : {"cafe", "CAFÉ", "harb", "closed harbour", "café, cl", "\"harbour\""})
      QVERIFY2(ids(asked) == std::vector{chat}, asked);
    for (const char* asked :
         {"afe", "harbo closed", "cafe lighthouse", "", "  ", "?!", "*", "OR", "\"", "text:x"})
      QVERIFY2(ids(asked).empty(), asked);
  }

  void two_characters_of_chinese_or_japanese_are_a_word() {
    const int64_t chinese = add_chat("a", {"今天的天气很好，我们去海边。"});
    const int64_t japanese = add_chat("b", {"DeepSeekモデルで日本語の文章を書く"});
    QCOMPARE(ids("天气"), std::vector{chinese});
    QCOMPARE(ids("海"), std::vector{chinese});
    QCOMPARE(ids("边"), std::vector{chinese});  // the last of its run
    QCOMPARE(ids("日本語"), std::vector{japanese});
    QCOMPARE(ids("モデル 文章"), std::vector{japanese});
    QCOMPARE(ids("deepseek　書く"), std::vector{japanese});
    QVERIFY(ids("气天").empty());
    QVERIFY(ids("日語").empty());
  }

  void an_excerpt_marks_what_was_found() {
    const std::string filler(400, 'x');
    add_chat("Harbour lights", {filler + " we saw\nthe harbour and the HARBOUR wall " + filler});
    add_chat("海", {"我们去海边，海边很好"});
    const auto found = *store_->search("harbour");
    QCOMPARE(found.size(), size_t{1});
    QCOMPARE(marked(found[0].title), std::string("[Harbour]"));
    const FoundText& text = found[0].messages.at(0).text;
    QCOMPARE(marked(text), std::string("[harbour][HARBOUR]"));
    QVERIFY(text.text.starts_with("…") && text.text.ends_with("…"));
    QVERIFY(text.text.find("we saw the harbour") != std::string::npos);
    QVERIFY(text.text.size() < 260);
    QCOMPARE(marked((*store_->search("海边"))[0].messages.at(0).text), std::string("[海边][海边]"));
  }

  void answers_are_searched_once_they_have_ended_and_reasoning_and_prompts_never() {
    const int64_t chat = *store_->create_conversation("c", "systemword", kNoPrompt);
    StoredMessage answer;
    answer.conversation_id = chat;
    answer.role = MessageRole::Assistant;
    answer.status = MessageStatus::Streaming;
    answer.text = "firstword";
    answer = *store_->append_message(answer);
    QVERIFY(ids("firstword").empty());
    answer.text = "firstword secondword";
    answer.reasoning = "thoughtword";
    QVERIFY(store_->update_message(answer));
    QVERIFY(ids("secondword").empty());
    answer.status = MessageStatus::Complete;
    QVERIFY(store_->update_message(answer));
    QCOMPARE(ids("secondword"), std::vector{chat});
    QVERIFY((*store_->search("secondword"))[0].messages.at(0).is_answer);
    QVERIFY(ids("thoughtword").empty());
    QVERIFY(ids("systemword").empty());
    answer.text = "otherword";
    QVERIFY(store_->update_message(answer));
    QVERIFY(ids("secondword").empty());
    QCOMPARE(ids("otherword"), std::vector{chat});
    check_index();
  }

  void an_answer_that_was_interrupted_is_found_after_the_restart() {
    const int64_t chat = add_chat("c", {});
    StoredMessage answer;
    answer.conversation_id = chat;
    answer.role = MessageRole::Assistant;
    answer.status = MessageStatus::Streaming;
    answer.text = "halfword";
    QVERIFY(store_->append_message(answer));
    reopen();
    QCOMPARE(ids("halfword"), std::vector{chat});
  }

  void renamed_deleted_and_purged_conversations_are_found_as_they_are() {
    const int64_t chat = add_chat("Oldtitle", {"bodyword"});
    QVERIFY(store_->rename_conversation(chat, "Newtitle"));
    QVERIFY(ids("oldtitle").empty());
    QCOMPARE(ids("newtitle"), std::vector{chat});
    QVERIFY(store_->delete_conversation(chat));
    QVERIFY(ids("bodyword").empty());
    QVERIFY(store_->restore_conversation(chat));
    QCOMPARE(ids("bodyword"), std::vector{chat});
    QVERIFY(store_->delete_conversation(chat));
    QVERIFY(store_->purge_deleted());
    check_index();
  }

  void nothing_of_a_purged_word_stays_in_the_file() {
    const int64_t chat = add_chat("c", {"before quetzalcoatlus after"});
    add_chat("d", {"another text"});
    QVERIFY(store_->delete_conversation(chat));
    QVERIFY(store_->purge_deleted());
    QVERIFY(database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    std::ifstream in(path_, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    QVERIFY(bytes.find("another") != std::string::npos);
    QVERIFY(bytes.find("quetzalcoat") == std::string::npos);
  }

  void of_many_messages_the_newest_few_are_told_and_the_rest_counted() {
    const int64_t chat = add_chat("c", {});
    int64_t newest = 0;
    for (int i = 0; i < 12; ++i) newest = add_message(chat, "tide " + std::to_string(i));
    const int64_t titled = add_chat("The tide", {});
    add_message(chat, "last");
    const auto found = *store_->search("tide");
    QCOMPARE(found.size(), size_t{2});
    QCOMPARE(found[0].id, titled);
    QCOMPARE(found[1].messages.front().id, newest);
    QCOMPARE(found[1].messages.size() + found[1].further_messages, size_t{12});
  }

  void what_a_person_types_is_never_a_query_language() {
    add_chat("c", {"alpha beta"});
    for (const char* asked :
         {"alpha OR gamma", "NEAR(alpha beta)", "alpha\"", "{text} : alpha", "^alpha)", "a*b\x01"})
      QVERIFY2(store_->search(asked), asked);
    QVERIFY(ids("alpha OR gamma").empty());
    QVERIFY(store_->search(std::string(100'000, 'a')));
    QVERIFY(store_->search(std::string("\xF0\x28\x8C\xFF\xE6", 5)));
    QVERIFY(store_->search(std::string("al\0pha", 6)));
  }

 private:
  void reopen() {
    store_.reset();
    database_.reset();
    auto database = Database::open(path_);
    QVERIFY2(database, database ? "" : database.error().message.c_str());
    database_ = std::make_unique<Database>(std::move(*database));
    const auto migrated = migrate(*database_);
    QVERIFY2(migrated, migrated ? "" : migrated.error().message.c_str());
    store_ = std::make_unique<ConversationStore>(std::move(*ConversationStore::open(*database_)));
  }

  int64_t add_message(int64_t chat, const std::string& text) {
    StoredMessage message;
    message.conversation_id = chat;
    message.text = text;
    return store_->append_message(message)->id;
  }
  int64_t add_chat(const std::string& title, const std::vector<std::string>& texts) {
    const int64_t id = *store_->create_conversation(title, "", kNoPrompt);
    for (const std::string& text : texts) add_message(id, text);
    return id;
  }
  std::vector<int64_t> ids(std::string_view asked) {
    std::vector<int64_t> found;
    const auto result = store_->search(asked);
    if (!result) qFatal("%s", result.error().message.c_str());
    for (const auto& one : *result) found.push_back(one.id);
    return found;
  }
  /// FTS5 compares its index with the texts.
  void check_index() {
    for (const char* table : {"title_search", "message_search"}) {
      const std::string name(table);
      const auto checked =
          database_->execute("INSERT INTO " + name + " (" + name + ", rank) VALUES ('integrity-check', 1)");
      QVERIFY2(checked, checked ? "" : checked.error().message.c_str());
    }
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::filesystem::path path_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<ConversationStore> store_;
};

QTEST_GUILESS_MAIN(ChatListTest)
#include "chat_list_test.moc"
