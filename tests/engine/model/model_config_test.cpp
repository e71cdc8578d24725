#include "engine/model/model_config.h"

#include "tests/support/tiny_model.h"

#include <QtTest>
#include <cmath>
#include <functional>

using namespace kvasir::engine;
using kvasir::test::ByteWriter;
using kvasir::test::GgufWriter;
using kvasir::test::TinyModel;

namespace {

Result<ModelConfig> read_config(const GgufWriter& writer) {
  const auto file = GgufFile::from_bytes(writer.build(), "/models/tiny.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return ModelConfig::from_gguf(*file);
}

ModelConfig config_of(const GgufWriter& writer) {
  auto config = read_config(writer);
  if (!config) qFatal("%s", config.error().message.c_str());
  return *config;
}

std::string key(std::string_view name) {
  return "deepseek2." + std::string(name);
}

GgufWriter yarn_writer() {
  auto writer = TinyModel::writer();
  writer.set_string(key("rope.scaling.type"), "yarn").set_float(key("rope.scaling.factor"), 40.0f);
  writer.set_uint(key("rope.scaling.original_context_length"), 4096);
  writer.set_float(key("rope.scaling.yarn_log_multiplier"), 0.1f);
  return writer;
}

struct Broken {
  const char* name;
  ErrorCode code;
  const char* says;
  std::function<void(GgufWriter&)> damage;
};

const std::vector<Broken>& broken_configs() {
  using W = GgufWriter;
  static const std::vector<Broken> all = {
      {"no architecture", ErrorCode::BadFile, "general.architecture",
       [](W& w) { w.remove("general.architecture"); }},
      {"llama", ErrorCode::Unsupported, "“llama”",
       [](W& w) { w.set_string("general.architecture", "llama"); }},
      {"no block count", ErrorCode::BadFile, "block_count", [](W& w) { w.remove(key("block_count")); }},
      {"no blocks", ErrorCode::BadFile, "block_count", [](W& w) { w.set_uint(key("block_count"), 0); }},
      {"too many blocks", ErrorCode::BadFile, "block_count",
       [](W& w) { w.set_uint(key("block_count"), 100000); }},
      {"block count as text", ErrorCode::BadFile, "not a whole number",
       [](W& w) { w.set_string(key("block_count"), "2"); }},
      {"negative context", ErrorCode::BadFile, "context_length",
       [](W& w) { w.set<int32_t>(key("context_length"), GgufValueType::I32, -1); }},
      {"no width", ErrorCode::BadFile, "embedding_length", [](W& w) { w.remove(key("embedding_length")); }},
      {"huge width", ErrorCode::BadFile, "embedding_length",
       [](W& w) { w.set_uint(key("embedding_length"), UINT32_MAX); }},
      {"no heads", ErrorCode::BadFile, "head_count",
       [](W& w) { w.set_uint(key("attention.head_count"), 0); }},
      {"no kv rank", ErrorCode::BadFile, "kv_lora_rank",
       [](W& w) { w.remove(key("attention.kv_lora_rank")); }},
      {"odd rotation", ErrorCode::BadFile, "odd number",
       [](W& w) { w.set_uint(key("rope.dimension_count"), 3); }},
      {"head no longer than its rotation", ErrorCode::BadFile, "rotated",
       [](W& w) { w.set_uint(key("attention.key_length_mla"), TinyModel::kRope); }},
      {"infinite rotation base", ErrorCode::BadFile, "freq_base",
       [](W& w) { w.set_float(key("rope.freq_base"), INFINITY); }},
      {"epsilon that is no number", ErrorCode::BadFile, "epsilon",
       [](W& w) { w.set_float(key("attention.layer_norm_rms_epsilon"), NAN); }},
      {"more dense blocks than blocks", ErrorCode::BadFile, "leading_dense",
       [](W& w) { w.set_uint(key("leading_dense_block_count"), 3); }},
      {"dense blocks of no width", ErrorCode::BadFile, "feed_forward_length",
       [](W& w) { w.remove(key("feed_forward_length")); }},
      {"more experts used than there are", ErrorCode::BadFile, "more experts",
       [](W& w) { w.set_uint(key("expert_used_count"), 9); }},
      {"no experts", ErrorCode::BadFile, "expert_count", [](W& w) { w.set_uint(key("expert_count"), 0); }},
      {"no expert used", ErrorCode::BadFile, "expert_used_count",
       [](W& w) { w.set_uint(key("expert_used_count"), 0); }},
      {"too many shared experts", ErrorCode::BadFile, "expert_shared_count",
       [](W& w) { w.set_uint(key("expert_shared_count"), 1u << 20); }},
      {"unknown router", ErrorCode::Unsupported, "method 4",
       [](W& w) { w.set_uint(key("expert_gating_func"), 4); }},
      {"negative scale", ErrorCode::BadFile, "expert_weights_scale",
       [](W& w) { w.set_float(key("expert_weights_scale"), -1.0f); }},
      {"norm as a number", ErrorCode::BadFile, "expert_weights_norm",
       [](W& w) { w.set_uint(key("expert_weights_norm"), 1); }},
      {"uneven groups", ErrorCode::BadFile, "evenly", [](W& w) { w.set_uint(key("expert_group_count"), 3); }},
      {"more groups used than there are", ErrorCode::BadFile, "more groups",
       [](W& w) { w.set_uint(key("expert_group_count"), 2).set_uint(key("expert_group_used_count"), 3); }},
      {"groups of one", ErrorCode::BadFile, "single expert",
       [](W& w) { w.set_uint(key("expert_group_count"), 8).set_uint(key("expert_group_used_count"), 4); }},
      {"groups that hold too little", ErrorCode::BadFile, "groups that it selects",
       [](W& w) {
         w.set_uint(key("expert_group_count"), 4).set_uint(key("expert_group_used_count"), 1);
         w.set_uint(key("expert_used_count"), 3);
       }},
      {"linear scaling", ErrorCode::Unsupported, "“linear”",
       [](W& w) {
         w.set_string(key("rope.scaling.type"), "linear").set_float(key("rope.scaling.factor"), 2.0f);
       }},
      {"scaling without a type", ErrorCode::Unsupported, "“linear”",
       [](W& w) { w.set_float(key("rope.scaling.factor"), 2.0f); }},
      {"scaling type as a number", ErrorCode::BadFile, "not a text",
       [](W& w) { w.set_uint(key("rope.scaling.type"), 2).set_float(key("rope.scaling.factor"), 2.0f); }},
      {"shrinking", ErrorCode::BadFile, "below one",
       [](W& w) {
         w.set_string(key("rope.scaling.type"), "yarn").set_float(key("rope.scaling.factor"), 0.5f);
       }},
  };
  return all;
}

}  // namespace

class ModelConfigTest : public QObject {
  Q_OBJECT

 private slots:
  void golden_files_have_the_dimensions_of_their_keys_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QList<int>>("dims");  // in the order of the comparison below
    const QString golden = KVASIR_GOLDEN_DIR;
    const QList<int> lite = {512, 64, 27, 1, 2, 0, 32, 16, 8, 16, 160, 32, 4, 2, 2, 1, 1};
    const QList<int> v3 = {512, 64, 4, 1, 4, 48, 32, 16, 8, 16, 160, 32, 16, 4, 1, 4, 2};
    const QList<int> glm = {512, 64, 4, 1, 4, 48, 32, 24, 8, 32, 160, 32, 16, 4, 1, 1, 1};
    const QList<int> starter = {4096, 256, 6, 1, 4, 96, 64, 32, 16, 32, 768, 128, 16, 2, 1, 1, 1};
    QTest::newRow("v2-lite") << golden + "/deepseek2-v2-lite.gguf" << lite;
    QTest::newRow("v2-lite, old") << golden + "/deepseek2-v2-lite-kv_b.gguf" << lite;
    QTest::newRow("v2 with yarn, old") << golden + "/deepseek2-v2-yarn-kv_b.gguf" << lite;
    QTest::newRow("v3") << golden + "/deepseek2-v3.gguf" << v3;
    QTest::newRow("glm") << golden + "/deepseek2-glm-4.7-flash.gguf" << glm;
    QTest::newRow("starter") << QString(KVASIR_STARTER_MODEL) << starter;
  }

  void golden_files_have_the_dimensions_of_their_keys() {
    QFETCH(QString, path);
    QFETCH(QList<int>, dims);
    const auto file = GgufFile::open(path.toStdString());
    QVERIFY(file);
    const auto config = ModelConfig::from_gguf(*file);
    QVERIFY2(config, config ? "" : config.error().message.c_str());
    QList<int> actual;
    for (const uint32_t value :
         {config->vocab_size, config->hidden_size, config->num_hidden_layers, config->first_k_dense_replace,
          config->num_attention_heads, config->q_lora_rank, config->kv_lora_rank, config->qk_nope_head_dim,
          config->qk_rope_head_dim, config->v_head_dim, config->intermediate_size,
          config->moe_intermediate_size, config->n_routed_experts, config->num_experts_per_tok,
          config->n_shared_experts, config->n_group, config->topk_group}) {
      actual << static_cast<int>(value);
    }
    QCOMPARE(actual, dims);
    QCOMPARE(config->architecture, std::string("deepseek2"));
  }

  void a_v3_file_routes_by_sigmoid_in_groups_and_scales_by_yarn() {
    const auto file = GgufFile::open(std::string(KVASIR_GOLDEN_DIR) + "/deepseek2-v3.gguf");
    QVERIFY(file);
    const auto config = ModelConfig::from_gguf(*file).value();
    QCOMPARE(config.name, std::string("synthetic micro-v3"));
    QCOMPARE(config.max_position_embeddings, 163840u);
    QCOMPARE(config.scoring_func, ScoringFunc::Sigmoid);
    QVERIFY(config.norm_topk_prob);
    QCOMPARE(config.routed_scaling_factor, 2.5f);
    QVERIFY(config.yarn.has_value());
    QCOMPARE(config.yarn->factor, 40.0f);
    QCOMPARE(config.yarn->original_max_position_embeddings, 4096u);
    QCOMPARE(config.yarn->beta_fast, 32.0f);
    QCOMPARE(config.yarn->beta_slow, 1.0f);
    QCOMPARE(config.yarn->log_multiplier, 0.1f);
  }

  /// The published factor for 192-dimensional heads: (0.1·ln 40 + 1)² / √192.
  void yarn_scales_attention_as_published() {
    ModelConfig config;
    config.qk_nope_head_dim = 128;
    config.qk_rope_head_dim = 64;
    QCOMPARE(config.softmax_scale(), 0.0721687836f);
    config.yarn = YarnConfig{40.0f, 4096, 32.0f, 1.0f, 0.1f};
    QCOMPARE(config.softmax_scale(), 0.1352337788f);
    config.yarn->log_multiplier = 0.0707f;  // DeepSeek-V2: mscale_all_dim 0.707
    QCOMPARE(config.softmax_scale(), 0.1147213868f);
    config.yarn->log_multiplier = 0.0f;
    QCOMPARE(config.softmax_scale(), 0.0721687836f);
  }

  void yarn_bounds_can_be_given() {
    auto writer = yarn_writer();
    writer.set_float(key("rope.scaling.yarn_beta_fast"), 24.0f)
        .set_float(key("rope.scaling.yarn_beta_slow"), 2.0f);
    const auto config = config_of(writer);
    QCOMPARE(config.yarn->beta_fast, 24.0f);
    QCOMPARE(config.yarn->beta_slow, 2.0f);
    writer.set_float(key("rope.scaling.yarn_beta_slow"), 25.0f);
    QVERIFY(!read_config(writer));
  }

  void yarn_without_an_original_length_means_the_trained_one() {
    auto writer = yarn_writer();
    writer.remove(key("rope.scaling.original_context_length"));
    QCOMPARE(config_of(writer).yarn->original_max_position_embeddings, 128u);
  }

  void a_factor_of_one_scales_nothing() {
    auto writer = yarn_writer();
    writer.set_float(key("rope.scaling.factor"), 1.0f);
    QVERIFY(!config_of(writer).yarn);
  }

  void scaling_of_type_none_is_none() {
    auto writer = yarn_writer();
    writer.set_string(key("rope.scaling.type"), "none");
    QVERIFY(!config_of(writer).yarn);
  }

  void what_old_files_leave_out_has_its_old_meaning() {
    auto writer = TinyModel::writer();
    writer.remove(key("rope.freq_base")).remove(key("attention.layer_norm_rms_epsilon"));
    const auto config = config_of(writer);
    QCOMPARE(config.scoring_func, ScoringFunc::Softmax);
    QCOMPARE(config.norm_topk_prob, false);
    QCOMPARE(config.routed_scaling_factor, 1.0f);
    QCOMPARE(config.n_group, 1u);
    QCOMPARE(config.topk_group, 1u);
    QCOMPARE(config.rope_theta, 10000.0f);
    QCOMPARE(config.rms_norm_eps, 1e-6f);
    QVERIFY(!config.yarn);
  }

  void zeros_stand_for_what_is_not_given() {
    auto writer = TinyModel::writer();
    writer.set_float(key("expert_weights_scale"), 0.0f).set_uint(key("expert_gating_func"), 0);
    writer.set_uint(key("expert_group_count"), 0).set_uint(key("expert_group_used_count"), 0);
    const auto config = config_of(writer);
    QCOMPARE(config.routed_scaling_factor, 1.0f);
    QCOMPARE(config.scoring_func, ScoringFunc::Softmax);
    QCOMPARE(config.n_group, 1u);
    QCOMPARE(config.topk_group, 1u);
  }

  void groups_without_a_number_to_use_are_all_used() {
    auto writer = TinyModel::writer();
    writer.set_uint(key("expert_group_count"), 4);
    QCOMPARE(config_of(writer).n_group, 4u);
    QCOMPARE(config_of(writer).topk_group, 4u);
  }

  void a_glm_flash_file_without_a_gating_key_means_sigmoid() {
    auto writer = TinyModel::writer();
    writer.set_uint(key("vocab_size"), 154880);
    for (const uint32_t blocks : {46u, 47u, 48u, 49u}) {
      writer.set_uint(key("block_count"), blocks);
      const bool is_flash = blocks == 47 || blocks == 48;
      QCOMPARE(config_of(writer).scoring_func, is_flash ? ScoringFunc::Sigmoid : ScoringFunc::Softmax);
    }
    writer.set_uint(key("block_count"), 47).set_uint(key("expert_gating_func"), 1);
    QCOMPARE(config_of(writer).scoring_func, ScoringFunc::Softmax);
    writer.remove(key("expert_gating_func")).set_uint(key("vocab_size"), 154881);
    QCOMPARE(config_of(writer).scoring_func, ScoringFunc::Softmax);
  }

  void old_and_new_and_hybrid_files_agree_on_the_heads() {
    auto hybrid = TinyModel::old_writer();  // old keys, all three tensors
    TinyModel::add(hybrid, "blk.0.attn_k_b.weight",
                   {TinyModel::kNope, TinyModel::kKvLora, TinyModel::kHeads});
    TinyModel::add(hybrid, "blk.0.attn_v_b.weight",
                   {TinyModel::kKvLora, TinyModel::kValue, TinyModel::kHeads});
    auto flat = TinyModel::old_writer();  // the same with two dimensions
    TinyModel::add(flat, "blk.0.attn_k_b.weight", {TinyModel::kNope, TinyModel::kKvLora * TinyModel::kHeads});
    TinyModel::add(flat, "blk.0.attn_v_b.weight",
                   {TinyModel::kKvLora, TinyModel::kValue * TinyModel::kHeads});
    auto keyless = TinyModel::writer();  // new tensors, key_length of the latent row, no _mla keys
    keyless.remove(key("attention.key_length_mla")).remove(key("attention.value_length_mla"));
    for (const auto& writer : {TinyModel::writer(), TinyModel::old_writer(), hybrid, flat, keyless}) {
      const auto config = config_of(writer);
      QCOMPARE(config.qk_nope_head_dim, TinyModel::kNope);
      QCOMPARE(config.qk_rope_head_dim, TinyModel::kRope);
      QCOMPARE(config.qk_head_dim(), TinyModel::kNope + TinyModel::kRope);
      QCOMPARE(config.v_head_dim, TinyModel::kValue);
      QCOMPARE(config.kv_width(), TinyModel::kKvLora + TinyModel::kRope);
    }
  }

  void a_query_rank_without_its_tensors_is_ignored() {
    auto writer = TinyModel::writer();
    writer.set_uint(key("attention.q_lora_rank"), 1536);
    QCOMPARE(config_of(writer).q_lora_rank, 0u);
  }

  void a_query_rank_without_its_key_is_that_of_the_tensor() {
    auto writer = TinyModel::writer();
    TinyModel::add(writer, "blk.0.attn_q_a.weight", {TinyModel::kHidden, 12});
    QCOMPARE(config_of(writer).q_lora_rank, 12u);
  }

  void what_tensors_tell_need_not_be_in_keys() {
    auto writer = TinyModel::writer();
    writer.remove(key("vocab_size"))
        .remove(key("leading_dense_block_count"))
        .remove(key("expert_shared_count"));
    const auto config = config_of(writer);
    QCOMPARE(config.vocab_size, TinyModel::kVocab);
    QCOMPARE(config.first_k_dense_replace, TinyModel::kDenseLayers);
    QCOMPARE(config.n_shared_experts, TinyModel::kShared);
  }

  void a_vocabulary_is_counted_where_no_key_names_its_size() {
    auto writer = TinyModel::writer();
    writer.remove(key("vocab_size")).remove_tensor("token_embd.weight");
    QVERIFY(!read_config(writer));
    writer.set_strings("tokenizer.ggml.tokens", {"a", "b", "c"});
    QCOMPARE(config_of(writer).vocab_size, 3u);
  }

  void blocks_that_predict_further_tokens_are_not_run() {
    auto writer = TinyModel::writer();
    writer.set_uint(key("block_count"), TinyModel::kLayers + 1);
    TinyModel::add(writer, "blk.2.nextn.eh_proj.weight", {TinyModel::kHidden * 2, TinyModel::kHidden});
    QCOMPARE(config_of(writer).num_hidden_layers, TinyModel::kLayers);
  }

  void a_model_of_dense_blocks_needs_no_expert_keys() {
    auto writer = TinyModel::writer();
    writer.set_uint(key("leading_dense_block_count"), TinyModel::kLayers);
    for (const auto* name : {"expert_count", "expert_used_count", "expert_feed_forward_length"}) {
      writer.remove(key(name));
    }
    const auto config = config_of(writer);
    QCOMPARE(config.n_routed_experts, 0u);
    QVERIFY(config.is_dense(TinyModel::kLayers - 1));
  }

  void a_nameless_model_has_the_name_of_its_file() {
    auto writer = TinyModel::writer();
    QCOMPARE(config_of(writer).name, std::string("Tiny"));
    writer.remove("general.name");
    QCOMPARE(config_of(writer).name, std::string("tiny"));
  }

  void a_vocabulary_file_is_no_model() {
    const auto file = GgufFile::open(std::string(KVASIR_EXTRACTED_GOLDEN_DIR) + "/deepseek-v3-vocab.gguf");
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    const auto config = ModelConfig::from_gguf(*file);
    QVERIFY(!config);
    QCOMPARE(config.error().code, ErrorCode::Unsupported);
    QVERIFY(config.error().message.find("vocabulary") != std::string::npos);
  }

  void broken_metadata_is_refused_with_its_reason_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < broken_configs().size(); ++i) {
      QTest::newRow(broken_configs()[i].name) << static_cast<int>(i);
    }
  }

  void broken_metadata_is_refused_with_its_reason() {
    QFETCH(int, index);
    const auto& broken = broken_configs()[static_cast<size_t>(index)];
    auto writer = TinyModel::writer();
    broken.damage(writer);
    const auto config = read_config(writer);
    QVERIFY(!config);
    const auto& message = config.error().message;
    QVERIFY2(config.error().code == broken.code, message.c_str());
    QVERIFY2(message.find("/models/tiny.gguf") != std::string::npos, message.c_str());
    QVERIFY2(message.find(broken.says) != std::string::npos, message.c_str());
  }
};

QTEST_GUILESS_MAIN(ModelConfigTest)
#include "model_config_test.moc"
