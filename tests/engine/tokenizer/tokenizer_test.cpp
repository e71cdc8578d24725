#include "engine/tokenizer/tokenizer.h"

#include <QtTest>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

using namespace kvasir::engine;

namespace {

using Ids = std::vector<TokenId>;

nlohmann::json golden(const char* name) {
  std::ifstream stream(std::string(KVASIR_GOLDEN_DIR) + "/" + name);
  return nlohmann::json::parse(stream);
}

std::unique_ptr<Tokenizer> load(const std::string& path) {
  auto file = GgufFile::open(path);
  if (!file) qFatal("%s", file.error().message.c_str());
  auto tokenizer = Tokenizer::from_gguf(*file);
  if (!tokenizer) qFatal("%s", tokenizer.error().message.c_str());
  return std::make_unique<Tokenizer>(std::move(*tokenizer));
}

std::string random_text(std::mt19937_64& random) {
  std::string text;
  const size_t length = random() % 80;
  for (size_t i = 0; i < length; ++i) {
    const uint64_t kind = random() % 4;
    if (kind == 0) {
      text += static_cast<char>(random());  // any byte
    } else if (kind == 1) {
      text += "  \n\r\t'.,!/0159"[random() % 14];
    } else {
      char32_t code = static_cast<char32_t>(random() % (kind == 2 ? 0x80 : 0x30000));
      if (code >= 0xD800 && code <= 0xDFFF) code = 'x';
      text += QString::fromUcs4(&code, 1).toStdString();
    }
  }
  return text;
}

}  // namespace

class TokenizerTest : public QObject {
  Q_OBJECT

  std::unique_ptr<Tokenizer> v3_, starter_;

 private slots:
  void initTestCase() {
    v3_ = load(std::string(KVASIR_EXTRACTED_GOLDEN_DIR) + "/deepseek-v3-vocab.gguf");
    starter_ = load(KVASIR_STARTER_MODEL);
  }

  void deepseek_v3_texts_give_the_golden_ids() {
    const auto cases = golden("deepseek-v3-tokens.json").at("cases");
    QCOMPARE(cases.size(), size_t{52});
    for (const auto& one : cases) {
      const auto text = one.at("text").get<std::string>();
      const auto expected = one.at("ids").get<Ids>();
      QVERIFY2(v3_->encode(text) == expected, one.at("text").dump().c_str());
      QCOMPARE(v3_->decode(expected, true), text);
    }
  }

  void the_starters_prompt_gives_the_golden_ids() {
    const auto starter = golden("kvasir-starter-0.1.json");
    const auto ids = starter.at("tokens").get<Ids>();
    QCOMPARE(starter_->encode(starter.at("prompt").get<std::string>()), ids);
    QCOMPARE(starter_->decode(ids, true), starter.at("prompt").get<std::string>());
  }

  void the_starters_training_text_gives_its_ids_back() {
    const auto ids = golden("kvasir-starter-0.1.json").at("heldout_first_512_tokens").get<Ids>();
    QCOMPARE(starter_->encode(starter_->decode(ids, true)), ids);
  }

  void begin_and_end_are_the_files() {
    QCOMPARE(v3_->vocab_size(), size_t{128815});
    QCOMPARE(v3_->bos().value(), 0);
    QCOMPARE(v3_->eos().value(), 1);
    QCOMPARE(v3_->find("<｜User｜>").value(), 128803);
    QVERIFY(v3_->ends_generation(1));
    QVERIFY(v3_->ends_generation(128805));  // <|EOT|>
    QVERIFY(!v3_->ends_generation(0));
    QVERIFY(starter_->ends_generation(starter_->eos().value()));
  }

  void any_bytes_come_back() {
    std::mt19937_64 random(5);
    for (int round = 0; round < 3000; ++round) {
      const std::string text = random_text(random);
      QVERIFY(v3_->decode(v3_->encode(text, false)) == text);
      QVERIFY(starter_->decode(starter_->encode(text, true), true) == text);
    }
  }

  void control_tokens_are_silent_unless_asked_for() {
    const TokenId begin = v3_->bos().value();
    QCOMPARE(v3_->bytes_of(begin), std::string_view());
    QCOMPARE(v3_->bytes_of(begin, true), std::string_view("<｜begin▁of▁sentence｜>"));
    QCOMPARE(starter_->decode(starter_->encode("<think>x")), std::string("<think>x"));  // user-defined
  }

  void ids_outside_the_vocabulary_are_nothing() {
    for (TokenId id : {-1, 128815, INT32_MAX, INT32_MIN})
      QCOMPARE(v3_->bytes_of(id, true), std::string_view());
    QCOMPARE(v3_->decode(Ids{-5, 67, 1 << 30}), std::string("a"));
  }

  void special_tokens_are_not_read_from_what_a_person_types() {
    const std::string typed = "<｜User｜>Hi<｜Assistant｜><｜end▁of▁sentence｜><think>";
    const Ids ids = v3_->encode(typed, false);
    QCOMPARE(v3_->decode(ids), typed);
    for (const char* name : {"<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"})
      QVERIFY(std::ranges::find(ids, v3_->find(name).value()) == ids.end());
    const Ids starter_ids = starter_->encode(typed, false);
    for (TokenId id : starter_ids) QVERIFY(id < 4089);
    QCOMPARE(starter_->decode(starter_ids), typed);
  }

  void specials_are_parsed_piece_by_piece() {
    const TokenId user = v3_->find("<｜User｜>").value();
    const Tokenizer::Piece pieces[] = {{"<｜User｜>", true}, {"<｜User｜>", false}, {"<｜User｜>", true}};
    const Ids ids = v3_->encode(pieces);
    QCOMPARE(std::ranges::count(ids, user), ptrdiff_t{2});
    QCOMPARE(ids.front(), user);
    QCOMPARE(ids.back(), user);
    QCOMPARE(v3_->decode(ids, true), std::string("<｜User｜><｜User｜><｜User｜>"));
    // The halves of a special token in two pieces are ordinary text.
    const Tokenizer::Piece halves[] = {{"<｜Us", true}, {"er｜>", false}};
    QCOMPARE(v3_->encode(halves), v3_->encode("<｜User｜>", false));
  }

  void ordinary_text_merges_across_the_border_of_two_pieces() {
    const std::string text = "The capital of China is Beijing.\n\n12345";
    const Ids whole = v3_->encode(text);
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      const Tokenizer::Piece pieces[] = {{std::string_view(text).substr(0, cut), true},
                                         {std::string_view(text).substr(cut), false}};
      QCOMPARE(v3_->encode(pieces), whole);
    }
    QCOMPARE(v3_->encode(std::span<const Tokenizer::Piece>()), Ids{});
  }

  void a_word_of_a_hundred_thousand_letters_is_encoded() {
    for (const char* unit : {"a", "ab ", "中", "!?", "\xFF", "<｜"}) {
      std::string text;
      while (text.size() < 100'000) text += unit;
      QVERIFY(v3_->decode(v3_->encode(text)) == text);
    }
  }

  void vocabularies_have_hashes_of_their_own() {
    QVERIFY(v3_->vocabulary_hash() != starter_->vocabulary_hash());
    QVERIFY(load(KVASIR_STARTER_MODEL)->vocabulary_hash() == starter_->vocabulary_hash());
  }

  void a_moved_tokenizer_works() {
    auto first = load(KVASIR_STARTER_MODEL);
    Tokenizer second = std::move(*first);
    first.reset();
    QCOMPARE(second.encode("<｜User｜>Hi!"), starter_->encode("<｜User｜>Hi!"));
  }
};

QTEST_GUILESS_MAIN(TokenizerTest)
#include "tokenizer_test.moc"
