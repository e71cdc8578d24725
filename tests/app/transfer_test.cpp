// Chats carried out of a profile and into another.

#include "app/transfer/chat_export.h"
#include "app/transfer/chat_import.h"
#include "app/transfer/sillytavern_date.h"
#include "storage/schema/migrations.h"

#include <QTemporaryDir>
#include <QTest>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

using namespace kvasir;
using namespace kvasir::storage;
using nlohmann::json;

namespace {

struct Profile {
  std::unique_ptr<Database> database;
  std::unique_ptr<ConversationStore> conversations;

  static std::unique_ptr<Profile> make() {
    auto profile = std::make_unique<Profile>();
    profile->database = std::make_unique<Database>(std::move(*Database::open_in_memory()));
    if (!migrate(*profile->database)) qFatal("no database");
    profile->conversations =
        std::make_unique<ConversationStore>(*ConversationStore::open(*profile->database));
    return profile;
  }
  ConversationStore& store() { return *conversations; }

  /// Everything that is to be carried along, without ids: those are the profile's own.
  std::string contents() {
    std::string all;
    auto rows = database->prepare(
        "SELECT title, c.created_at_ms, c.updated_at_ms, pin_position IS NOT NULL, draft, "
        "(SELECT name FROM folders WHERE id = folder_id), m.position, "
        "(SELECT position FROM messages WHERE id = m.parent_id), m.id = shown_leaf_id, role, status, text, "
        "hex(token_ids), hex(vocabulary_hash), model, error, iif(role = 0, 0, m.created_at_ms), "
        "prompt_tokens, "
        "prompt_cache_hit_tokens, prompt_cache_disk_tokens, prompt_cache_miss_tokens, completion_tokens, "
        "ttft_ms, prefill_tokens_per_second, decode_tokens_per_second, reasoning, reasoning_tokens, "
        "reasoning_ms, context_policy, context_summary, edited, answer_settings "
        "FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id "
        "ORDER BY c.updated_at_ms, c.title, m.position");
    while (*rows->step()) {
      for (int column = 0; column < 32; ++column)
        all += (rows->is_null(column) ? "-" : rows->text(column)) + "|";
      all += "\n";
    }
    return all;
  }

  app::Outcome<app::ImportSummary> import(const std::filesystem::path& file) {
    app::ImportSteps steps;
    steps.keep = [this](const std::vector<ChatRecord>& chats) -> app::Outcome<void> {
      if (auto kept = store().write_records(chats); !kept) return app::failure(kept);
      return {};
    };
    return app::import_chats(file, steps);
  }
  app::Outcome<size_t> write(const std::filesystem::path& file, app::ExportForm form) {
    std::vector<int64_t> ids;
    const auto conversations = *store().conversations();
    for (const auto& conversation : conversations) ids.push_back(conversation.id);
    app::ExportSteps steps;
    steps.read = [this](int64_t id) -> app::Outcome<ChatRecord> {
      auto record = store().read_record(id);
      if (!record) return app::failure(record);
      return *record;
    };
    return app::export_chats(file, form, ids, steps);
  }
  std::vector<StoredMessage> shown(const std::string& title) {
    return *store().messages(store().find_conversation(title)->value());
  }
};

StoredMessage message(int64_t chat, MessageRole role, std::string text) {
  StoredMessage made;
  made.conversation_id = chat;
  made.role = role;
  made.text = std::move(text);
  return made;
}

}  // namespace

class TransferTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void our_own_json_loses_nothing() {
    const auto from = Profile::make();
    auto& store = from->store();
    const int64_t folder = *store.create_folder("Sea");
    const int64_t chat = *store.create_conversation("Tides", "Answer like a sailor.", std::nullopt);
    const auto question =
        *store.append_message(message(chat, MessageRole::User, "Why?\nπ \U0001F30A \"quoted\""));
    auto answer = message(chat, MessageRole::Assistant, "The moon.");
    answer.status = MessageStatus::Length;
    answer.token_ids = {0, 7, 127999};
    answer.vocabulary_hash = {std::byte{1}, std::byte{0}, std::byte{255}};
    answer.model = "starter";
    answer.reasoning = "First this.";
    answer.reasoning_tokens = 12;
    answer.reasoning_ms = 345.5;
    answer.usage = MessageUsage{400, 2, 3, 4, 5, 1.1, 2.25, 1e6 / 3};
    QVERIFY(store.append_message(answer));
    auto failed = message(chat, MessageRole::Assistant, "");
    failed.status = MessageStatus::Failed;
    failed.error = "The disk is full.";
    QVERIFY(store.append_behind(question.id, failed));
    const auto shown = *store.append_behind(question.id, message(chat, MessageRole::Assistant, "The sun."));
    QVERIFY(store.append_message(message(chat, MessageRole::User, "Both?")));
    auto edited = message(chat, MessageRole::User, "How?");
    edited.edited = true;
    QVERIFY(store.append_behind(std::nullopt, edited));
    QVERIFY(store.show_message(shown.id));
    QVERIFY(store.move_to_folder(chat, folder));
    QVERIFY(store.pin_conversations({chat}));
    QVERIFY(store.set_draft(chat, "unsent"));
    QVERIFY(store.set_context_policy(chat, ContextPolicy::DropOldest));
    QVERIFY(store.set_answer_settings(chat, R"({"seed":18446744073709551615,"temperature":0.3})"));
    QVERIFY(store.set_context_summary(question.id, "They spoke of the sky."));
    QVERIFY(store.create_conversation("Empty", "", std::nullopt));

    QCOMPARE(*from->write(file("all.json"), app::ExportForm::Json), size_t{2});
    const auto to = Profile::make();
    const auto summary = to->import(file("all.json"));
    QVERIFY2(summary, summary ? "" : summary.error().c_str());
    QCOMPARE(summary->sentence(), std::string("2 chats imported."));
    QCOMPARE(to->contents(), from->contents());
    QVERIFY(to->contents().find("The sun.") != std::string::npos);
    QCOMPARE(to->store().search("moon")->size(), size_t{1});
    // Once more beside what is there: nothing is mixed up or made twice but the chats.
    QCOMPARE(to->import(file("all.json"))->chats, size_t{2});
    QCOMPARE(to->store().folders()->size(), size_t{1});
    QCOMPARE(to->store().conversations()->size(), size_t{4});
  }

  void chatgpt_trees_keep_what_was_said() {
    const auto node = [](const char* id, const char* parent, json children, json message) {
      return json{{"id", id},
                  {"parent", parent ? json(parent) : json()},
                  {"children", children},
                  {"message", message}};
    };
    const auto said = [](const char* role, json parts) {
      return json{{"author", {{"role", role}}},
                  {"recipient", "all"},
                  {"create_time", 1700000000.5},
                  {"content", {{"content_type", "text"}, {"parts", parts}}},
                  {"metadata", {{"model_slug", "gpt-4"}}}};
    };
    json hidden = said("user", {"custom instructions"});
    hidden["metadata"]["is_visually_hidden_from_conversation"] = true;
    json call = said("assistant", {"search(mead)"});
    call["recipient"] = "browser";
    const char* const kCited =
        "With \xEE\x88\x80"
        "entity\xEE\x88\x82[\"food\",\"yeast\",\"a fungus\"]\xEE\x88\x81."
        "\xEE\x88\x80"
        "cite\xEE\x88\x82turn0search3\xEE\x88\x81";
    json thoughts = said("assistant", json::array());
    thoughts["content"] = {{"content_type", "thoughts"},
                           {"thoughts", {{{"summary", "s"}, {"content", "Hmm."}}}}};
    const json picture = {{"content_type", "image_asset_pointer"}, {"asset_pointer", "file"}};
    const json mapping = {
        {"root", node("root", nullptr, {"sys"}, json())},
        {"sys", node("sys", "root", {"hid"}, said("system", {""}))},
        {"hid", node("hid", "sys", {"q"}, hidden)},
        {"q", node("q", "hid", {"a1", "call"}, said("user", {"How is mead made?", picture}))},
        {"a1", node("a1", "q", json::array(), said("assistant", {"With honey."}))},
        {"call", node("call", "q", {"tool"}, call)},
        {"tool", node("tool", "call", {"think"}, said("tool", {"result"}))},
        {"think", node("think", "tool", {"a2"}, thoughts)},
        {"a2", node("a2", "think", {"q", "nobody"}, said("assistant", {kCited}))}};
    const json chat = {{"title", "Mead"},
                       {"create_time", 1700000000},
                       {"update_time", 1700000100.25},
                       {"current_node", "a2"},
                       {"mapping", mapping}};
    write("conversations.json",
          json::array({chat, {{"title", "no tree"}}, {{"mapping", json::object()}}, 7}).dump());
    const auto to = Profile::make();
    const auto summary = to->import(file("conversations.json"));
    QVERIFY2(summary, summary ? "" : summary.error().c_str());
    QCOMPARE(summary->sentence(),
             std::string("1 chat imported. 3 skipped: a chat has no messages (2), a chat is empty."));
    const auto shown = to->shown("Mead");
    QCOMPARE(shown.size(), size_t{2});
    QCOMPARE(shown[0].text, std::string("How is mead made?\n\n[image_asset_pointer]"));
    QCOMPARE(shown[0].created_at_ms, int64_t{1700000000500});
    QCOMPARE(shown[1].text, std::string("With yeast."));
    QCOMPARE(shown[1].reasoning, std::string("Hmm."));
    QCOMPARE(shown[1].model, std::string("gpt-4"));
    QCOMPARE(shown[1].alternatives, 2U);
    QCOMPARE(to->store().conversations()->at(0).updated_at_ms, int64_t{1700000100250});
    QCOMPARE(to->store().search("honey")->size(), size_t{1});
    QVERIFY(to->store().search("custom")->empty() && to->store().search("result")->empty());
  }

  void sillytavern_swipes_become_alternatives() {
    write(
        "Alice.jsonl",
        R"({"user_name":"You","character_name":"Alice","create_date":"2024-3-1 @12h 30m 00s 000ms","chat_metadata":{}})"
        "\n"
        R"({"name":"Alice","is_user":false,"send_date":"2024-03-01T12:30:05.000Z","mes":"Hello!","swipes":["Hi.","Hello!"],"swipe_id":1})"
        "\r\n"
        R"({"name":"System","is_user":false,"is_system":true,"mes":"joined"})"
        "\n"
        R"({"name":"You","is_user":true,"send_date":1709296210000,"mes":"Who are you?"})"
        "\n"
        R"({"name":"Alice","is_user":false,"mes":"Alice, edited.","swipes":["A","Alice.","B"],"swipe_id":1,"extra":{"reasoning":"A name.","model":"m"}})"
        "\n\n");
    const auto to = Profile::make();
    QCOMPARE(to->import(file("Alice.jsonl"))->chats, size_t{1});
    const auto shown = to->shown("Alice");
    QCOMPARE(shown.size(), size_t{3});
    QCOMPARE(shown[0].text, std::string("Hello!"));
    QCOMPARE(shown[0].alternatives, 2U);
    QCOMPARE(shown[0].alternative, 1U);
    QCOMPARE(shown[0].created_at_ms, int64_t{1709296205000});
    QCOMPARE(shown[1].role, MessageRole::User);
    QCOMPARE(shown[1].created_at_ms, int64_t{1709296210000});
    QCOMPARE(shown[2].text, std::string("Alice, edited."));
    QCOMPARE(shown[2].alternatives, 3U);
    QCOMPARE(shown[2].reasoning, std::string("A name."));
  }

  void sillytavern_of_newer_versions_names_who_speaks_and_tells_of_each_swipe() {
    write(
        "chat.jsonl",
        R"({"user_name":"unused","character_name":"unused","chat_metadata":{"integrity":"x"}})"
        "\n"
        R"({"name":"You","is_user":true,"send_date":"2024-03-01T14:30:05.000+02:00","mes":"Hi."})"
        "\n"
        R"({"name":"Bea","is_user":false,"send_date":"2024-03-01T12:30:06.000Z","mes":"B","swipes":["A","B"],"swipe_id":1,"extra":{"reasoning":"why B"},"swipe_info":[{"send_date":"2024-03-01T12:30:05.500Z","extra":{"reasoning":"why A","model":"a"}},{"extra":{}}]})"
        "\n");
    const auto to = Profile::make();
    QCOMPARE(to->import(file("chat.jsonl"))->chats, size_t{1});
    auto shown = to->shown("Bea");
    QCOMPARE(shown.size(), size_t{2});
    QCOMPARE(shown[0].created_at_ms, int64_t{1709296205000});
    QCOMPARE(shown[1].reasoning, std::string("why B"));
    QVERIFY(to->store().show_message(to->store().alternatives(shown[1].id)->front()));
    shown = to->shown("Bea");
    QCOMPARE(shown[1].text, std::string("A"));
    QCOMPARE(shown[1].reasoning, std::string("why A"));
    QCOMPARE(shown[1].model, std::string("a"));
    QCOMPARE(shown[1].created_at_ms, int64_t{1709296205000});
  }

  void sillytavern_dates_of_all_versions_are_read() {
    // Local time, as SillyTavern writes it.
    std::tm local{};
    local.tm_year = 2025 - 1900, local.tm_mon = 1, local.tm_mday = 25, local.tm_hour = 15, local.tm_min = 46;
    local.tm_isdst = -1;
    const int64_t afternoon = int64_t{mktime(&local)} * 1000;
    QCOMPARE(app::sillytavern_date_ms("February 25, 2025 3:46pm"), afternoon);
    QCOMPARE(app::sillytavern_date_ms("February 25, 2025 12:46am"), afternoon - 15 * 3'600'000);
    QCOMPARE(app::sillytavern_date_ms("2025-2-25 @15h 46m 00s 000ms"), afternoon);
    QCOMPARE(app::sillytavern_date_ms("2025-02-25@15h46m00s"), afternoon);
    QCOMPARE(app::sillytavern_date_ms("2025-02-25T15:46:00"), afternoon);
    QCOMPARE(app::sillytavern_date_ms(1785232801), int64_t{1785232801000});
    QCOMPARE(app::sillytavern_date_ms(1785232801000), int64_t{1785232801000});
    for (const char* const nonsense : {"", "x", "Smarch 1, 2025 3:46pm", "February 25", "2025-02-25T15"})
      QCOMPARE(app::sillytavern_date_ms(nonsense), int64_t{0});
  }

  void markdown_is_what_is_shown() {
    const auto from = Profile::make();
    const int64_t chat = *from->store().create_conversation("Tides", "Be short.\nBe kind.", std::nullopt);
    const auto question = *from->store().append_message(message(chat, MessageRole::User, "Why?"));
    QVERIFY(from->store().append_message(message(chat, MessageRole::Assistant, "hidden")));
    auto answer = message(chat, MessageRole::Assistant, "The **moon**.");
    answer.model = "starter";
    answer.reasoning = "Hm.";
    QVERIFY(from->store().append_behind(question.id, answer));
    QVERIFY(from->write(file("chat.md"), app::ExportForm::Markdown));
    QCOMPARE(read("chat.md"), std::string("# Tides\n\n**System prompt**\n\n> Be short.\n> Be kind.\n\n"
                                          "## You\n\nWhy?\n\n## starter\n\n*Reasoning*\n\n> Hm.\n\n"
                                          "The **moon**.\n\n"));
  }

  void a_file_that_is_there_is_never_replaced() {
    const auto from = Profile::make();
    write("mine.json", "precious");
    const auto written = from->write(file("mine.json"), app::ExportForm::Json);
    QVERIFY(!written);
    QVERIFY(written.error().find("was not replaced") != std::string::npos);
    QCOMPARE(read("mine.json"), std::string("precious"));
    QVERIFY(!from->write(file("no/such/folder/x.json"), app::ExportForm::Json));
  }

  void hostile_files_give_a_sentence_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size()));
    };
    row("empty", "");
    row("zeros", std::string(5000, '\0'));
    row("a picture", "\x89PNG\r\n\x1a\n");
    row("another JSON", R"({"name": "package"})");
    row("a list of numbers", "[1, 2, 3]");
    row("a cut list", R"([{"title": "a", "mapping": {"x": {)");
    row("no UTF-8", "[\"\xFF\xFE\"]");
    row("deep lists", std::string(200'000, '['));
    std::string objects;
    for (int i = 0; i < 50'000; ++i) objects += "{\"a\":";
    row("deep objects", "[" + objects);
    row("deep line", R"({"user_name":"a"})"
                     "\n" +
                         std::string(200'000, '['));
    row("a newer version", R"({"format": "kvasir-chats", "version": 99, "chats": []})");
    row("chats that are no list", R"({"format": "kvasir-chats", "version": 1, "chats": {"a": 1}})");
    row("a forward parent",
        R"({"format": "kvasir-chats", "version": 1, "chats": [{"messages": [{"role": "user", "text": "", "parent": 0}]}]})");
    row("wrong types",
        R"({"format": "kvasir-chats", "version": 1, "chats": [{"title": 5, "messages": [{"role": 1, "text": []}]}, [], null, {"messages": 3}]})");
    row("a ring",
        R"([{"mapping": {"a": {"parent": "b", "children": ["b"]}, "b": {"parent": "a", "children": ["a"]}}}])");
    row("lines of nothing", R"({"user_name":"a"})"
                            "\n{}\n");
  }
  void hostile_files_give_a_sentence() {
    QFETCH(QByteArray, bytes);
    write("hostile", bytes.toStdString());
    const auto to = Profile::make();
    const auto summary = to->import(file("hostile"));
    const std::string sentence = summary ? summary->sentence() : summary.error();
    QVERIFY2(sentence.ends_with(".") && sentence.size() > 20, sentence.c_str());
    if (summary) QCOMPARE(summary->chats, size_t{0});
    QVERIFY(to->store().conversations()->empty());
  }

  void what_came_before_the_damage_is_kept() {
    const auto from = Profile::make();
    for (int i = 0; i < 40; ++i) {
      const int64_t chat = *from->store().create_conversation("Chat " + std::to_string(i), "", std::nullopt);
      QVERIFY(from->store().append_message(message(chat, MessageRole::User, std::string(200, 'x'))));
    }
    QVERIFY(from->write(file("all.json"), app::ExportForm::Json));
    const std::string whole = read("all.json");
    write("cut.json", whole.substr(0, whole.size() / 2));
    const auto to = Profile::make();
    const auto summary = to->import(file("cut.json"));
    QVERIFY(summary);
    QVERIFY(summary->chats > 10 && summary->chats < 30);
    QCOMPARE(to->store().conversations()->size(), summary->chats);
    QVERIFY(summary->sentence().find("ends too soon") != std::string::npos);
  }

  void damaged_bytes_never_do_more_than_that() {
    const auto from = Profile::make();
    const int64_t chat = *from->store().create_conversation("Tides", "Be short.", std::nullopt);
    QVERIFY(from->store().append_message(message(chat, MessageRole::User, "Why?")));
    auto answer = message(chat, MessageRole::Assistant, "The moon.");
    answer.token_ids = {1, 2, 3};
    answer.usage = MessageUsage{};
    QVERIFY(from->store().append_message(answer));
    QVERIFY(from->write(file("all.json"), app::ExportForm::Json));
    const std::string whole = read("all.json");
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
      std::string damaged = whole;
      for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
      write("damaged.json", damaged);
      const auto to = Profile::make();
      const auto summary = to->import(file("damaged.json"));
      QVERIFY(!summary || to->store().conversations()->size() == summary->chats);
    }
  }

  void a_stopped_import_keeps_whole_batches() {
    const auto from = Profile::make();
    for (int i = 0; i < 64; ++i) QVERIFY(from->store().create_conversation("c", "", std::nullopt));
    QVERIFY(from->write(file("all.json"), app::ExportForm::Json));
    const auto to = Profile::make();
    std::stop_source stop;
    app::ImportSteps steps;
    steps.keep = [&](const std::vector<ChatRecord>& chats) -> app::Outcome<void> {
      stop.request_stop();
      if (auto kept = to->store().write_records(chats); !kept) return app::failure(kept);
      return {};
    };
    const auto summary = app::import_chats(file("all.json"), steps, stop.get_token());
    QVERIFY(summary && summary->stopped);
    QVERIFY(summary->chats > 0 && summary->chats < 64);
    QCOMPARE(to->store().conversations()->size(), summary->chats);
  }

 private:
  std::filesystem::path file(const char* name) const {
    return std::filesystem::path(folder_->path().toStdString()) / name;
  }
  void write(const char* name, const std::string& bytes) const {
    std::ofstream(file(name), std::ios::binary) << bytes;
  }
  std::string read(const char* name) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TransferTest)
#include "transfer_test.moc"
