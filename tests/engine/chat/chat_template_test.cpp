#include "engine/chat/chat_template.h"

#include "tests/engine/chat/chat_fixture.h"
#include "tests/support/gguf_writer.h"

#include <QtTest>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace kvasir::engine;
using kvasir::test::Chat;
using kvasir::test::GgufWriter;

namespace {

using Form = ChatTemplate::Form;
using Messages = std::vector<ChatMessage>;

/// What the file at hand would be recognised as with another template, or none.
Result<ChatTemplate> recognized(const Chat& chat, const char* jinja) {
  GgufWriter writer;
  if (jinja != nullptr) writer.set_string("tokenizer.chat_template", jinja);
  const auto file = GgufFile::from_bytes(writer.build(), "other.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return ChatTemplate::from_gguf(*file, chat.tokenizer);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) qFatal("nothing to replace");
  return text.replace(at, from.size(), to);
}

Role role_named(const std::string& name) {
  return name == "system" ? Role::System : name == "user" ? Role::User : Role::Assistant;
}

}  // namespace

class ChatTemplateTest : public QObject {
  Q_OBJECT

  const Chat starter_ = Chat::starter();
  const Chat v3_ = Chat::v3();

 private slots:
  void the_two_published_templates_are_recognised() {
    QVERIFY(starter_.chat_template.form() == Form::Starter);
    QVERIFY(v3_.chat_template.form() == Form::DeepSeekV3);
    QCOMPARE(starter_.chat_template.note(), std::string());
    QCOMPARE(v3_.chat_template.note(), std::string());
  }

  void deepseek_v3_chats_read_as_the_golden_ones() {
    std::ifstream stream(std::string(KVASIR_GOLDEN_DIR) + "/deepseek-v3-chat.json");
    const auto cases = nlohmann::json::parse(stream).at("cases");
    QCOMPARE(cases.size(), size_t{4});
    for (const auto& one : cases) {
      Messages messages;
      for (const auto& message : one.at("messages"))
        messages.push_back({role_named(message.at("role")), message.at("content"), {}});
      QCOMPARE(v3_.rendered(messages, one.at("add_generation_prompt")), one.at("text").get<std::string>());
    }
  }

  void the_starter_writes_each_message_where_it_stands() {
    const Messages messages{{Role::System, "S.", {}},
                            {Role::User, "Hi", {}},
                            {Role::Assistant, "Hello", {}},
                            {Role::System, "T.", {}},
                            {Role::User, "Bye", {}}};
    const std::string text =
        "<｜begin▁of▁sentence｜>S.<｜User｜>Hi<｜Assistant｜>Hello<｜end▁of▁sentence｜>T.<｜User｜>Bye";
    QCOMPARE(starter_.rendered(messages, false), text);
    QCOMPARE(starter_.rendered(messages, true), text + "<｜Assistant｜>");
    QCOMPARE(starter_.rendered({}, true), std::string("<｜begin▁of▁sentence｜><｜Assistant｜>"));
  }

  void the_v3_form_gathers_all_system_texts_at_the_start() {
    const Messages messages{{Role::User, "Hi", {}}, {Role::System, "A", {}}, {Role::System, "B", {}}};
    QCOMPARE(v3_.rendered(messages, true),
             std::string("<｜begin▁of▁sentence｜>A\n\nB<｜User｜>Hi<｜Assistant｜>"));
  }

  void pieces_tell_contents_from_template_text() {
    const Messages messages{
        {Role::User, "<｜User｜>", {}}, {Role::Assistant, "", {}}, {Role::System, "S", {}}};
    for (const Chat* chat : {&starter_, &v3_}) {
      std::vector<int> seen(messages.size());
      bool after_template = false;
      for (const PromptPiece& piece : chat->pieces(messages, true)) {
        if (piece.message) {
          QCOMPARE(piece.text, messages.at(*piece.message).content);
          ++seen[*piece.message];
        } else {
          QVERIFY(!piece.text.empty());
          QVERIFY(!after_template);  // neighbours are joined
        }
        after_template = !piece.message;
      }
      QCOMPARE(seen, (std::vector<int>{1, 1, 1}));
    }
  }

  void how_a_template_is_spaced_does_not_matter() {
    const std::string starter(starter_.file.get_string("tokenizer.chat_template").value());
    const std::string v3(v3_.file.get_string("tokenizer.chat_template").value());
    const auto spaced = recognized(starter_, replaced(starter, "{% elif", "\n  {%  elif").c_str());
    QVERIFY(spaced->form() == Form::Starter && spaced->note().empty());
    // The file has real newlines between the quotes.
    const auto escaped = recognized(v3_, replaced(v3, "'\n\n'", "'\\n\\n'").c_str());
    QVERIFY(escaped->form() == Form::DeepSeekV3 && escaped->note().empty());
  }

  void a_template_that_writes_something_else_is_not_taken_for_a_known_one() {
    const std::string starter(starter_.file.get_string("tokenizer.chat_template").value());
    const std::string v3(v3_.file.get_string("tokenizer.chat_template").value());
    const std::string others[] = {
        "",
        "{{ messages }}",
        replaced(v3, "{{'<｜Assistant｜>'}}", "{{'<｜Assistant｜><think>\\n'}}"),
        replaced(v3, "{{'<｜User｜>' + message['content']}}", "{{'<｜User｜> ' + message['content']}}"),
        replaced(v3, "'\n\n' + message", "'\n' + message"),
        replaced(starter, "{{ '<｜Assistant｜>' }}", "{{ '<｜Assistant｜>\\n' }}"),
        replaced(starter, "{{ message['content'] }}", "{{ message['content'] + '\\n' }}"),
    };
    for (const std::string& jinja : others) {
      const auto other = recognized(v3_, jinja.c_str());
      QVERIFY(other);
      QVERIFY2(other->form() == Form::DeepSeekV3 && !other->note().empty(), jinja.c_str());
    }
  }

  void without_a_template_the_turn_markers_decide_and_a_note_says_so() {
    const auto none = recognized(starter_, nullptr);
    QVERIFY(none && none->form() == Form::DeepSeekV3);
    QVERIFY(none->note().find("“other.gguf” has no chat template") != std::string::npos);
    QVERIFY(none->note().ends_with('.'));
    const auto unknown = recognized(starter_, "{{ messages }}");
    QVERIFY(unknown->note().find("does not know") != std::string::npos);
    // The begin-of-sentence text is the vocabulary's.
    QCOMPARE(none->render({}, {.add_generation_prompt = false})->at(0).text,
             std::string("<｜begin▁of▁sentence｜>"));
  }

  void a_vocabulary_without_turn_markers_cannot_chat() {
    const auto file = GgufFile::open(std::string(KVASIR_GOLDEN_DIR) + "/deepseek2-v3.gguf");
    QVERIFY(file);
    const auto tokenizer = Tokenizer::from_gguf(*file);
    QVERIFY2(tokenizer, tokenizer ? "" : tokenizer.error().message.c_str());
    const auto result = ChatTemplate::from_gguf(*file, *tokenizer);
    QVERIFY(!result);
    QVERIFY(result.error().code == ErrorCode::Unsupported);
    QVERIFY(result.error().message.find("deepseek2-v3.gguf") != std::string::npos);
    QVERIFY(result.error().message.find("has no chat template that this version of Kvasir knows") !=
            std::string::npos);
  }
};

QTEST_GUILESS_MAIN(ChatTemplateTest)
#include "chat_template_test.moc"
