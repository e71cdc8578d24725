#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tokenizer/small_vocabulary.h"

#include <QtTest>
#include <random>

using namespace kvasir::engine;
using kvasir::test::GgufWriter;
using kvasir::test::SmallVocabulary;

namespace {

using Ids = std::vector<TokenId>;

Result<Tokenizer> load(const GgufWriter& writer) {
  auto file = GgufFile::from_bytes(writer.build(), "small.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return Tokenizer::from_gguf(*file);
}

Tokenizer loaded(const GgufWriter& writer) {
  auto tokenizer = load(writer);
  if (!tokenizer) qFatal("%s", tokenizer.error().message.c_str());
  return std::move(*tokenizer);
}

/// That loading fails with this code and a sentence that names the file and has `part` in it.
bool refused(const GgufWriter& writer, ErrorCode code, std::string_view part) {
  const auto tokenizer = load(writer);
  if (tokenizer) {
    qWarning("was loaded");
    return false;
  }
  const std::string& message = tokenizer.error().message;
  const bool good = tokenizer.error().code == code && message.find("small.gguf") != std::string::npos &&
                    message.find(part) != std::string::npos && message.ends_with('.');
  if (!good) qWarning("%s", message.c_str());
  return good;
}

}  // namespace

class TokenizerFileTest : public QObject {
  Q_OBJECT

 private slots:
  void a_sound_small_vocabulary_encodes_with_its_merges() {
    const SmallVocabulary vocabulary;
    const Tokenizer tokenizer = loaded(vocabulary.writer());
    QCOMPARE(tokenizer.vocab_size(), size_t{263});
    QCOMPARE(tokenizer.encode("the the"), (Ids{257, 258}));
    QCOMPARE(tokenizer.encode("tab"), (Ids{'t', 259}));
    QCOMPARE(tokenizer.bos().value(), vocabulary.begin_id);
    QCOMPARE(tokenizer.eos().value(), vocabulary.end_id);
  }

  void a_file_without_a_tokenizer_is_refused() {
    const GgufWriter whole = SmallVocabulary().writer();
    QVERIFY(refused(GgufWriter(whole).remove("tokenizer.ggml.model"), ErrorCode::BadFile, "no tokenizer"));
    QVERIFY(refused(GgufWriter(whole).remove("tokenizer.ggml.tokens"), ErrorCode::BadFile, "list of tokens"));
    QVERIFY(refused(GgufWriter(whole).remove("tokenizer.ggml.merges"), ErrorCode::BadFile, "list of merges"));
    QVERIFY(
        refused(GgufWriter(whole).set_strings("tokenizer.ggml.tokens", {}), ErrorCode::BadFile, "tokens"));
    QVERIFY(
        refused(GgufWriter(whole).set_string("tokenizer.ggml.tokens", "x"), ErrorCode::BadFile, "tokens"));
  }

  void other_kinds_of_tokenizer_are_named_and_refused() {
    const GgufWriter whole = SmallVocabulary().writer();
    QVERIFY(refused(GgufWriter(whole).set_string("tokenizer.ggml.model", "llama"), ErrorCode::Unsupported,
                    "“llama”"));
    QVERIFY(refused(GgufWriter(whole).set_string("tokenizer.ggml.pre", "viking"), ErrorCode::Unsupported,
                    "“viking”"));
    QVERIFY(refused(GgufWriter(whole).remove("tokenizer.ggml.pre"), ErrorCode::Unsupported,
                    "tokenizer.ggml.pre"));
  }

  void lists_that_contradict_each_other_are_refused() {
    SmallVocabulary fewer_types;
    fewer_types.types.pop_back();
    QVERIFY(refused(fewer_types.writer(), ErrorCode::BadFile, "token types"));

    SmallVocabulary unknown_type;
    unknown_type.types[7] = 9;
    QVERIFY(refused(unknown_type.writer(), ErrorCode::BadFile, "token 7 has the unknown type 9"));
    unknown_type.types[7] = -1;
    QVERIFY(refused(unknown_type.writer(), ErrorCode::BadFile, "unknown type -1"));

    SmallVocabulary no_z;
    no_z.tokens['z'] = "zz";
    QVERIFY(refused(no_z.writer(), ErrorCode::BadFile, "no token for the byte 122"));
  }

  void malformed_merges_are_refused_and_named() {
    for (const char* line : {"", " ", "th", "t ", " h", "t  h", "t h e"}) {
      SmallVocabulary vocabulary;
      vocabulary.merges[2] = line;
      QVERIFY2(refused(vocabulary.writer(), ErrorCode::BadFile, "merge 2"), line);
    }
    for (const char* line : {"x y", "q th", "th q", "nothing here"}) {
      SmallVocabulary vocabulary;
      vocabulary.merges.push_back(line);
      QVERIFY2(refused(vocabulary.writer(), ErrorCode::BadFile, "lacks"), line);
    }
    // A merge must not be a way from ordinary text to a control token.
    SmallVocabulary to_control;
    to_control.add("xy", 3);
    to_control.merges.push_back("x y");
    QVERIFY(refused(to_control.writer(), ErrorCode::BadFile, "lacks"));
  }

  void ids_outside_the_vocabulary_are_refused() {
    for (const char* key : {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id",
                            "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
      for (uint32_t id : {263u, 0x7FFFFFFFu, 0xFFFFFFFFu})
        QVERIFY(refused(SmallVocabulary().writer().set_uint(key, id), ErrorCode::BadFile, key));
      QVERIFY(refused(SmallVocabulary().writer().set_string(key, "0"), ErrorCode::BadFile, key));
    }
  }

  void a_file_may_lack_begin_and_end() {
    const Tokenizer tokenizer = loaded(SmallVocabulary()
                                           .writer()
                                           .remove("tokenizer.ggml.bos_token_id")
                                           .remove("tokenizer.ggml.eos_token_id"));
    QVERIFY(!tokenizer.bos());
    QVERIFY(!tokenizer.eos());
  }

  void of_repeated_tokens_the_first_is_used() {
    SmallVocabulary vocabulary;
    vocabulary.add("the", 1);
    vocabulary.add("q", 1);
    vocabulary.add("<think>", 4);
    const Tokenizer tokenizer = loaded(vocabulary.writer());
    QCOMPARE(tokenizer.encode("theq<think>"), (Ids{257, 'q', vocabulary.think_id}));
    QCOMPARE(tokenizer.decode(Ids{263, 264, 265}), std::string("theq<think>"));
  }

  void the_longest_special_token_wins_at_each_place() {
    SmallVocabulary vocabulary;
    const int32_t begin_more = vocabulary.add("<|begin|>more", 3);
    const int32_t bar = vocabulary.add("<|", 4);
    const int32_t inner = vocabulary.add("|begin", 3);
    const Tokenizer tokenizer = loaded(vocabulary.writer());
    QCOMPARE(tokenizer.encode("<|begin|>more"), Ids{begin_more});
    QCOMPARE(tokenizer.encode("<|begin|>mor"), (Ids{vocabulary.begin_id, 'm', 'o', 'r'}));
    QCOMPARE(tokenizer.encode("<|begin"), (Ids{bar, 'b', 'e', 'g', 'i', 'n'}));
    QCOMPARE(tokenizer.encode("a|begin|>"), (Ids{'a', inner, '|', '>'}));
    QCOMPARE(tokenizer.encode("<"), Ids{'<'});
    QCOMPARE(tokenizer.find("<|").value(), bar);
    QVERIFY(!tokenizer.find("<|b"));
    QVERIFY(!tokenizer.find("the"));  // not a special token
    QVERIFY(!tokenizer.find(""));
  }

  void byte_tokens_stand_for_bytes_and_unused_tokens_for_nothing() {
    SmallVocabulary vocabulary;
    vocabulary.tokens[200] = "<0xC8>";  // in place of the byte's own token
    vocabulary.types[200] = 6;
    const int32_t unused = vocabulary.add("unused text", 5);
    const int32_t odd = vocabulary.add("漢", 1);  // not in the byte alphabet
    const Tokenizer tokenizer = loaded(vocabulary.writer());
    QCOMPARE(tokenizer.encode("\xC8"), Ids{200});
    QCOMPARE(tokenizer.decode(Ids{200}), std::string("\xC8"));
    QCOMPARE(tokenizer.bytes_of(unused), std::string_view());
    QCOMPARE(tokenizer.bytes_of(unused, true), std::string_view("unused text"));
    QVERIFY(tokenizer.encode("unused text") != Ids{unused});
    QCOMPARE(tokenizer.bytes_of(odd), std::string_view("漢"));
  }

  void keys_and_names_of_control_tokens_end_an_answer() {
    SmallVocabulary vocabulary;
    const int32_t eot = vocabulary.add("<|turn|>", 3);
    const int32_t im_end = vocabulary.add("<|im_end|>", 3);
    const int32_t plain = vocabulary.add("<|eot_id|>", 1);
    const Tokenizer tokenizer =
        loaded(vocabulary.writer().set_uint("tokenizer.ggml.eot_token_id", static_cast<uint32_t>(eot)));
    for (int32_t id : {vocabulary.end_id, eot, im_end}) QVERIFY(tokenizer.ends_generation(id));
    for (int32_t id : {vocabulary.begin_id, vocabulary.think_id, plain, 0, -1, 1 << 20})
      QVERIFY(!tokenizer.ends_generation(id));
  }

  void a_file_without_types_has_ordinary_tokens_only() {
    const Tokenizer tokenizer = loaded(SmallVocabulary().writer().remove("tokenizer.ggml.token_type"));
    QVERIFY(!tokenizer.find("<|begin|>"));
    QCOMPARE(tokenizer.encode("the"), Ids{257});
    QCOMPARE(tokenizer.bytes_of(260), std::string_view("<|begin|>"));
  }

  void the_vocabulary_hash_tells_apart_all_that_changes_ids() {
    const Hash256 original = loaded(SmallVocabulary().writer()).vocabulary_hash();
    QVERIFY(loaded(SmallVocabulary().writer()).vocabulary_hash() == original);
    // Neither the file's name nor other keys matter.
    QVERIFY(loaded(SmallVocabulary().writer().set_string("general.name", "x")).vocabulary_hash() == original);

    std::vector<GgufWriter> changed;
    SmallVocabulary token, type, merge, order;
    token.tokens[262] = "<thing>";
    type.types[262] = 3;
    merge.merges.pop_back();
    std::swap(order.merges[0], order.merges[3]);
    for (const SmallVocabulary& vocabulary : {token, type, merge, order})
      changed.push_back(vocabulary.writer());
    changed.push_back(SmallVocabulary().writer().set_string("tokenizer.ggml.pre", "glm4"));
    for (const GgufWriter& writer : changed) QVERIFY(loaded(writer).vocabulary_hash() != original);
  }

  /// A file with random changes loads or is refused, and what loads still gives every text back.
  void damaged_vocabularies_never_lose_bytes() {
    std::mt19937_64 random(11);
    int sound = 0;
    for (int round = 0; round < 400; ++round) {
      SmallVocabulary vocabulary;
      for (int i = 0; i < 3; ++i) {
        std::string& text = random() % 4 ? vocabulary.tokens[256 + random() % 7]
                                         : vocabulary.merges[random() % vocabulary.merges.size()];
        if (random() % 2) text.resize(random() % 5);
        if (!text.empty()) text[random() % text.size()] = static_cast<char>(random());
        vocabulary.types[256 + random() % 7] = static_cast<int32_t>(random() % 8);
      }
      if (random() % 2) vocabulary.merges.resize(random() % 3);
      const auto tokenizer = load(vocabulary.writer());
      if (!tokenizer) continue;
      ++sound;
      std::string text = "the <|begin|> ab<think>";
      text += static_cast<char>(random());
      const Ids ids = tokenizer->encode(text);
      QCOMPARE(tokenizer->decode(ids, true), text);
    }
    QVERIFY(sound > 20);
  }
};

QTEST_GUILESS_MAIN(TokenizerFileTest)
#include "tokenizer_file_test.moc"
