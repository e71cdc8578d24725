#include "engine/gguf/convert.h"
#include "engine/model/model.h"
#include "engine/ops/half.h"
#include "engine/runtime/load_weights.h"
#include "tests/engine/model/loaded_model.h"
#include "tests/support/tiny_model.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

using namespace kvasir::engine;
using namespace kvasir::engine::test;
using kvasir::test::bytes_of;
using kvasir::test::GgufWriter;
using kvasir::test::TinyModel;

namespace {

constexpr uint32_t kTokens = 9;
constexpr uint32_t kWide = 256;

std::string block(uint32_t layer, std::string_view name) {
  return "blk." + std::to_string(layer) + "." + std::string(name) + ".weight";
}

std::vector<float> values_of(const GgufWriter::Tensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

/// A model whose parts all have a say: random weights of moderate size, which F16 holds exactly.
GgufWriter random_model() {
  auto writer = TinyModel::writer();
  std::mt19937 random(7);
  for (const std::string& name : writer.tensor_names()) {
    auto& tensor = writer.tensor(name);
    std::vector<float> values(tensor.data.size() / sizeof(float));
    for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 255) - 127) / 256.0f;
    tensor.data = bytes_of(values);
  }
  return writer;
}

/// `attn_kv_b` {kv_lora, heads·(nope + value)} out of `attn_k_b` {nope, kv_lora, heads} and `attn_v_b`.
void add_joined(GgufWriter& writer) {
  constexpr size_t kNope = TinyModel::kNope, kLora = TinyModel::kKvLora, kValue = TinyModel::kValue;
  for (uint32_t layer = 0; layer < TinyModel::kLayers; ++layer) {
    const auto keys = values_of(writer.tensor(block(layer, "attn_k_b")));
    const auto values = values_of(writer.tensor(block(layer, "attn_v_b")));
    std::vector<float> joined;
    for (size_t head = 0; head < TinyModel::kHeads; ++head) {
      for (size_t n = 0; n < kNope; ++n)
        for (size_t l = 0; l < kLora; ++l) joined.push_back(keys[(head * kLora + l) * kNope + n]);
      const auto first = values.begin() + static_cast<ptrdiff_t>(head * kValue * kLora);
      joined.insert(joined.end(), first, first + static_cast<ptrdiff_t>(kValue * kLora));
    }
    writer.add_tensor(block(layer, "attn_kv_b"), DType::F32, {kLora, TinyModel::kHeads * (kNope + kValue)},
                      bytes_of(joined));
  }
}

void make_old(GgufWriter& writer) {
  add_joined(writer);
  for (uint32_t layer = 0; layer < TinyModel::kLayers; ++layer)
    writer.remove_tensor(block(layer, "attn_k_b")).remove_tensor(block(layer, "attn_v_b"));
  writer.remove("deepseek2.attention.key_length_mla").remove("deepseek2.attention.value_length_mla");
  writer.set_uint("deepseek2.attention.key_length", TinyModel::kNope + TinyModel::kRope);
  writer.set_uint("deepseek2.attention.value_length", TinyModel::kValue);
}

void fuse_experts(GgufWriter& writer) {
  const auto gate = values_of(writer.tensor(block(1, "ffn_gate_exps")));
  const auto up = values_of(writer.tensor(block(1, "ffn_up_exps")));
  const auto each = static_cast<ptrdiff_t>(TinyModel::kHidden * TinyModel::kMoeIntermediate);
  std::vector<float> fused;
  for (ptrdiff_t expert = 0; expert < ptrdiff_t{TinyModel::kExperts}; ++expert)
    for (const auto* half : {&gate, &up})
      fused.insert(fused.end(), half->begin() + expert * each, half->begin() + (expert + 1) * each);
  writer.remove_tensor(block(1, "ffn_gate_exps")).remove_tensor(block(1, "ffn_up_exps"));
  writer.add_tensor(block(1, "ffn_gate_up_exps"), DType::F32,
                    {TinyModel::kHidden, 2 * TinyModel::kMoeIntermediate, TinyModel::kExperts},
                    bytes_of(fused));
}

/// The rows of the vocabulary's two tensors are those of one, as many as fill groups of interleaved rows.
void tie_embeddings(GgufWriter& writer) {
  constexpr uint32_t kRows = 32;
  writer.remove_tensor("output.weight").set_uint("deepseek2.vocab_size", kRows);
  auto& table = writer.tensor("token_embd.weight");
  table.shape = {TinyModel::kHidden, kRows};
  const auto part = table.data;
  table.data.resize(size_t{TinyModel::kHidden} * kRows * sizeof(float));
  for (size_t i = 0; i < table.data.size(); ++i) table.data[i] = part[i % part.size()];
}

/// Brings what has whole blocks into Q8_0: each run of 32 values is a scale and 32 signed bytes.
void quantise(GgufWriter& writer) {
  for (const std::string& name : writer.tensor_names()) {
    auto& tensor = writer.tensor(name);
    // A router is always float32.
    if (tensor.shape.size() < 2 || tensor.shape[0] % 32 != 0 || name.ends_with("ffn_gate_inp.weight"))
      continue;
    const auto values = values_of(tensor);
    tensor.dtype = DType::Q8_0;
    tensor.data.clear();
    for (size_t i = 0; i < values.size(); i += 32) {
      const uint16_t scale = f32_to_f16(1.0f / 256);  // of which random_model's values are multiples
      for (const unsigned shift : {0u, 8u}) tensor.data.push_back(static_cast<std::byte>(scale >> shift));
      for (size_t k = 0; k < 32; ++k)
        tensor.data.push_back(static_cast<std::byte>(static_cast<int>(values[i + k] * 256)));
    }
  }
}

GgufFile file_of(const GgufWriter& writer) {
  auto file = GgufFile::from_bytes(writer.build(), "tiny.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return std::move(*file);
}

Model bound_model(const GgufFile& file, std::unique_ptr<Backend> backend) {
  auto config = ModelConfig::from_gguf(file);
  if (!config) qFatal("%s", config.error().message.c_str());
  auto weights = ModelWeights::bind(file, *config);
  if (!weights) qFatal("%s", weights.error().message.c_str());
  return Model(*config, std::move(*weights), std::move(backend));
}

/// Logits of every position of a fixed prompt, {tokens, vocab}.
std::vector<float> logits_of(Model& model) {
  auto cache = KvCache::create(model.kv_layout(KvType::F32), kTokens);
  if (!cache) qFatal("%s", cache.error().message.c_str());
  std::vector<int32_t> tokens;
  for (int32_t i = 0; i < static_cast<int32_t>(kTokens); ++i)
    tokens.push_back(i * 5 % static_cast<int32_t>(TinyModel::kVocab));
  return run(model, *cache, tokens, {});
}

std::vector<float> logits_of(const GgufWriter& writer, std::unique_ptr<Backend> backend) {
  const GgufFile file = file_of(writer);
  Model model = bound_model(file, std::move(backend));
  return logits_of(model);
}

struct Form {
  const char* name;
  std::function<void(GgufWriter&)> change;
};

const std::vector<Form>& forms() {
  static const std::vector<Form> all = {
      {"joined projections", make_old},
      {"joined and split projections", add_joined},
      {"heads as rows",
       [](GgufWriter& w) {
         w.tensor(block(0, "attn_k_b")).shape = {TinyModel::kNope, TinyModel::kKvLora * TinyModel::kHeads};
         w.tensor(block(0, "attn_v_b")).shape = {TinyModel::kKvLora, TinyModel::kValue * TinyModel::kHeads};
       }},
      {"fused experts", fuse_experts},
      {"fused experts, joined projections",
       [](GgufWriter& w) {
         make_old(w);
         fuse_experts(w);
       }},
  };
  return all;
}

/// The golden blocks of a type, repeated until they hold `count` values.
std::vector<std::byte> golden_blocks(const std::string& type, DType dtype, size_t count) {
  QFile file(QStringLiteral(KVASIR_GOLDEN_DIR "/quantised_blocks.json"));
  if (!file.open(QIODevice::ReadOnly)) qFatal("quantised_blocks.json is missing");
  const auto types = nlohmann::json::parse(file.readAll().toStdString())["types"];
  const auto data = QByteArray::fromHex(types[type]["data"].get<std::string>().c_str());
  std::vector<std::byte> bytes(row_bytes(dtype, count));
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(data[static_cast<qsizetype>(i) % data.size()]);
  return bytes;
}

/// The model with a dense block wide enough for super-blocks, {256, hidden} of its weights being `bytes`.
GgufWriter model_with_down(DType dtype, std::vector<std::byte> bytes) {
  auto writer = random_model();
  writer.set_uint("deepseek2.feed_forward_length", kWide);
  for (const char* name : {"ffn_gate", "ffn_up"}) {
    auto& tensor = writer.tensor(block(0, name));
    tensor.shape = {TinyModel::kHidden, kWide};
    const auto part = tensor.data;  // {hidden, intermediate}
    tensor.data.resize(size_t{TinyModel::kHidden} * kWide * sizeof(float));
    for (size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = part[i % part.size()];
  }
  auto& down = writer.tensor(block(0, "ffn_down"));
  down.shape = {kWide, TinyModel::kHidden};
  down.dtype = dtype;
  down.data = std::move(bytes);
  return writer;
}

}  // namespace

class FileFormsTest : public QObject {
  Q_OBJECT

 private slots:
  void every_form_of_a_model_gives_the_same_logits_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < forms().size(); ++i) QTest::newRow(forms()[i].name) << static_cast<int>(i);
  }

  void every_form_of_a_model_gives_the_same_logits() {
    QFETCH(int, index);
    const auto usual = random_model();
    auto changed = usual;
    forms()[static_cast<size_t>(index)].change(changed);
    const auto expected = logits_of(usual, make_scalar_backend());
    QVERIFY(std::all_of(expected.begin(), expected.end(), [](float x) { return std::isfinite(x); }));
    QVERIFY(logits_of(changed, make_scalar_backend()) == expected);
    for (const Isa isa : available_isas())
      QVERIFY(logits_of(changed, make_cpu_backend({2, isa})) == logits_of(usual, make_cpu_backend({2, isa})));
  }

  void weights_read_into_memory_compute_the_same_as_copies_data() {
    every_form_of_a_model_gives_the_same_logits_data();
    QTest::newRow("tied embeddings") << -1;
    QTest::newRow("usual") << -2;
  }

  /// Which are interleaved where they stand, unless something else reads the same bytes.
  void weights_read_into_memory_compute_the_same_as_copies() {
    QFETCH(int, index);
    auto writer = random_model();
    if (index >= 0) forms()[static_cast<size_t>(index)].change(writer);
    if (index == -1) tie_embeddings(writer);
    quantise(writer);
    const QTemporaryDir folder;
    const auto path = folder.filePath("tiny.gguf").toStdString();
    kvasir::test::write_bytes(path, writer.build());
    for (const Isa isa : available_isas()) {
      auto file = GgufFile::open(path);
      QVERIFY2(file.has_value(), file ? "" : file.error().message.c_str());
      Model model = bound_model(*file, make_cpu_backend({2, isa}));
      const auto reader = ModelReader::start(*file, {.into_memory = true});
      QVERIFY(load_weights(**reader, model).has_value());
      QVERIFY(logits_of(model) == logits_of(writer, make_cpu_backend({2, isa})));
    }
  }

  void a_file_that_becomes_shorter_while_it_is_read_is_refused() {
    const QTemporaryDir folder;
    const auto path = folder.filePath("tiny.gguf").toStdString();
    kvasir::test::write_bytes(path, random_model().build());
    auto file = GgufFile::open(path);
    Model model = bound_model(*file, make_cpu_backend({}));
    std::filesystem::resize_file(path, file->size_bytes() - 5000);
    const auto reader = ModelReader::start(*file, {.into_memory = true});
    const auto loaded = load_weights(**reader, model);
    QVERIFY(!loaded.has_value());
    QCOMPARE(loaded.error().code, ErrorCode::BadFile);
    QVERIFY2(loaded.error().message.find(path) != std::string::npos, loaded.error().message.c_str());
  }

  void every_type_computes_as_the_floats_that_it_stands_for_data() {
    QTest::addColumn<int>("dtype");
    for (int number = 0; number < 64; ++number) {
      const auto traits = dtype_traits(static_cast<DType>(number));
      if (traits && can_dequantize(static_cast<DType>(number)) && traits->block_elements > 1)
        QTest::newRow(std::string(traits->name).c_str()) << number;
    }
  }

  void every_type_computes_as_the_floats_that_it_stands_for() {
    QFETCH(int, dtype);
    const auto type = static_cast<DType>(dtype);
    constexpr size_t kCount = size_t{kWide} * TinyModel::kHidden;
    const auto blocks = golden_blocks(QTest::currentDataTag(), type, kCount);
    std::vector<float> floats(kCount);
    dequantize_row(type, blocks.data(), floats.data(), kCount);

    const auto expected = logits_of(model_with_down(DType::F32, bytes_of(floats)), make_scalar_backend());
    QVERIFY(std::all_of(expected.begin(), expected.end(), [](float x) { return std::isfinite(x); }));
    QVERIFY(expected != logits_of(random_model(), make_scalar_backend()));
    QVERIFY(expected == logits_of(model_with_down(type, blocks), make_scalar_backend()));
  }
};

QTEST_GUILESS_MAIN(FileFormsTest)
#include "file_forms_test.moc"
