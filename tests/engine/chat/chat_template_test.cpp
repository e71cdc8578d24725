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

/// The template of a file that has another one, or none, with this vocabulary.
Result<ChatTemplate> with_template(const Chat& chat, const char* jinja) {
  GgufWriter writer;
  if (jinja != nullptr) writer.set_string("tokenizer.chat_template", jinja);
  const auto file = GgufFile::from_bytes(writer.build(), "other.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return ChatTemplate::from_gguf(*file, chat.tokenizer);
}

std::string text_of(const Result<std::vector<PromptPiece>>& pieces) {
  if (!pieces) return "error: " + pieces.error().message;
  std::string text;
  for (const PromptPiece& piece : *pieces) text += piece.text;
  return text;
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
  void the_files_own_templates_are_used_without_a_remark() {
    for (const Chat* chat : {&starter_, &v3_}) {
      QVERIFY(chat->chat_template.form() == Form::FromFile);
      QCOMPARE(chat->chat_template.note(), std::string());
      QVERIFY(!chat->chat_template.thinking());
    }
  }

  void deepseek_v3_chats_read_as_the_golden_ones() {
    std::ifstream stream(std::string(KVASIR_GOLDEN_DIR) + "/deepseek-v3-chat.json");
    const auto cases = nlohmann::json::parse(stream).at("cases");
    QCOMPARE(cases.size(), size_t{4});
    for (const auto& one : cases) {
      Messages messages;
      for (const auto& message : one.at("messages"))
        messages.push_back({role_named(message.at("role")), message.at("content"), {}});
      const std::string expected = one.at("text");
      QCOMPARE(v3_.rendered(messages, one.at("add_generation_prompt")), expected);
      // The form that stands in for it writes the same.
      const auto fallback = with_template(v3_, nullptr);
      QCOMPARE(text_of(fallback->render(messages, {})), expected);
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

  void deepseek_v3_gathers_all_system_texts_at_the_start() {
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
        QCOMPARE(piece.message.has_value(), piece.part != PromptPiece::Part::Template);
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

  void reasoning_and_content_are_told_apart() {
    const auto chat = with_template(
        v3_,
        "{% for m in messages %}{{ '<｜User｜>' + m.role }}{% if m.reasoning_content is defined %}"
        "<think>{{ m.reasoning_content|trim }}</think>{% endif %}{{ m.content }}{% endfor %}");
    QCOMPARE(chat->note(), std::string());
    ChatMessage answer{Role::Assistant, "</think>Four."};
    answer.reasoning = " Two and two. ";
    const auto pieces = chat->render(std::vector<ChatMessage>{answer}, {});
    QVERIFY(pieces);
    QCOMPARE(pieces->size(), size_t{4});
    QCOMPARE(pieces->at(0).text, std::string("<｜User｜>assistant<think>"));
    QVERIFY(pieces->at(1).part == PromptPiece::Part::Reasoning && pieces->at(1).message == 0);
    QCOMPARE(pieces->at(1).text, std::string("Two and two."));
    QCOMPARE(pieces->at(2).text, std::string("</think>"));
    QVERIFY(pieces->at(3).part == PromptPiece::Part::Content && pieces->at(3).text == answer.content);
  }

  void a_template_says_how_its_family_thinks() {
    const char* const switched =
        "{% for m in messages %}{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}A:{{ '<think>' if enable_thinking else '<think></think>' }}{% endif "
        "%}";
    const auto chat = with_template(v3_, switched);
    QVERIFY(chat->thinking() && chat->thinking()->starts_in_thinking);
    QCOMPARE(chat->thinking()->open, std::string("<think>"));
    QCOMPARE(chat->thinking()->close, std::string("</think>"));
    QVERIFY(chat->thinking(false) && !chat->thinking(false)->starts_in_thinking);
    QCOMPARE(text_of(chat->render({}, {.enable_thinking = false})), std::string("A:<think></think>"));
    // It only takes thoughts out of what was said: the model opens them itself.
    const auto stripping =
        with_template(v3_, "{% for m in messages %}{{ m.content.split('</think>')[-1] }}{% endfor %}A:");
    QVERIFY(stripping->thinking() && !stripping->thinking()->starts_in_thinking);
  }

  void a_template_that_can_not_be_used_is_replaced_and_a_note_says_why() {
    const std::pair<const char*, const char*> others[] = {
        {"", "leaves out what was said"},
        {"{{ messages|length }}", "leaves out what was said"},
        {"{% for m in messages %}{{ m.content }}", "expected 'endfor' before the end of the template"},
        {"{{ messages[0].content }}{{ nothing.at_all }}", "'nothing', which is not defined"},
        {"{% for m in messages %}{{ m.content }}{% endfor %}{{ 1 // 0 }}", "divides by zero"},
        {"{% for m in messages %}{{ m.content }}{% endfor %}{{ 'x' * 10**18 }}", "takes too much"},
        {"{{ raise_exception('Never.') }}", "Never. (line 1"},
    };
    for (const auto& [jinja, why] : others) {
      const auto other = with_template(v3_, jinja);
      QVERIFY(other);
      QVERIFY2(other->form() == Form::DeepSeekV3, jinja);
      QVERIFY2(other->note().find(why) != std::string::npos, other->note().c_str());
      QVERIFY2(other->note().find("“other.gguf” can't be used") != std::string::npos, other->note().c_str());
      QVERIFY(other->note().ends_with('.'));
    }
  }

  void without_a_template_the_turn_markers_decide_and_a_note_says_so() {
    const auto none = with_template(starter_, nullptr);
    QVERIFY(none && none->form() == Form::DeepSeekV3);
    QVERIFY(none->note().find("“other.gguf” has no chat template") != std::string::npos);
    QVERIFY(none->note().ends_with('.'));
    // The begin-of-sentence text is the vocabulary's.
    QCOMPARE(text_of(none->render({}, {.add_generation_prompt = false})),
             std::string("<｜begin▁of▁sentence｜>"));
  }

  void what_a_template_refuses_is_told_in_its_own_words() {
    const auto strict =
        with_template(v3_,
                      "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
                      "{{ raise_exception('Roles must alternate!') }}{% endif %}{{ m.content }}{% endfor %}");
    QVERIFY(strict->note().empty());
    const Messages twice{{Role::User, "a", {}}, {Role::User, "b", {}}};
    const auto refused = strict->render(twice, {});
    QVERIFY(!refused && refused.error().code == ErrorCode::BadRequest);
    QCOMPARE(refused.error().message,
             std::string("The chat template of “other.gguf” refuses this "
                         "conversation: Roles must alternate! (line 1, column 95)."));
    const auto prompt = assemble_prompt(v3_.tokenizer, *strict, twice);
    QVERIFY(!prompt && prompt.error().message == refused.error().message);
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
