#include "engine/model/model_weights.h"

#include "engine/gguf/convert.h"
#include "tests/support/tiny_model.h"

#include <QtTest>
#include <cmath>
#include <cstring>
#include <set>

using namespace kvasir::engine;
using kvasir::test::bytes_of;
using kvasir::test::GgufWriter;
using kvasir::test::TinyModel;

namespace {

/// A file, its configuration and its weights, which view into the file.
struct Bound {
  GgufFile file;
  ModelConfig config;
  ModelWeights weights;
};

Result<Bound> bind(Result<GgufFile> file) {
  if (!file) return tl::unexpected(file.error());
  auto config = ModelConfig::from_gguf(*file);
  if (!config) return tl::unexpected(config.error());
  auto weights = ModelWeights::bind(*file, *config);
  if (!weights) return tl::unexpected(weights.error());
  return Bound{std::move(*file), std::move(*config), std::move(*weights)};
}

Result<Bound> bind(const GgufWriter& writer) {
  return bind(GgufFile::from_bytes(writer.build(), "/models/tiny.gguf"));
}

Bound bind_or_die(const GgufWriter& writer) {
  auto bound = bind(writer);
  if (!bound) qFatal("%s", bound.error().message.c_str());
  return std::move(*bound);
}

bool is_in_file(const Bound& bound, const TensorView& tensor) {
  const auto file = bound.file.parts().front();
  return tensor.data.data() >= file.data() && tensor.data.data() < file.data() + file.size();
}

/// All values of a tensor, matrix after matrix and row after row.
std::vector<float> values_of(const TensorView& tensor) {
  std::vector<float> values(tensor.cols() * tensor.rows() * tensor.matrices());
  float* out = values.data();
  for (uint64_t m = 0; m < tensor.matrices(); ++m)
    for (uint64_t r = 0; r < tensor.rows(); ++r, out += tensor.cols())
      dequantize_row(tensor.dtype, tensor.row(m, r), out, tensor.cols());
  return values;
}

/// `values` as F16 or BF16; exact for TinyModel's values.
std::vector<std::byte> narrowed(DType type, std::span<const float> values) {
  std::vector<uint16_t> out;
  for (const float value : values) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint32_t exponent = (bits >> 23) & 0xff;
    const uint32_t half =
        value == 0.0f ? 0 : (bits >> 16 & 0x8000) | (exponent - 127 + 15) << 10 | (bits >> 13 & 0x3ff);
    out.push_back(static_cast<uint16_t>(type == DType::F16 ? half : bits >> 16));
  }
  return bytes_of(out);
}

/// Blocks of scale 1/4 whose bytes count up.
std::vector<std::byte> q8_bytes(size_t count) {
  std::vector<std::byte> out;
  for (size_t i = 0; i < count; ++i) {
    if (i % 32 == 0) out.insert(out.end(), {std::byte{0x00}, std::byte{0x34}});  // F16 0.25
    out.push_back(static_cast<std::byte>(i * 37 % 251));
  }
  return out;
}

void change_type(GgufWriter& writer, std::string_view name, DType type) {
  auto& tensor = writer.tensor(name);
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  tensor.dtype = type;
  tensor.data = type == DType::Q8_0 ? q8_bytes(values.size()) : narrowed(type, values);
}

/// What the split of `attn_kv_b` means, element by element.
bool is_split_of(const LayerWeights& layer, const TensorView& both, const ModelConfig& config) {
  const auto whole = values_of(both), keys = values_of(layer.attn_k_b), values = values_of(layer.attn_v_b);
  const size_t nope = config.qk_nope_head_dim, v_head = config.v_head_dim, lora = config.kv_lora_rank;
  for (size_t head = 0; head < config.num_attention_heads; ++head) {
    const size_t first_row = head * (nope + v_head);
    for (size_t l = 0; l < lora; ++l) {
      for (size_t n = 0; n < nope; ++n) {
        if (keys[(head * lora + l) * nope + n] != whole[(first_row + n) * lora + l]) return false;
      }
      for (size_t v = 0; v < v_head; ++v) {
        if (values[(head * v_head + v) * lora + l] != whole[(first_row + nope + v) * lora + l]) return false;
      }
    }
  }
  return true;
}

std::array<uint64_t, 4> shape(uint64_t a, uint64_t b = 1, uint64_t c = 1) {
  return {a, b, c, 1};
}

const std::string kKvB = "blk.0.attn_kv_b.weight";
const std::string kGateUp = "blk.1.ffn_gate_up_exps.weight";

}  // namespace

class ModelWeightsTest : public QObject {
  Q_OBJECT

 private slots:
  void golden_files_bind_without_a_copy_or_with_a_split_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("owned");  // one tensor per block of an old file
    const QString golden = KVASIR_GOLDEN_DIR;
    QTest::newRow("v2-lite") << golden + "/deepseek2-v2-lite.gguf" << 0;
    QTest::newRow("v2-lite, old") << golden + "/deepseek2-v2-lite-kv_b.gguf" << 27;
    QTest::newRow("v2 with yarn, old") << golden + "/deepseek2-v2-yarn-kv_b.gguf" << 27;
    QTest::newRow("v3") << golden + "/deepseek2-v3.gguf" << 0;
    QTest::newRow("glm") << golden + "/deepseek2-glm-4.7-flash.gguf" << 0;
    QTest::newRow("starter") << QString(KVASIR_STARTER_MODEL) << 0;
  }

  void golden_files_bind_without_a_copy_or_with_a_split() {
    QFETCH(QString, path);
    QFETCH(int, owned);
    const auto bound = bind(GgufFile::open(path.toStdString()));
    QVERIFY2(bound, bound ? "" : bound.error().message.c_str());
    const auto& config = bound->config;
    QCOMPARE(static_cast<int>(bound->weights.owned.size()), owned);
    QCOMPARE(bound->weights.layers.size(), size_t{config.num_hidden_layers});
    for (uint32_t i = 0; i < config.num_hidden_layers; ++i) {
      const auto& layer = bound->weights.layers[i];
      QCOMPARE(layer.attn_q.present(), config.q_lora_rank == 0);
      QCOMPARE(layer.attn_q_b.present(), config.q_lora_rank != 0);
      QCOMPARE(layer.ffn_gate.present(), config.is_dense(i));
      QCOMPARE(layer.ffn_gate_exps.present(), !config.is_dense(i));
      const uint64_t heads = config.num_attention_heads;
      QVERIFY(layer.attn_k_b.shape == shape(config.qk_nope_head_dim, config.kv_lora_rank, heads));
      QVERIFY(layer.attn_v_b.shape == shape(config.kv_lora_rank, config.v_head_dim, heads));
      QCOMPARE(is_in_file(*bound, layer.attn_k_b), owned == 0);
      if (const auto* both = bound->file.find_tensor("blk." + std::to_string(i) + ".attn_kv_b.weight")) {
        QCOMPARE(layer.attn_k_b.dtype, DType::F16);
        QVERIFY(is_split_of(layer, *both, config));
      }
    }
  }

  void an_old_projection_splits_by_its_definition_data() {
    QTest::addColumn<int>("stored");
    QTest::addColumn<int>("keys");
    QTest::addColumn<int>("values");
    const auto row = [](const char* name, DType stored, DType keys, DType values) {
      QTest::newRow(name) << static_cast<int>(stored) << static_cast<int>(keys) << static_cast<int>(values);
    };
    row("F32", DType::F32, DType::F32, DType::F32);
    row("F16", DType::F16, DType::F16, DType::F16);
    row("BF16", DType::BF16, DType::BF16, DType::BF16);
    row("Q8_0", DType::Q8_0, DType::F16, DType::Q8_0);
  }

  void an_old_projection_splits_by_its_definition() {
    QFETCH(int, stored);
    QFETCH(int, keys);
    QFETCH(int, values);
    auto writer = TinyModel::old_writer();
    if (static_cast<DType>(stored) != DType::F32) change_type(writer, kKvB, static_cast<DType>(stored));
    const auto bound = bind_or_die(writer);
    const auto& layer = bound.weights.layers[0];
    QCOMPARE(static_cast<int>(layer.attn_k_b.dtype), keys);
    QCOMPARE(static_cast<int>(layer.attn_v_b.dtype), values);
    QCOMPARE(layer.attn_k_b.name, std::string("blk.0.attn_k_b.weight"));
    QVERIFY(is_split_of(layer, *bound.file.find_tensor(kKvB), bound.config));
    QVERIFY(is_in_file(bound, layer.attn_v_b));
    QCOMPARE(bound.weights.owned.size(), size_t{TinyModel::kLayers});
  }

  void a_hybrid_file_uses_its_split_projections() {
    auto writer = TinyModel::writer();
    TinyModel::add(writer, kKvB,
                   {TinyModel::kKvLora, TinyModel::kHeads * (TinyModel::kNope + TinyModel::kValue)});
    const auto bound = bind_or_die(writer);
    QVERIFY(bound.weights.owned.empty());
    QVERIFY(is_in_file(bound, bound.weights.layers[0].attn_k_b));
  }

  void half_a_split_does_not_displace_the_whole() {
    auto writer = TinyModel::writer();
    TinyModel::add(writer, kKvB,
                   {TinyModel::kKvLora, TinyModel::kHeads * (TinyModel::kNope + TinyModel::kValue)});
    writer.remove_tensor("blk.0.attn_v_b.weight");
    const auto bound = bind_or_die(writer);
    QVERIFY(is_split_of(bound.weights.layers[0], *bound.file.find_tensor(kKvB), bound.config));
  }

  void heads_may_be_stored_as_rows() {
    auto writer = TinyModel::writer();
    writer.tensor("blk.0.attn_k_b.weight").shape = {TinyModel::kNope, TinyModel::kKvLora * TinyModel::kHeads};
    writer.tensor("blk.0.attn_v_b.weight").shape = {TinyModel::kKvLora,
                                                    TinyModel::kValue * TinyModel::kHeads};
    const auto flat = bind_or_die(writer), usual = bind_or_die(TinyModel::writer());
    const auto &a = flat.weights.layers[0], &b = usual.weights.layers[0];
    QVERIFY(a.attn_k_b.shape == b.attn_k_b.shape);
    QVERIFY(a.attn_v_b.shape == b.attn_v_b.shape);
    QVERIFY(values_of(a.attn_k_b) == values_of(b.attn_k_b));
  }

  void a_missing_output_is_tied_to_the_embedding() {
    auto writer = TinyModel::writer();
    QVERIFY(bind_or_die(writer).weights.output.name == "output.weight");
    writer.remove_tensor("output.weight");
    const auto bound = bind_or_die(writer);
    QCOMPARE(bound.weights.output.data.data(), bound.weights.token_embd.data.data());
  }

  void norms_routers_and_biases_are_widened_to_f32() {
    const auto wide = bind_or_die(TinyModel::writer());
    for (const DType type : {DType::F16, DType::BF16}) {
      auto writer = TinyModel::writer();
      for (const auto* name : {"output_norm.weight", "blk.0.attn_norm.weight", "blk.1.attn_kv_a_norm.weight",
                               "blk.1.ffn_gate_inp.weight", "blk.1.exp_probs_b.bias"}) {
        change_type(writer, name, type);
      }
      const auto bound = bind_or_die(writer);
      QCOMPARE(bound.weights.owned.size(), size_t{5});
      const auto &a = bound.weights.layers[1], &b = wide.weights.layers[1];
      QCOMPARE(a.ffn_gate_inp.dtype, DType::F32);
      QVERIFY(a.ffn_gate_inp.shape == shape(TinyModel::kHidden, TinyModel::kExperts));
      QVERIFY(values_of(a.ffn_gate_inp) == values_of(b.ffn_gate_inp));
      QVERIFY(values_of(a.exp_probs_b) == values_of(b.exp_probs_b));
      QVERIFY(values_of(bound.weights.output_norm) == values_of(wide.weights.output_norm));
    }
  }

  void a_model_without_shared_experts_or_bias_binds() {
    auto writer = TinyModel::writer();
    writer.set_uint("deepseek2.expert_shared_count", 0).remove_tensor("blk.1.exp_probs_b.bias");
    for (const auto* name : {"gate", "up", "down"}) {
      writer.remove_tensor("blk.1.ffn_" + std::string(name) + "_shexp.weight");
    }
    const auto bound = bind_or_die(writer);
    QVERIFY(!bound.weights.layers[1].exp_probs_b.present());
    QVERIFY(!bound.weights.layers[1].ffn_gate_shexp.present());
  }

  void each_missing_tensor_is_named() {
    const std::set<std::string> optional = {"output.weight", "blk.1.exp_probs_b.bias"};
    const auto sound = bind_or_die(TinyModel::writer());
    for (const auto& tensor : sound.file.tensors()) {
      auto writer = TinyModel::writer();
      writer.remove_tensor(tensor.name);
      const auto bound = bind(writer);
      QCOMPARE(static_cast<bool>(bound), optional.contains(tensor.name));
      if (bound) continue;
      QCOMPARE(bound.error().code, ErrorCode::BadFile);
      QVERIFY2(bound.error().message.find(tensor.name) != std::string::npos, bound.error().message.c_str());
      QVERIFY(bound.error().message.find("/models/tiny.gguf") != std::string::npos);
    }
  }

  void each_tensor_of_another_shape_is_named() {
    const auto sound = bind_or_die(TinyModel::writer());
    for (const auto& tensor : sound.file.tensors()) {
      auto writer = TinyModel::writer();
      auto& changed = writer.tensor(tensor.name);
      changed.shape.push_back(2);  // one more dimension, twice the values
      changed.data.resize(changed.data.size() * 2);
      const auto bound = bind(writer);
      QVERIFY2(!bound, tensor.name.c_str());
      QCOMPARE(bound.error().code, ErrorCode::BadFile);
      QVERIFY2(bound.error().message.find(tensor.name) != std::string::npos, bound.error().message.c_str());
    }
  }

  void a_wrong_shape_is_told_with_the_right_one() {
    auto writer = TinyModel::writer();
    writer.set_uint("deepseek2.expert_count", 16);
    const auto bound = bind(writer);
    QVERIFY(!bound);
    QVERIFY2(bound.error().message.find("64×8, but the metadata calls for 64×16") != std::string::npos,
             bound.error().message.c_str());
  }

  void each_tensor_of_an_unusable_type_is_named_with_its_type() {
    const auto sound = bind_or_die(TinyModel::writer());
    for (const auto& tensor : sound.file.tensors()) {
      auto writer = TinyModel::writer();
      auto& changed = writer.tensor(tensor.name);
      changed.dtype = DType::I32;
      const auto bound = bind(writer);
      QVERIFY2(!bound, tensor.name.c_str());
      QCOMPARE(bound.error().code, ErrorCode::Unsupported);
      for (const auto& part :
           {tensor.name, std::string("I32"), std::string("F16"), std::string("tiny.gguf")}) {
        QVERIFY2(bound.error().message.find(part) != std::string::npos, bound.error().message.c_str());
      }
    }
  }

  void an_old_projection_of_an_unusable_type_is_named() {
    auto writer = TinyModel::old_writer();
    writer.tensor(kKvB).dtype = DType::I32;
    const auto bound = bind(writer);
    QVERIFY(!bound);
    QCOMPARE(bound.error().code, ErrorCode::Unsupported);
    QVERIFY(bound.error().message.find("I32") != std::string::npos);
  }

  /// Gate first, then up, within each expert.
  void fused_experts_are_two_views() {
    auto writer = TinyModel::writer();
    writer.remove_tensor("blk.1.ffn_gate_exps.weight").remove_tensor("blk.1.ffn_up_exps.weight");
    TinyModel::add(writer, kGateUp,
                   {TinyModel::kHidden, 2 * TinyModel::kMoeIntermediate, TinyModel::kExperts});
    const auto bound = bind_or_die(writer);
    QVERIFY(bound.weights.owned.empty());
    const auto& layer = bound.weights.layers[1];
    const auto whole = values_of(*bound.file.find_tensor(kGateUp));
    const size_t half = TinyModel::kHidden * TinyModel::kMoeIntermediate;
    for (const auto& [part, offset] :
         {std::pair(&layer.ffn_gate_exps, size_t{0}), {&layer.ffn_up_exps, half}}) {
      QVERIFY(part->shape == shape(TinyModel::kHidden, TinyModel::kMoeIntermediate, TinyModel::kExperts));
      const auto values = values_of(*part);
      for (size_t i = 0; i < values.size(); ++i)
        QCOMPARE(values[i], whole[i / half * 2 * half + offset + i % half]);
    }
    QCOMPARE(layer.ffn_up_exps.name, std::string("blk.1.ffn_up_exps.weight"));
    // The view ends with the tensor, not behind it.
    const auto& fused = bound.file.find_tensor(kGateUp)->data;
    QVERIFY(layer.ffn_up_exps.data.data() + layer.ffn_up_exps.data.size() == fused.data() + fused.size());
  }

  void experts_that_are_apart_are_preferred_to_fused_ones() {
    auto writer = TinyModel::writer();
    TinyModel::add(writer, kGateUp,
                   {TinyModel::kHidden, 2 * TinyModel::kMoeIntermediate, TinyModel::kExperts});
    QCOMPARE(bind_or_die(writer).weights.layers[1].ffn_gate_exps.matrix_stride, size_t{0});
    writer.remove_tensor("blk.1.ffn_up_exps.weight");
    QVERIFY(bind_or_die(writer).weights.layers[1].ffn_gate_exps.matrix_stride != 0);
  }

  void fused_experts_of_another_width_are_named() {
    auto writer = TinyModel::writer();
    writer.remove_tensor("blk.1.ffn_gate_exps.weight").remove_tensor("blk.1.ffn_up_exps.weight");
    TinyModel::add(writer, kGateUp, {TinyModel::kHidden, TinyModel::kMoeIntermediate, TinyModel::kExperts});
    const auto bound = bind(writer);
    QVERIFY(!bound);
    QVERIFY2(bound.error().message.find(kGateUp) != std::string::npos, bound.error().message.c_str());
  }
};

QTEST_GUILESS_MAIN(ModelWeightsTest)
#include "model_weights_test.moc"
