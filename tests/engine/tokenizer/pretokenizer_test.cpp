#include "engine/tokenizer/pretokenizer.h"

#include "tests/engine/tokenizer/pretokenizer_splits.h"

#include <QtTest>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

using namespace kvasir::engine;

namespace {

std::vector<std::string> split(std::string_view name, std::string_view text) {
  const PretokenizerSpec* spec = find_pretokenizer(name);
  if (spec == nullptr) qFatal("no such pre-tokenizer");
  const auto words = Pretokenizer(*spec).split(text);
  return {words.begin(), words.end()};
}

std::string repeat(std::string_view text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace

class PretokenizerTest : public QObject {
  Q_OBJECT

 private slots:
  void expressions_are_the_published_ones() {
    std::ifstream stream(std::string(KVASIR_GOLDEN_DIR) + "/pretokenizers.json");
    const auto published = nlohmann::json::parse(stream).at("pre");
    QCOMPARE(pretokenizer_specs().size(), published.size());
    for (const PretokenizerSpec& spec : pretokenizer_specs()) {
      const auto expected = published.at(std::string(spec.name)).get<std::vector<std::string>>();
      const std::vector<std::string> ours(spec.expressions.begin(), spec.expressions.end());
      QVERIFY2(ours == expected, std::string(spec.name).c_str());
    }
  }

  void text_is_cut_where_the_published_expressions_cut() {
    for (const auto& row : nlohmann::json::parse(kvasir::test::kPretokenizerSplits)) {
      const auto words = split(row[0].get<std::string>(), row[1].get<std::string>());
      QVERIFY2(words == row[2].get<std::vector<std::string>>(), row.dump().c_str());
    }
  }

  void other_names_mean_the_same_expressions() {
    QCOMPARE(find_pretokenizer("chatglm-bpe"), find_pretokenizer("glm4"));
    QCOMPARE(find_pretokenizer("deepseek-r1-qwen"), find_pretokenizer("qwen2"));
    QVERIFY(find_pretokenizer("default") == nullptr);
    QVERIFY(find_pretokenizer("") == nullptr);
  }

  void han_means_the_script_and_not_its_punctuation() {
    // 、 is used in the Han script without being of it.
    QCOMPARE(split("kimi-k2", "漢、字"), (std::vector<std::string>{"漢", "、", "字"}));
  }

  void bytes_that_are_not_utf8_are_pieces_of_their_own() {
    using Words = std::vector<std::string>;
    QCOMPARE(split("deepseek-v3", "ab\xFF\xFE\x63"), (Words{"ab", "\xFF\xFE", "c"}));
    QCOMPARE(split("deepseek-v3", "\xE4\xB8"), (Words{"\xE4\xB8"}));
    QCOMPARE(split("deepseek-v3", "\xED\xA0\x80 x"), (Words{"\xED\xA0\x80", " x"}));
    QCOMPARE(split("deepseek-v3", ""), Words{});
  }

  void words_are_the_whole_text_for_any_bytes() {
    std::mt19937_64 random(7);
    for (const PretokenizerSpec& spec : pretokenizer_specs()) {
      const Pretokenizer pretokenizer(spec);
      for (int round = 0; round < 300; ++round) {
        std::string text(random() % 60, '\0');
        // Mostly lead and continuation bytes, spaces and letters, so that characters do come about.
        for (char& c : text)
          c = static_cast<char>(round % 2 ? random() : " \n\ra1'\xE4\xB8\xAD\xC3\xF0"[random() % 11]);
        std::string joined;
        for (std::string_view word : pretokenizer.split(text)) {
          QVERIFY(!word.empty());
          joined += word;
        }
        QVERIFY(joined == text);
      }
    }
  }

  /// Together these would take many minutes if the time grew with the square of the length.
  void long_runs_are_cut_as_short_ones_are() {
    constexpr size_t kLong = 300'000;
    for (const PretokenizerSpec& spec : pretokenizer_specs()) {
      for (const char* unit : {" ", "a", "A", "\u3000", "\u05D0", "!", "\r"}) {
        for (const char* tail : {"", "x", "!", "\u4E2D"}) {
          const auto shape = [&](size_t count) {
            // A run longer than a dozen is of the same pieces, only longer, or of more of them.
            auto words = split(spec.name, repeat(unit, count) + tail);
            const std::string last = words.empty() ? "" : words.back();
            return std::pair(words.size() < 4 ? words.size() : 4,
                             last.substr(last.size() - std::min<size_t>(last.size(), 3)));
          };
          QVERIFY2(shape(kLong) == shape(12), (std::string(spec.name) + " " + unit + " " + tail).c_str());
        }
      }
    }
  }
};

QTEST_GUILESS_MAIN(PretokenizerTest)
#include "pretokenizer_test.moc"
