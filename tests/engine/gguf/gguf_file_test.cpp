#include "engine/gguf/gguf_file.h"

#include "tests/support/gguf_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

using namespace kvasir::engine;
using kvasir::test::bytes_of;
using kvasir::test::GgufWriter;

namespace {

const std::string kGolden = KVASIR_GOLDEN_DIR;

GgufFile file_of(const GgufWriter& writer) {
  auto file = GgufFile::from_bytes(writer.build(), "memory.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return std::move(*file);
}

}  // namespace

class GgufFileTest : public QObject {
  Q_OBJECT

 private slots:
  void a_real_file_shows_its_metadata_and_tensors() {
    const auto file = GgufFile::open(kGolden + "/deepseek2-v3.gguf");
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    QCOMPARE(file->path(), std::filesystem::path(kGolden + "/deepseek2-v3.gguf"));
    QCOMPARE(file->get_string("general.architecture").value(), std::string_view("deepseek2"));
    QCOMPARE(file->get_uint("deepseek2.block_count").value(), uint64_t{4});
    QCOMPARE(file->get_float("deepseek2.expert_weights_scale").value(), 2.5);
    QCOMPARE(file->get_bool("deepseek2.expert_weights_norm").value(), true);
    const auto tokens = file->get_strings("tokenizer.ggml.tokens").value();
    QCOMPARE(tokens.size(), size_t{512});
    QCOMPARE(tokens[0], std::string_view("Ā"));
    QCOMPARE(file->array_length("tokenizer.ggml.tokens").value(), uint64_t{512});
    const auto types = file->get_ints("tokenizer.ggml.token_type").value();
    QCOMPARE(types.front(), int64_t{1});
    QCOMPARE(types.back(), int64_t{5});

    QCOMPARE(file->tensors().size(), size_t{70});
    QCOMPARE(file->tensors().front().name, std::string("token_embd.weight"));
    const auto* experts = file->find_tensor("blk.1.ffn_down_exps.weight");
    QVERIFY(experts);
    QCOMPARE(experts->dtype, DType::F16);
    QVERIFY((experts->shape == std::array<uint64_t, 4>{32, 64, 16, 1}));
    QCOMPARE(experts->data.size(), size_t{32 * 64 * 16 * 2});
    QVERIFY(!file->find_tensor("blk.1.ffn_down_exps"));
    QVERIFY(!file->find_tensor(""));
  }

  void a_vocabulary_without_tensors_is_a_valid_file() {
    const auto file = GgufFile::open(std::string(KVASIR_EXTRACTED_GOLDEN_DIR) + "/deepseek-v3-vocab.gguf");
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    QVERIFY(file->tensors().empty());
    QCOMPARE(file->get_strings("tokenizer.ggml.tokens")->size(), size_t{128815});
  }

  void integers_of_every_width_convert_where_they_fit() {
    GgufWriter writer;
    writer.set<uint8_t>("u8", GgufValueType::U8, 200).set<int8_t>("i8", GgufValueType::I8, 100);
    writer.set<uint16_t>("u16", GgufValueType::U16, 60000).set<int16_t>("i16", GgufValueType::I16, 30000);
    writer.set<int32_t>("i32", GgufValueType::I32, 7)
        .set<int64_t>("i64", GgufValueType::I64, int64_t{1} << 40);
    writer.set<uint64_t>("u64", GgufValueType::U64, UINT64_MAX)
        .set<int8_t>("negative", GgufValueType::I8, -1);
    writer.set_float("float", 3.0f).set_string("text", "3");
    const auto file = file_of(writer);
    QCOMPARE(file.get_uint("u8").value(), uint64_t{200});
    QCOMPARE(file.get_uint("i8").value(), uint64_t{100});
    QCOMPARE(file.get_uint("u16").value(), uint64_t{60000});
    QCOMPARE(file.get_uint("i16").value(), uint64_t{30000});
    QCOMPARE(file.get_uint("i32").value(), uint64_t{7});
    QCOMPARE(file.get_uint("i64").value(), uint64_t{1} << 40);
    QCOMPARE(file.get_uint("u64").value(), UINT64_MAX);
    QVERIFY(!file.get_uint("negative"));
    QVERIFY(!file.get_uint("float"));
    QVERIFY(!file.get_uint("text"));
    QVERIFY(!file.get_uint("absent"));
  }

  void a_value_of_another_kind_is_absent() {
    GgufWriter writer;
    writer.set_uint("number", 1)
        .set_string("text", "x")
        .set_float("float", 0.5f)
        .set_strings("texts", {"a", ""});
    writer.set<double>("double", GgufValueType::F64, 0.1);
    writer.set_array<int16_t>("numbers", GgufValueType::I16, {-5, 5});
    writer.set_array<uint64_t>("large", GgufValueType::U64, {UINT64_MAX});
    writer.set_array<float>("floats", GgufValueType::F32, {1.0f});
    const auto file = file_of(writer);
    QCOMPARE(file.get_float("float").value(), 0.5);
    QCOMPARE(file.get_float("double").value(), 0.1);
    QVERIFY(!file.get_float("number"));
    QVERIFY(!file.get_bool("number"));
    QVERIFY(!file.get_string("number"));
    QVERIFY(!file.get_string("texts"));
    QVERIFY(!file.get_strings("text"));
    QVERIFY(!file.get_strings("numbers"));
    QVERIFY(!file.get_ints("texts"));
    QVERIFY(!file.get_ints("number"));
    QVERIFY(!file.get_ints("floats"));
    QVERIFY(!file.get_ints("large"));
    QCOMPARE(file.get_ints("numbers").value(), (std::vector<int64_t>{-5, 5}));
    QCOMPARE(file.get_strings("texts").value(), (std::vector<std::string_view>{"a", ""}));
    QCOMPARE(file.array_length("floats").value(), uint64_t{1});
    QVERIFY(!file.array_length("text"));
    QVERIFY(file.has("floats"));
    QVERIFY(!file.has("float "));
  }

  void version_2_reads_like_version_3() {
    GgufWriter writer;
    writer.version = 2;
    writer.set_uint("a", 1).add_tensor("t", DType::F32, {2}, bytes_of<float>({1, 2}));
    const auto file = file_of(writer);
    QCOMPARE(file.get_uint("a").value(), uint64_t{1});
    QCOMPARE(file.tensors()[0].data.size(), size_t{8});
  }

  void tensors_begin_at_the_alignment_that_the_file_names() {
    for (const uint32_t alignment : {8u, 64u, 4096u}) {
      GgufWriter writer;
      writer.alignment = alignment;
      writer.set_uint("general.alignment", alignment);
      writer.add_tensor("first", DType::F32, {1}, bytes_of<float>({1}));
      writer.add_tensor("second", DType::F32, {3}, bytes_of<float>({2, 3, 4}));
      const auto file = file_of(writer);
      for (const auto& tensor : file.tensors()) {
        QCOMPARE(static_cast<size_t>(tensor.data.data() - file.parts().front().data()) % alignment,
                 size_t{0});
      }
      float value = 0;
      std::memcpy(&value, file.find_tensor("second")->data.data() + 8, sizeof value);
      QCOMPARE(value, 4.0f);
    }
  }

  void views_survive_moving_the_file() {
    GgufWriter writer;
    writer.set_string("text", "still here").add_tensor("t", DType::F32, {1}, bytes_of<float>({1}));
    auto file = file_of(writer);
    const auto text = *file.get_string("text");
    const auto* tensor = file.find_tensor("t");
    const GgufFile moved = std::move(file);
    QCOMPARE(text, std::string_view("still here"));
    QCOMPARE(moved.find_tensor("t"), tensor);
    QCOMPARE(moved.get_string("text")->data(), text.data());
  }

  void rows_and_matrices_are_found_by_stride() {
    std::vector<float> values(2 * 3 * 4);
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    GgufWriter writer;
    writer.add_tensor("t", DType::F32, {2, 3, 4}, bytes_of(values));
    const auto file = file_of(writer);
    float value = 0;
    std::memcpy(&value, file.tensors()[0].row(2, 1), sizeof value);
    QCOMPARE(value, 14.0f);
  }

  void what_is_no_ordinary_file_is_refused_by_name() {
    QTemporaryDir folder;
    const std::string base = folder.path().toStdString();
    const std::string pipe = base + "/pipe.gguf";
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    const std::string empty = base + "/empty.gguf";
    kvasir::test::write_bytes(empty, {});
    const std::vector<std::pair<std::string, ErrorCode>> cases = {
        {base, ErrorCode::BadFile},
        {pipe, ErrorCode::BadFile},
        {empty, ErrorCode::BadFile},
        {base + "/absent.gguf", ErrorCode::Io},
        {empty + "/below.gguf", ErrorCode::Io},
    };
    for (const auto& [path, code] : cases) {
      const auto file = GgufFile::open(path);
      QVERIFY2(!file, path.c_str());
      QCOMPARE(file.error().code, code);
      QVERIFY(file.error().message.find(path) != std::string::npos);
    }
  }

  void a_file_that_may_not_be_read_is_an_io_error() {
    if (::geteuid() == 0) QSKIP("the superuser may read everything");
    QTemporaryDir folder;
    const std::string path = folder.filePath("secret.gguf").toStdString();
    kvasir::test::write_bytes(path, GgufWriter().build());
    QCOMPARE(::chmod(path.c_str(), 0), 0);
    const auto file = GgufFile::open(path);
    QVERIFY(!file);
    QCOMPARE(file.error().code, ErrorCode::Io);
  }
};

QTEST_GUILESS_MAIN(GgufFileTest)
#include "gguf_file_test.moc"
