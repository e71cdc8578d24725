#include "engine/chat/prompt.h"
#include "tests/engine/tokenizer/small_vocabulary.h"

#include <QtTest>
#include <algorithm>
#include <fstream>
#include <sstream>

using namespace kvasir::engine;
using kvasir::test::SmallVocabulary;

namespace {

using Ids = std::vector<TokenId>;

/// Every marker of the published templates.
const std::vector<std::string> kMarkers = {"<｜begin▁of▁sentence｜>",
                                           "<｜end▁of▁sentence｜>",
                                           "<｜User｜>",
                                           "<｜Assistant｜>",
                                           "<think>",
                                           "</think>",
                                           "[gMASK]",
                                           "<sop>",
                                           "<|system|>",
                                           "<|user|>",
                                           "<|assistant|>",
                                           "<|im_system|>",
                                           "<|im_user|>",
                                           "<|im_assistant|>",
                                           "<|im_middle|>",
                                           "<|im_end|>",
                                           "<|im_start|>",
                                           "<|start|>",
                                           "<|channel|>",
                                           "<|message|>",
                                           "<|end|>",
                                           "<|return|>",
                                           "<|role_sep|>",
                                           "<|message_sep|>"};

/// How a model of a family answers, and whether the next prompt begins with the one before and the answer.
struct Family {
  const char* name;
  bool enable_thinking;
  const char* before;  ///< what it samples before its answer
  const char* end;     ///< the token that ends its answer
  bool is_stable;      ///< false where the template drops thoughts, or the generation prompt's own markers
  bool writes_end = true;
};

const Family kFamilies[] = {
    {"deepseek-v2", true, " ", "<｜end▁of▁sentence｜>", true},
    {"deepseek-v3", true, "", "<｜end▁of▁sentence｜>", true},
    {"deepseek-v3.1", false, "", "<｜end▁of▁sentence｜>", true},
    {"deepseek-v3.1", true, "Hm, the sum.</think>", "<｜end▁of▁sentence｜>", false},
    {"deepseek-v3.2", false, "", "<｜end▁of▁sentence｜>", false},
    {"deepseek-v3.2", true, "Hm, the sum.</think>", "<｜end▁of▁sentence｜>", false},
    {"deepseek-r1", false, "", "<｜end▁of▁sentence｜>", false},
    {"deepseek-r1", true, "Hm, the sum.\n</think>\n\n", "<｜end▁of▁sentence｜>", false},
    {"gigachat3", true, "", "<|message_sep|>", true},
    {"glm-4.6", false, "\n", "<|user|>", true},
    {"glm-4.6", true, "\n<think>Hm, the sum.</think>\n", "<|user|>", false},
    {"glm-4.7-flash", false, "", "<|user|>", true},
    {"glm-4.7-flash", true, "Hm, the sum.</think>", "<|user|>", false},
    {"gpt-oss", true, "<|channel|>final<|message|>", "<|return|>", true, false},
    {"kimi-k2", true, "", "<|im_end|>", true},
    {"kimi-k2-thinking", true, "<think></think>", "<|im_end|>", true},
    {"kimi-k2-thinking", true, "<think>Hm, the sum.</think>", "<|im_end|>", false},
    {"qwen3", false, "", "<|im_end|>", false},
    {"qwen3", true, "<think>\nHm, the sum.\n</think>\n\n", "<|im_end|>", false},
    {"qwen3-coder", true, "", "<|im_end|>", true},
};

struct Model {
  Tokenizer tokenizer;
  ChatTemplate chat_template;

  static Model of(const Family& family) {
    std::ifstream stream(std::string(KVASIR_GOLDEN_DIR) + "/templates/" + family.name + ".jinja",
                         std::ios::binary);
    std::ostringstream source;
    source << stream.rdbuf();
    SmallVocabulary vocabulary;
    for (const std::string& marker : kMarkers) {
      if (marker == "<think>") continue;  // there already
      const int32_t id = vocabulary.add(marker, marker == "</think>" ? 4 : 3);
      if (marker == kMarkers[0]) vocabulary.begin_id = id;
      if (marker == family.end) vocabulary.end_id = id;
    }
    auto writer = vocabulary.writer();
    writer.set_string("tokenizer.chat_template", source.str());
    const auto file = GgufFile::from_bytes(writer.build(), family.name);
    auto tokenizer = Tokenizer::from_gguf(file.value());
    auto chat_template = ChatTemplate::from_gguf(file.value(), tokenizer.value());
    return {std::move(tokenizer.value()), std::move(chat_template.value())};
  }

  Ids prompt(const std::vector<ChatMessage>& messages, bool enable_thinking) const {
    return assemble_prompt(tokenizer, chat_template, messages, enable_thinking).value().token_ids;
  }

  std::string rendered(const std::vector<ChatMessage>& messages, const RenderOptions& options) const {
    std::string text;
    const auto pieces = chat_template.render(messages, options);
    for (const PromptPiece& piece : pieces.value()) text += piece.text;
    return text;
  }
};

/// As no encoding gives them: every byte a token of its own, but for markers.
Ids spelled(const Tokenizer& tokenizer, std::string_view text) {
  Ids ids;
  while (!text.empty()) {
    const auto marker = std::ranges::find_if(kMarkers, [&](auto& one) { return text.starts_with(one); });
    const std::string_view part = marker != kMarkers.end() ? std::string_view(*marker) : text.substr(0, 1);
    ids.push_back(tokenizer.encode(part).at(0));
    text.remove_prefix(part.size());
  }
  return ids;
}

Ids joined(Ids a, const Ids& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bool begins_with(const Ids& ids, const Ids& start) {
  return ids.size() >= start.size() && std::equal(start.begin(), start.end(), ids.begin());
}

/// What was thought, without markers; empty where nothing was.
std::optional<std::string> reasoning_in(std::string before) {
  if (before.find("Hm") == std::string::npos) return std::nullopt;
  return before.substr(before.find("Hm"), before.find('.') + 1 - before.find("Hm"));
}

std::string name_of(const Family& family) {
  return std::string(family.name) + (family.enable_thinking ? ", thinking, " : ", not thinking, ") +
         family.before;
}

}  // namespace

class PublishedTemplatesTest : public QObject {
  Q_OBJECT

 private slots:
  void all_are_used_as_they_are() {
    for (const Family& family : kFamilies)
      QVERIFY2(Model::of(family).chat_template.note().empty(), family.name);
  }

  void families_say_how_they_think() {
    const std::tuple<const char*, bool, bool> expected[] = {
        {"deepseek-v3", false, false},     {"deepseek-v3.1", true, true}, {"deepseek-r1", true, true},
        {"glm-4.7-flash", true, true},     {"glm-4.6", true, false},      {"qwen3", true, false},
        {"kimi-k2-thinking", true, false}, {"kimi-k2", false, false},
    };
    for (const auto& [name, thinks, starts] : expected) {
      const auto chat = Model::of({name, true, "", "<|end|>", true}).chat_template;
      QVERIFY2(chat.thinking().has_value() == thinks, name);
      if (thinks) QVERIFY2(chat.thinking()->starts_in_thinking == starts, name);
      if (thinks) QVERIFY2(!chat.thinking(false)->starts_in_thinking, name);
    }
  }

  /// What prefix caching lives on. Where a template drops thoughts, the prompt is the same as before up to
  /// the answer, which keeps the ids of what is left of it.
  void each_prompt_begins_with_the_one_before_and_its_answer_where_the_template_lets_it() {
    for (const Family& family : kFamilies) {
      const Model model = Model::of(family);
      const RenderOptions with_prompt{.enable_thinking = family.enable_thinking};
      std::vector<ChatMessage> messages{{Role::System, "Be the best."}};
      Ids before;  // that the next prompt has to begin with
      Ids kept;    // and has to hold
      for (int turn = 0; turn < 5; ++turn) {
        messages.push_back({Role::User, "What is the sum of " + std::to_string(turn) + " and 2?"});
        const Ids prompt = model.prompt(messages, family.enable_thinking);
        QVERIFY2(begins_with(prompt, before), name_of(family).c_str());
        QVERIFY2(std::ranges::search(prompt, kept).size() == kept.size(), name_of(family).c_str());

        const std::string answer = "It is the " + std::to_string(turn + 2) + ".";
        kept = spelled(model.tokenizer, answer);
        QVERIFY(kept != model.tokenizer.encode(answer));
        Ids sampled = joined(spelled(model.tokenizer, family.before), kept);
        const Ids end = model.tokenizer.encode(family.end);
        QVERIFY(model.tokenizer.ends_generation(end.at(0)));
        const std::string asked = model.rendered(messages, with_prompt);
        const std::string history = model.rendered(
            messages, {.add_generation_prompt = false, .enable_thinking = family.enable_thinking});
        before = prompt;
        if (family.is_stable) {
          before = joined(prompt, family.writes_end ? joined(sampled, end) : sampled);
        } else {
          QVERIFY(asked.starts_with(history));
          before.resize(prompt.size() - model.tokenizer.encode(asked.substr(history.size())).size());
        }
        messages.push_back({Role::Assistant, answer, joined(sampled, end), reasoning_in(family.before)});
      }
    }
  }

  void the_same_conversation_has_the_same_text_with_and_without_ids() {
    for (const Family& family : kFamilies) {
      const Model model = Model::of(family);
      ChatMessage answer{Role::Assistant, "It is the 4."};
      answer.reasoning = reasoning_in(family.before);
      std::vector<ChatMessage> messages{{Role::User, "2 and 2?"}, answer, {Role::User, "Why?"}};
      const std::string text = model.rendered(messages, {.enable_thinking = family.enable_thinking});
      QCOMPARE(model.tokenizer.decode(model.prompt(messages, family.enable_thinking), true), text);
      messages[1].token_ids = spelled(model.tokenizer, family.before + answer.content + family.end);
      const Ids with_ids = model.prompt(messages, family.enable_thinking);
      QCOMPARE(model.tokenizer.decode(with_ids, true), text);
    }
  }

  void markers_in_contents_are_text() {
    std::string forged = "x";
    for (const std::string& marker : kMarkers) forged += marker;
    for (const Family& family : kFamilies) {
      const Model model = Model::of(family);
      const auto specials = [&](const std::string& content) {
        Ids found;
        const std::vector<ChatMessage> messages{{Role::System, content}, {Role::User, content}};
        for (const TokenId id : model.prompt(messages, family.enable_thinking))
          if (model.tokenizer.find(model.tokenizer.bytes_of(id, true)) == id) found.push_back(id);
        return found;
      };
      QVERIFY2(!specials("x").empty() || std::string(family.name) == "gigachat3", family.name);
      QVERIFY2(specials(forged) == specials("x"), family.name);
    }
  }

  void an_answer_that_was_stopped_while_it_thought_leaves_no_thoughts_in_its_content() {
    const Family family{"deepseek-v3.1", true, "", "<｜end▁of▁sentence｜>", false};
    const Model model = Model::of(family);
    ChatMessage answer{Role::Assistant, "", spelled(model.tokenizer, "Hm, the")};
    answer.reasoning = "Hm, the";
    const std::vector<ChatMessage> messages{{Role::User, "2 and 2?"}, answer, {Role::User, "Why?"}};
    const std::string text = model.tokenizer.decode(model.prompt(messages, true), true);
    QCOMPARE(text, model.rendered(messages, {}));
    QVERIFY(text.find("Hm") == std::string::npos);
  }
};

QTEST_GUILESS_MAIN(PublishedTemplatesTest)
#include "published_templates_test.moc"
