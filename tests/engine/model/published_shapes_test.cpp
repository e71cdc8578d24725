#include "engine/model/model_config.h"
#include "tests/support/gguf_writer.h"

#include <QtTest>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace kvasir::engine;
using kvasir::test::bytes_of;
using kvasir::test::GgufWriter;

namespace {

/// The metadata that files of a published model carry (in the forms that converters gave it over time), and
/// what the model's own configuration says.
struct Published {
  const char* name;
  std::vector<std::pair<const char*, uint32_t>> keys;
  std::vector<std::pair<const char*, float>> floats;
  std::optional<bool> norm_key;
  bool yarn_key;
  ModelConfig expected;
  double mscale_all_dim;  ///< of the model's configuration; 0: no YaRN
  std::function<void(GgufWriter&)> change = [](GgufWriter&) {};
};

void add_tensor(GgufWriter& writer, const std::string& name) {
  writer.add_tensor(name, DType::F32, {1}, bytes_of(std::vector<float>{1}));
}

ModelConfig shape(uint32_t vocab, uint32_t hidden, uint32_t layers, uint32_t dense, uint32_t heads,
                  uint32_t q_lora, uint32_t nope, uint32_t v_head, uint32_t intermediate) {
  ModelConfig c;
  c.vocab_size = vocab;
  c.hidden_size = hidden;
  c.num_hidden_layers = layers;
  c.first_k_dense_replace = dense;
  c.num_attention_heads = heads;
  c.q_lora_rank = q_lora;
  c.kv_lora_rank = 512;
  c.qk_nope_head_dim = nope;
  c.qk_rope_head_dim = 64;
  c.v_head_dim = v_head;
  c.intermediate_size = intermediate;
  return c;
}

ModelConfig with_experts(ModelConfig c, uint32_t width, uint32_t experts, uint32_t used, uint32_t shared,
                         ScoringFunc scoring, bool norm, float scale, uint32_t groups = 1,
                         uint32_t groups_used = 1) {
  c.moe_intermediate_size = width;
  c.n_routed_experts = experts;
  c.num_experts_per_tok = used;
  c.n_shared_experts = shared;
  c.scoring_func = scoring;
  c.norm_topk_prob = norm;
  c.routed_scaling_factor = scale;
  c.n_group = groups;
  c.topk_group = groups_used;
  return c;
}

using Keys = std::vector<std::pair<const char*, uint32_t>>;

Keys operator+(Keys a, const Keys& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Heads as files with one `attn_kv_b` name them, and as files with split projections do.
Keys old_heads(uint32_t heads, uint32_t key, uint32_t value) {
  return {{"attention.head_count", heads},
          {"attention.head_count_kv", heads},
          {"attention.key_length", key},
          {"attention.value_length", value}};
}
Keys new_heads(uint32_t heads, uint32_t key, uint32_t value) {
  return {{"attention.head_count", heads},   {"attention.head_count_kv", 1},
          {"attention.key_length", 576},     {"attention.value_length", 512},
          {"attention.key_length_mla", key}, {"attention.value_length_mla", value}};
}

const std::vector<Published>& published() {
  constexpr auto kSoftmax = ScoringFunc::Softmax, kSigmoid = ScoringFunc::Sigmoid;
  const Keys lite = {{"block_count", 27},
                     {"context_length", 163840},
                     {"embedding_length", 2048},
                     {"feed_forward_length", 10944},
                     {"leading_dense_block_count", 1},
                     {"vocab_size", 102400},
                     {"expert_feed_forward_length", 1408},
                     {"expert_count", 64},
                     {"expert_used_count", 6},
                     {"expert_shared_count", 2},
                     {"rope.scaling.original_context_length", 4096}};
  const Keys v2 = {{"block_count", 60},
                   {"context_length", 163840},
                   {"embedding_length", 5120},
                   {"feed_forward_length", 12288},
                   {"leading_dense_block_count", 1},
                   {"vocab_size", 102400},
                   {"attention.q_lora_rank", 1536},
                   {"expert_feed_forward_length", 1536},
                   {"expert_count", 160},
                   {"expert_used_count", 6},
                   {"expert_shared_count", 2},
                   {"rope.scaling.original_context_length", 4096}};
  const Keys v3 = {{"block_count", 61},
                   {"context_length", 163840},
                   {"embedding_length", 7168},
                   {"feed_forward_length", 18432},
                   {"leading_dense_block_count", 3},
                   {"vocab_size", 129280},
                   {"attention.q_lora_rank", 1536},
                   {"expert_feed_forward_length", 2048},
                   {"expert_count", 256},
                   {"expert_used_count", 8},
                   {"expert_shared_count", 1},
                   {"expert_gating_func", 2},
                   {"rope.scaling.original_context_length", 4096}};
  const Keys kimi = {{"block_count", 61},
                     {"context_length", 262144},
                     {"embedding_length", 7168},
                     {"feed_forward_length", 18432},
                     {"leading_dense_block_count", 1},
                     {"vocab_size", 163840},
                     {"attention.q_lora_rank", 1536},
                     {"expert_feed_forward_length", 2048},
                     {"expert_count", 384},
                     {"expert_used_count", 8},
                     {"expert_shared_count", 1},
                     {"expert_gating_func", 2},
                     {"expert_group_count", 1},
                     {"expert_group_used_count", 1},
                     {"rope.scaling.original_context_length", 4096}};
  const Keys moonlight = {{"block_count", 27},
                          {"context_length", 8192},
                          {"embedding_length", 2048},
                          {"feed_forward_length", 11264},
                          {"leading_dense_block_count", 1},
                          {"vocab_size", 163840},
                          {"expert_feed_forward_length", 1408},
                          {"expert_count", 64},
                          {"expert_used_count", 6},
                          {"expert_shared_count", 2},
                          {"expert_gating_func", 2}};
  const Keys giga = {{"block_count", 26},
                     {"context_length", 262144},
                     {"embedding_length", 1536},
                     {"feed_forward_length", 8960},
                     {"leading_dense_block_count", 1},
                     {"vocab_size", 128256},
                     {"expert_feed_forward_length", 1280},
                     {"expert_count", 64},
                     {"expert_used_count", 4},
                     {"expert_shared_count", 1},
                     {"expert_gating_func", 2}};
  const Keys glm = {{"context_length", 202752},
                    {"embedding_length", 2048},
                    {"feed_forward_length", 10240},
                    {"leading_dense_block_count", 1},
                    {"vocab_size", 154880},
                    {"attention.q_lora_rank", 768},
                    {"expert_feed_forward_length", 1536},
                    {"expert_count", 64},
                    {"expert_used_count", 4},
                    {"expert_shared_count", 1}};
  const auto lite_shape =
      with_experts(shape(102400, 2048, 27, 1, 16, 0, 128, 128, 10944), 1408, 64, 6, 2, kSoftmax, false, 1.0f);
  const auto v2_shape = [](uint32_t groups, uint32_t used) {
    return with_experts(shape(102400, 5120, 60, 1, 128, 1536, 128, 128, 12288), 1536, 160, 6, 2, kSoftmax,
                        false, 16.0f, groups, used);
  };
  const auto v3_shape = [](uint32_t groups, uint32_t used) {
    return with_experts(shape(129280, 7168, 61, 3, 128, 1536, 128, 128, 18432), 2048, 256, 8, 1, kSigmoid,
                        true, 2.5f, groups, used);
  };
  const auto glm_shape = with_experts(shape(154880, 2048, 47, 1, 20, 768, 192, 256, 10240), 1536, 64, 4, 1,
                                      kSigmoid, true, 1.8f);
  const auto add_prediction_block = [](GgufWriter& w) { add_tensor(w, "blk.47.nextn.eh_proj.weight"); };

  static const std::vector<Published> all = {
      {"V2-Lite, first files",
       lite + old_heads(16, 192, 128),
       {{"expert_weights_scale", 1.0f},
        {"rope.scaling.factor", 40.0f},
        {"rope.scaling.yarn_log_multiplier", 0.0707f}},
       {},
       true,
       lite_shape,
       0.707},
      {"V2-Lite, present files",
       lite + new_heads(16, 192, 128) +
           Keys{{"expert_gating_func", 1}, {"expert_group_count", 1}, {"expert_group_used_count", 1}},
       {{"expert_weights_scale", 1.0f},
        {"rope.scaling.factor", 40.0f},
        {"rope.scaling.yarn_log_multiplier", 0.0707f}},
       false,
       true,
       lite_shape,
       0.707},
      {"V2.5",
       v2 + old_heads(128, 192, 128),
       {{"expert_weights_scale", 16.0f},
        {"rope.scaling.factor", 40.0f},
        {"rope.scaling.yarn_log_multiplier", 0.1f}},
       {},
       true,
       v2_shape(1, 1),
       1.0},
      {"V2 with groups",
       v2 + new_heads(128, 192, 128) +
           Keys{{"expert_gating_func", 1}, {"expert_group_count", 8}, {"expert_group_used_count", 3}},
       {{"expert_weights_scale", 16.0f},
        {"rope.scaling.factor", 40.0f},
        {"rope.scaling.yarn_log_multiplier", 0.0707f}},
       false,
       true,
       v2_shape(8, 3),
       0.707},
      {"V3 and R1, first files",
       v3 + old_heads(128, 192, 128),
       {{"expert_weights_scale", 2.5f},
        {"rope.scaling.factor", 40.0f},
        {"rope.scaling.yarn_log_multiplier", 0.1f}},
       true,
       true,
       v3_shape(1, 1),
       1.0},
      {"V3.1, present files",
       v3 + new_heads(128, 192, 128) + Keys{{"expert_group_count", 8}, {"expert_group_used_count", 4}},
       {{"expert_weights_scale", 2.5f},
        {"rope.scaling.factor", 40.0f},
        {"rope.scaling.yarn_log_multiplier", 0.1f}},
       true,
       true,
       v3_shape(8, 4),
       1.0},
      {"Kimi K2",
       kimi + new_heads(64, 192, 128),
       {{"expert_weights_scale", 2.827f},
        {"rope.scaling.factor", 64.0f},
        {"rope.scaling.yarn_log_multiplier", 0.1f},
        {"rope.scaling.yarn_beta_fast", 1.0f},
        {"rope.scaling.yarn_beta_slow", 1.0f}},
       true,
       true,
       with_experts(shape(163840, 7168, 61, 1, 64, 1536, 128, 128, 18432), 2048, 384, 8, 1, kSigmoid, true,
                    2.827f),
       1.0},
      {"Moonlight",
       moonlight + new_heads(16, 192, 128),
       {{"expert_weights_scale", 2.446f}},
       true,
       false,
       with_experts(shape(163840, 2048, 27, 1, 16, 0, 128, 128, 11264), 1408, 64, 6, 2, kSigmoid, true,
                    2.446f),
       0},
      {"GigaChat 3 Lightning",
       giga + new_heads(32, 192, 192),
       {{"expert_weights_scale", 1.0f}},
       true,
       false,
       with_experts(shape(128256, 1536, 26, 1, 32, 0, 128, 192, 8960), 1280, 64, 4, 1, kSigmoid, true, 1.0f),
       0},
      {"GLM-4.7-Flash, first files",
       glm + new_heads(20, 256, 256) + Keys{{"block_count", 47}},
       {{"expert_weights_scale", 1.8f}},
       true,
       false,
       glm_shape,
       0},
      {"GLM-4.7-Flash, present files",
       glm + new_heads(20, 256, 256) +
           Keys{{"block_count", 47},
                {"expert_gating_func", 2},
                {"expert_group_count", 1},
                {"expert_group_used_count", 1}},
       {{"expert_weights_scale", 1.8f}},
       true,
       false,
       glm_shape,
       0},
      {"GLM-4.7-Flash with its prediction block",
       glm + new_heads(20, 256, 256) + Keys{{"block_count", 48}, {"nextn_predict_layers", 1}},
       {{"expert_weights_scale", 1.8f}},
       true,
       false,
       glm_shape,
       0,
       add_prediction_block},
      {"GLM-4.7-Flash that counts a prediction block which it lacks",
       glm + new_heads(20, 256, 256) + Keys{{"block_count", 48}, {"nextn_predict_layers", 1}},
       {{"expert_weights_scale", 1.8f}},
       true,
       false,
       glm_shape,
       0},
      {"GLM-4.7-Flash that announces a prediction block beyond its count",
       glm + new_heads(20, 256, 256) + Keys{{"block_count", 47}, {"nextn_predict_layers", 1}},
       {{"expert_weights_scale", 1.8f}},
       true,
       false,
       glm_shape,
       0},
  };
  return all;
}

std::string key(std::string_view name) {
  return "deepseek2." + std::string(name);
}

/// A file with the model's metadata and the tensors that the configuration looks at, without their data.
GgufWriter writer_of(const Published& model) {
  GgufWriter writer;
  writer.set_string("general.architecture", "deepseek2").set_string("general.name", model.name);
  for (const auto& [name, value] : model.keys) writer.set_uint(key(name), value);
  for (const auto& [name, value] : model.floats) writer.set_float(key(name), value);
  writer.set_uint(key("attention.kv_lora_rank"), 512).set_uint(key("rope.dimension_count"), 64);
  if (model.norm_key) writer.set_bool(key("expert_weights_norm"), *model.norm_key);
  if (model.yarn_key) writer.set_string(key("rope.scaling.type"), "yarn");
  for (uint32_t i = 0; i < model.expected.num_hidden_layers; ++i)
    add_tensor(writer, "blk." + std::to_string(i) + ".attn_norm.weight");
  if (model.expected.q_lora_rank != 0) add_tensor(writer, "blk.0.attn_q_a.weight");
  model.change(writer);
  return writer;
}

}  // namespace

class PublishedShapesTest : public QObject {
  Q_OBJECT

 private slots:
  void every_published_model_has_its_shape_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < published().size(); ++i) QTest::newRow(published()[i].name) << static_cast<int>(i);
  }

  void every_published_model_has_its_shape() {
    QFETCH(int, index);
    const Published& model = published()[static_cast<size_t>(index)];
    const auto file = GgufFile::from_bytes(writer_of(model).build(), "published.gguf");
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    const auto config = ModelConfig::from_gguf(*file);
    QVERIFY2(config, config ? "" : config.error().message.c_str());

    const ModelConfig& expected = model.expected;
    QCOMPARE(config->vocab_size, expected.vocab_size);
    QCOMPARE(config->hidden_size, expected.hidden_size);
    QCOMPARE(config->num_hidden_layers, expected.num_hidden_layers);
    QCOMPARE(config->first_k_dense_replace, expected.first_k_dense_replace);
    QCOMPARE(config->num_attention_heads, expected.num_attention_heads);
    QCOMPARE(config->q_lora_rank, expected.q_lora_rank);
    QCOMPARE(config->kv_lora_rank, expected.kv_lora_rank);
    QCOMPARE(config->qk_nope_head_dim, expected.qk_nope_head_dim);
    QCOMPARE(config->qk_rope_head_dim, expected.qk_rope_head_dim);
    QCOMPARE(config->v_head_dim, expected.v_head_dim);
    QCOMPARE(config->intermediate_size, expected.intermediate_size);
    QCOMPARE(config->moe_intermediate_size, expected.moe_intermediate_size);
    QCOMPARE(config->n_routed_experts, expected.n_routed_experts);
    QCOMPARE(config->num_experts_per_tok, expected.num_experts_per_tok);
    QCOMPARE(config->n_shared_experts, expected.n_shared_experts);
    QCOMPARE(config->scoring_func, expected.scoring_func);
    QCOMPARE(config->norm_topk_prob, expected.norm_topk_prob);
    QCOMPARE(config->routed_scaling_factor, expected.routed_scaling_factor);
    QCOMPARE(config->n_group, expected.n_group);
    QCOMPARE(config->topk_group, expected.topk_group);

    // DeepSeek's own formula, from the model's own configuration.
    double scale = 1.0 / std::sqrt(expected.qk_nope_head_dim + 64.0);
    QCOMPARE(config->yarn.has_value(), model.mscale_all_dim != 0);
    if (config->yarn) {
      const double mscale =
          0.1 * model.mscale_all_dim * std::log(static_cast<double>(config->yarn->factor)) + 1.0;
      scale *= mscale * mscale;
    }
    QVERIFY(std::abs(static_cast<double>(config->softmax_scale()) / scale - 1) < 1e-6);
  }

  void a_model_that_scales_queries_by_position_is_refused() {
    auto writer = writer_of(published().front());
    writer.set_float(key("attention.temperature_scale"), 0.1f);
    const auto file = GgufFile::from_bytes(writer.build(), "/models/large.gguf");
    const auto config = ModelConfig::from_gguf(*file);
    QVERIFY(!config);
    QCOMPARE(config.error().code, ErrorCode::Unsupported);
    for (const char* part : {"/models/large.gguf", "temperature_scale"})
      QVERIFY2(config.error().message.find(part) != std::string::npos, config.error().message.c_str());
    writer.set_float(key("attention.temperature_scale"), 0.0f);
    QVERIFY(ModelConfig::from_gguf(*GgufFile::from_bytes(writer.build(), "large.gguf")));
  }
};

QTEST_GUILESS_MAIN(PublishedShapesTest)
#include "published_shapes_test.moc"
