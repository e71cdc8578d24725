#include "engine/gguf/gguf_file.h"
#include "engine/model/model_weights.h"
#include "tests/support/micro_model.h"
#include "tests/support/read_corners.h"
#include "tests/support/split_model.h"

#include <QtTest>
#include <functional>
#include <random>

using namespace kvasir::engine;
using kvasir::test::bytes_of;
using kvasir::test::ByteWriter;
using kvasir::test::GgufWriter;
using kvasir::test::MicroModel;
using kvasir::test::read_bytes;

namespace {

constexpr uint64_t kHuge = UINT64_MAX - 7;

/// A sound file that each case breaks in one place.
GgufWriter sound_file() {
  GgufWriter writer;
  writer.set_string("general.architecture", "deepseek2")
      .set_uint("number", 1)
      .set_strings("texts", {"a", "b"});
  writer.add_tensor("first", DType::F32, {4, 2}, bytes_of<float>({1, 2, 3, 4, 5, 6, 7, 8}));
  writer.add_tensor("second", DType::F32, {4}, bytes_of<float>({1, 2, 3, 4}));
  return writer;
}

struct Case {
  const char* name;
  ErrorCode code;
  const char* says;  ///< a part of the message
  std::function<void(GgufWriter&)> damage;
};

std::vector<std::byte> array_of(GgufValueType element, uint64_t count) {
  return ByteWriter().put(GgufValueType::Array).put(element).put(count).bytes();
}

const std::vector<Case>& cases() {
  using W = GgufWriter;
  static const std::vector<Case> all = {
      {"other magic", ErrorCode::BadFile, "not a GGUF model", [](W& w) { w.magic = "GGML"; }},
      {"reversed magic", ErrorCode::Unsupported, "big-endian", [](W& w) { w.magic = "FUGG"; }},
      {"big-endian version", ErrorCode::Unsupported, "big-endian", [](W& w) { w.version = 0x03000000; }},
      {"version 0", ErrorCode::Unsupported, "version 0", [](W& w) { w.version = 0; }},
      {"version 1", ErrorCode::Unsupported, "version 1", [](W& w) { w.version = 1; }},
      {"version 4", ErrorCode::Unsupported, "version 4", [](W& w) { w.version = 4; }},
      {"too many entries", ErrorCode::BadFile, "metadata entries", [](W& w) { w.entry_count = kHuge; }},
      {"one entry too many", ErrorCode::BadFile, "", [](W& w) { w.entry_count = 4; }},
      {"too many tensors", ErrorCode::BadFile, "tensors", [](W& w) { w.tensor_count = kHuge; }},
      {"more tensors than described", ErrorCode::BadFile, "", [](W& w) { w.tensor_count = 3; }},
      {"duplicate key", ErrorCode::BadFile, "“number” twice",
       [](W& w) { w.duplicate("number", ByteWriter().put(GgufValueType::U8).put<uint8_t>(1).bytes()); }},
      {"empty key", ErrorCode::BadFile, "impossible length", [](W& w) { w.set_uint("", 1); }},
      {"endless key", ErrorCode::BadFile, "impossible length",
       [](W& w) { w.set_uint(std::string(65536, 'k'), 1); }},
      {"unknown value type", ErrorCode::BadFile, "unknown kind 13",
       [](W& w) { w.set_raw("odd", ByteWriter().put<uint32_t>(13).put<uint64_t>(0).bytes()); }},
      {"unknown element type", ErrorCode::BadFile, "unknown kind 99",
       [](W& w) { w.set_raw("odd", array_of(static_cast<GgufValueType>(99), 1)); }},
      {"nested array", ErrorCode::Unsupported, "nests lists",
       [](W& w) { w.set_raw("odd", array_of(GgufValueType::Array, 1)); }},
      {"bool of 2", ErrorCode::BadFile, "neither true nor false",
       [](W& w) { w.set<uint8_t>("odd", GgufValueType::Bool, 2); }},
      {"huge string", ErrorCode::BadFile, "ends in the middle",
       [](W& w) { w.set_raw("odd", ByteWriter().put(GgufValueType::String).put(kHuge).bytes()); }},
      {"huge array of bytes", ErrorCode::BadFile, "ends in the middle",
       [](W& w) { w.set_raw("odd", array_of(GgufValueType::U8, kHuge)); }},
      {"array whose size wraps", ErrorCode::BadFile, "ends in the middle",
       [](W& w) { w.set_raw("odd", array_of(GgufValueType::U64, uint64_t{1} << 61)); }},
      {"huge array of strings", ErrorCode::BadFile, "ends in the middle",
       [](W& w) { w.set_raw("odd", array_of(GgufValueType::String, kHuge)); }},
      {"huge string in an array", ErrorCode::BadFile, "ends in the middle",
       [](W& w) {
         w.set_raw("odd", ByteWriter().put_bytes(array_of(GgufValueType::String, 1)).put(kHuge).bytes());
       }},
      {"alignment 0", ErrorCode::BadFile, "alignment", [](W& w) { w.set_uint("general.alignment", 0); }},
      {"alignment 4", ErrorCode::BadFile, "alignment", [](W& w) { w.set_uint("general.alignment", 4); }},
      {"alignment 48", ErrorCode::BadFile, "alignment", [](W& w) { w.set_uint("general.alignment", 48); }},
      {"alignment 2 GiB", ErrorCode::BadFile, "alignment",
       [](W& w) { w.set_uint("general.alignment", 1u << 31); }},
      {"alignment as text", ErrorCode::BadFile, "alignment",
       [](W& w) { w.set_string("general.alignment", "32"); }},
      {"duplicate tensor", ErrorCode::BadFile, "“second” twice",
       [](W& w) { w.tensor("first").name = "second"; }},
      {"nameless tensor", ErrorCode::BadFile, "impossible length", [](W& w) { w.tensor("first").name = ""; }},
      {"endless tensor name", ErrorCode::BadFile, "impossible length",
       [](W& w) { w.tensor("first").name = std::string(256, 'n'); }},
      {"five dimensions", ErrorCode::BadFile, "5 dimensions",
       [](W& w) {
         w.tensor("first").shape = {4, 2, 1, 1, 1};
       }},
      {"4 billion dimensions", ErrorCode::BadFile, "dimensions",
       [](W& w) { w.tensor("first").dimension_count = UINT32_MAX; }},
      {"dimension of zero", ErrorCode::BadFile, "dimensions of the tensor “first”",
       [](W& w) {
         w.tensor("first").shape = {4, 0};
       }},
      {"dimensions whose product wraps", ErrorCode::BadFile, "impossible",
       [](W& w) {
         w.tensor("first").shape = {uint64_t{1} << 32, uint64_t{1} << 32};
       }},
      {"bytes whose number wraps", ErrorCode::BadFile, "impossible",
       [](W& w) { w.tensor("first").shape = {uint64_t{1} << 62}; }},
      {"unknown tensor type", ErrorCode::Unsupported, "number 77",
       [](W& w) { w.tensor("first").dtype_number = 77; }},
      {"removed tensor type", ErrorCode::Unsupported, "number 4",
       [](W& w) { w.tensor("first").dtype_number = 4; }},
      {"row that is no whole block", ErrorCode::BadFile, "no multiple of 32",
       [](W& w) { w.tensor("first").dtype = DType::Q8_0; }},
      {"unaligned offset", ErrorCode::BadFile, "alignment", [](W& w) { w.tensor("second").offset = 36; }},
      {"offset behind the end", ErrorCode::BadFile, "end of the file",
       [](W& w) { w.tensor("second").offset = 4096; }},
      {"offset that wraps", ErrorCode::BadFile, "end of the file",
       [](W& w) { w.tensor("second").offset = UINT64_MAX - 31; }},
      {"data beyond the end", ErrorCode::BadFile, "end of the file",
       [](W& w) { w.tensor("second").shape = {5}; }},
      {"overlapping tensors", ErrorCode::BadFile, "same place", [](W& w) { w.tensor("second").offset = 0; }},
  };
  return all;
}

/// Reads everything that a sound file lets one read. Touching the bytes makes the sanitizers check the
/// bounds.
unsigned touch(std::span<const std::byte> bytes) {
  return bytes.empty() ? 0
                       : std::to_integer<unsigned>(bytes.front()) + std::to_integer<unsigned>(bytes.back());
}

/// The error's message must name the file; a success must hold together.
bool survives(std::vector<std::vector<std::byte>> parts) {
  const auto names_file = [](const Error& error) {
    return error.message.find("mutant.gguf") != std::string::npos;
  };
  const auto file = GgufFile::from_parts(std::move(parts), "mutant.gguf");
  if (!file) return names_file(file.error());
  volatile unsigned sink = 0;
  for (const auto& tensor : file->tensors()) sink = sink + touch(tensor.data);
  for (const auto* key : {"tokenizer.ggml.tokens", "tokenizer.ggml.merges"}) {
    for (const auto text : file->get_strings(key).value_or(std::vector<std::string_view>{})) {
      sink = sink + touch(std::as_bytes(std::span(text)));
    }
  }
  file->get_ints("tokenizer.ggml.token_type");

  const auto config = ModelConfig::from_gguf(*file);
  if (!config) return names_file(config.error());
  if (!(config->softmax_scale() > 0.0f)) return false;
  const auto weights = ModelWeights::bind(*file, *config);
  if (!weights) return names_file(weights.error());
  kvasir::test::read_corners(*weights);
  return weights->layers.size() == config->num_hidden_layers;
}

/// Bytes in front of the first tensor's data.
size_t header_bytes(const std::vector<std::byte>& bytes) {
  const auto file = GgufFile::from_bytes(bytes, "golden.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return static_cast<size_t>(file->tensors().front().data.data() - file->parts().front().data());
}

/// One to four changes: a random byte, a flipped bit, or a number that invites overflow.
void mutate(std::vector<std::byte>& bytes, size_t header, std::mt19937_64& random) {
  static constexpr uint64_t kNumbers[] = {0,
                                          1,
                                          5,
                                          255,
                                          0x7fffffff,
                                          0x80000000,
                                          0xffffffff,
                                          uint64_t{1} << 32,
                                          uint64_t{1} << 61,
                                          INT64_MAX,
                                          uint64_t{1} << 63,
                                          UINT64_MAX - 31,
                                          UINT64_MAX};
  for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
    const size_t at = random() % header;
    switch (random() % 3) {
      case 0:
        bytes[at] = static_cast<std::byte>(random());
        break;
      case 1:
        bytes[at] ^= static_cast<std::byte>(1u << random() % 8);
        break;
      default: {
        const uint64_t number = kNumbers[random() % std::size(kNumbers)];
        const size_t width = random() % 2 ? 4 : 8;
        std::memcpy(bytes.data() + at, &number, std::min(width, header - at));
      }
    }
  }
}

}  // namespace

class GgufHostileTest : public QObject {
  Q_OBJECT

 private slots:
  void the_undamaged_file_is_accepted() { QVERIFY(GgufFile::from_bytes(sound_file().build(), "sound.gguf")); }

  void damage_is_refused_with_its_reason_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < cases().size(); ++i) QTest::newRow(cases()[i].name) << static_cast<int>(i);
  }

  void damage_is_refused_with_its_reason() {
    QFETCH(int, index);
    const auto& broken = cases()[static_cast<size_t>(index)];
    auto writer = sound_file();
    broken.damage(writer);
    const auto file = GgufFile::from_bytes(writer.build(), "/models/broken.gguf");
    QVERIFY(!file);
    const auto& message = file.error().message;
    QVERIFY2(file.error().code == broken.code, message.c_str());
    QVERIFY2(message.find("/models/broken.gguf") != std::string::npos, message.c_str());
    QVERIFY2(message.find(broken.says) != std::string::npos, message.c_str());
  }

  /// Of each type that has blocks: a row one value too long, and one whole block more than the data hold.
  void rows_of_every_type_are_whole_blocks_inside_the_file() {
    for (uint32_t number = 0; number < 64; ++number) {
      const auto type = static_cast<DType>(number);
      const auto traits = dtype_traits(type);
      if (!traits || traits->block_elements == 1) continue;
      const uint64_t block = traits->block_elements;
      const auto refusal = [&](std::vector<uint64_t> shape) {
        GgufWriter writer;
        writer.add_tensor("rows", type, std::move(shape), std::vector<std::byte>(6 * traits->block_bytes));
        const auto file = GgufFile::from_bytes(writer.build(), "rows.gguf");
        return file ? std::string() : file.error().message;
      };
      QCOMPARE(refusal({2 * block, 3}), std::string());
      QVERIFY2(refusal({2 * block + 1, 3}).find(traits->name) != std::string::npos, traits->name.data());
      QVERIFY2(refusal({2 * block, 4}).find("end of the file") != std::string::npos, traits->name.data());
      QVERIFY2(refusal({block << 56, 3}).find("impossible") != std::string::npos ||
                   refusal({block << 56, 3}).find("end of the file") != std::string::npos,
               traits->name.data());
    }
  }

  void a_name_in_a_message_is_short_and_printable() {
    auto writer = sound_file();
    auto& tensor = writer.tensor("first");
    tensor.name = "\x1b[31m" + std::string(200, 'n');
    tensor.dtype_number = 77;
    const auto file = GgufFile::from_bytes(writer.build(), "broken.gguf");
    QVERIFY(!file);
    QVERIFY(file.error().message.find('\x1b') == std::string::npos);
    QVERIFY(file.error().message.find(std::string(100, 'n')) == std::string::npos);
  }

  void every_truncated_file_is_refused() {
    const auto whole = read_bytes(std::string(KVASIR_GOLDEN_DIR) + "/deepseek2-v3.gguf");
    const size_t header = header_bytes(whole);
    QVERIFY(GgufFile::from_bytes(whole, "whole.gguf"));
    for (size_t length = 0; length < whole.size();) {
      const auto file =
          GgufFile::from_bytes({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)}, "part.gguf");
      QVERIFY2(!file, std::to_string(length).c_str());
      QCOMPARE(file.error().code, ErrorCode::BadFile);
      QVERIFY(file.error().message.find("part.gguf") != std::string::npos);
      length += length < 2048 ? 1 : length < header ? 13 : 9973;
    }
    QVERIFY(!GgufFile::from_bytes({whole.begin(), whole.end() - 1}, "part.gguf"));
  }

  void no_mutation_of_a_header_escapes_the_checks_data() {
    QTest::addColumn<QString>("golden");
    QTest::addColumn<int>("rounds");
    QTest::newRow("split projections") << "deepseek2-v3.gguf" << 500;
    QTest::newRow("no context scaling") << "deepseek2-glm-4.7-flash.gguf" << 200;
    QTest::newRow("joined projections") << "deepseek2-v2-yarn-kv_b.gguf" << 100;
  }

  void no_mutation_of_a_header_escapes_the_checks() {
    QFETCH(QString, golden);
    QFETCH(int, rounds);
    const auto sound = read_bytes(std::string(KVASIR_GOLDEN_DIR) + "/" + golden.toStdString());
    const size_t header = header_bytes(sound);
    QVERIFY(survives({sound}));
    std::mt19937_64 random(20240515);
    for (int round = 0; round < rounds; ++round) {
      auto bytes = sound;
      mutate(bytes, header, random);
      QVERIFY2(survives({bytes}), std::to_string(round).c_str());
    }
  }

  void no_mutation_of_a_quantised_or_split_model_escapes_the_checks_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<bool>("joined_and_fused");
    QTest::addColumn<int>("parts");
    const auto row = [](const char* name, DType type, bool joined_and_fused, int parts) {
      QTest::newRow(name) << static_cast<int>(type) << joined_and_fused << parts;
    };
    row("Q4_0", DType::Q4_0, false, 1);
    row("Q5_1, joined and fused", DType::Q5_1, true, 1);
    row("MXFP4, three parts", DType::MXFP4, false, 3);
    row("Q8_0, joined and fused, two parts", DType::Q8_0, true, 2);
  }

  void no_mutation_of_a_quantised_or_split_model_escapes_the_checks() {
    QFETCH(int, dtype);
    QFETCH(bool, joined_and_fused);
    QFETCH(int, parts);
    const auto whole = MicroModel::writer(static_cast<DType>(dtype), joined_and_fused, joined_and_fused);
    std::vector<std::vector<std::byte>> sound;
    std::vector<size_t> headers;
    for (const GgufWriter& part :
         parts == 1 ? std::vector{whole} : kvasir::test::split_model(whole, static_cast<uint16_t>(parts))) {
      sound.push_back(part.build());
      headers.push_back(part.header_bytes());
    }
    QVERIFY(survives(sound));
    std::mt19937_64 random(20240706);
    for (int round = 0; round < 5000; ++round) {
      auto files = sound;
      const size_t damaged = random() % files.size();
      mutate(files[damaged], headers[damaged], random);
      QVERIFY2(survives(std::move(files)), std::to_string(round).c_str());
    }
  }

  /// Random mutations seldom hit the few bytes of a number: here each number in the metadata takes extreme
  /// values.
  void no_extreme_dimension_escapes_the_checks() {
    const auto sound = read_bytes(std::string(KVASIR_GOLDEN_DIR) + "/deepseek2-v3.gguf");
    const std::string_view text(reinterpret_cast<const char*>(sound.data()), header_bytes(sound));
    int tried = 0;
    for (size_t at = text.find("deepseek2."); at != text.npos; at = text.find("deepseek2.", at + 1)) {
      uint64_t key_bytes = 0;
      std::memcpy(&key_bytes, sound.data() + at - 8, sizeof key_bytes);
      for (const uint32_t value :
           {0u, 1u, 2u, 3u, 255u, 65536u, 0x7fffffffu, 0xffffffffu, 0x7fc00000u, 0xff800000u}) {
        auto bytes = sound;
        std::memcpy(bytes.data() + at + key_bytes + 4, &value, sizeof value);
        QVERIFY2(survives({bytes}), std::string(text.substr(at, key_bytes)).c_str());
        ++tried;
      }
    }
    QVERIFY(tried >= 200);
  }
};

QTEST_GUILESS_MAIN(GgufHostileTest)
#include "gguf_hostile_test.moc"
