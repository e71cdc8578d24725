#include "engine/model/model_config.h"

#include "engine/gguf/messages.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <string_view>
#include <utility>

namespace kvasir::engine {
namespace {

constexpr std::string_view kArchitecture = "deepseek2";

// Bounds far above every published model, yet so low that no product of the dimensions below overflows 32
// bits and none of them alone asks for absurd memory.
constexpr uint64_t kMaxVocab = 1u << 22;
constexpr uint64_t kMaxContext = 1u << 30;
constexpr uint64_t kMaxWidth = 1u << 18;  // hidden, intermediate and all shared experts together
constexpr uint64_t kMaxLayers = 1024;
constexpr uint64_t kMaxHeads = 2048;
constexpr uint64_t kMaxHeadDim = 4096;
constexpr uint64_t kMaxLoraRank = 1u << 16;
constexpr uint64_t kMaxExperts = 4096;

std::string tensor_name(uint64_t layer, std::string_view suffix) {
  return "blk." + std::to_string(layer) + "." + std::string(suffix);
}

/// Reads the architecture's keys and remembers the first thing that was wrong; later reads then return zeros.
class KeyReader {
 public:
  explicit KeyReader(const GgufFile& file) : file_(file) {}

  static std::string key(std::string_view name) {
    return std::string(kArchitecture) + "." + std::string(name);
  }

  bool has(std::string_view name) const { return file_.has(key(name)); }

  uint32_t require_uint(std::string_view name, uint64_t lowest, uint64_t highest) {
    if (!has(name)) {
      complain(ErrorCode::BadFile, "its metadata lacks " + quote(key(name)));
      return 0;
    }
    return optional_uint(name, 0, lowest, highest);
  }

  uint32_t optional_uint(std::string_view name, uint64_t fallback, uint64_t lowest, uint64_t highest) {
    const std::string full = key(name);
    if (!file_.has(full)) return static_cast<uint32_t>(fallback);
    const auto value = file_.get_uint(full);
    if (!value) {
      complain(ErrorCode::BadFile, quote(full) + " is not a whole number");
      return 0;
    }
    return check(full, *value, lowest, highest);
  }

  uint32_t check(std::string_view what, uint64_t value, uint64_t lowest, uint64_t highest) {
    if (value < lowest || value > highest) {
      complain(ErrorCode::BadFile, quote(what) + " is " + std::to_string(value) + ", which lies outside " +
                                       std::to_string(lowest) + " to " + std::to_string(highest));
      return 0;
    }
    return static_cast<uint32_t>(value);
  }

  /// A finite number; `fallback` where the key is absent.
  float optional_float(std::string_view name, float fallback, float lowest, float highest) {
    const std::string full = key(name);
    if (!file_.has(full)) return fallback;
    const auto value = file_.get_float(full);
    if (!value || !(*value >= static_cast<double>(lowest) && *value <= static_cast<double>(highest))) {
      complain(ErrorCode::BadFile, quote(full) + " is no sensible number");
      return fallback;
    }
    return static_cast<float>(*value);
  }

  bool optional_bool(std::string_view name, bool fallback) {
    const std::string full = key(name);
    if (!file_.has(full)) return fallback;
    const auto value = file_.get_bool(full);
    if (!value) complain(ErrorCode::BadFile, quote(full) + " is neither true nor false");
    return value.value_or(fallback);
  }

  void require(bool condition, const std::string& otherwise) {
    if (!condition) complain(ErrorCode::BadFile, otherwise);
  }

  void complain(ErrorCode code, const std::string& what) {
    if (error_) return;
    error_ = code == ErrorCode::BadFile
                 ? damaged_model(file_.path(), what).value()
                 : Error{code, "The model file " + quote_path(file_.path()) + " " + what};
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  const GgufFile& file_;
  std::optional<Error> error_;
};

/// Refuses what is no runnable `deepseek2` network before any dimension is read.
std::optional<Error> refuse_other_kinds(const GgufFile& file) {
  const auto architecture = file.get_string("general.architecture");
  if (!architecture) {
    return damaged_model(file.path(), "it does not say what kind of model it is (“general.architecture”)")
        .value();
  }
  const std::string subject = "The model file " + quote_path(file.path()) + " ";
  if (*architecture != kArchitecture) {
    return Error{ErrorCode::Unsupported,
                 subject + "holds a model of the kind " + quote(*architecture) +
                     ". This version runs models of the kind “deepseek2”: DeepSeek V2, V3 and R1, Moonlight, "
                     "Kimi K2, GigaChat 3 and GLM-4.7-Flash. Choose one of those."};
  }
  if (file.tensors().empty()) {
    return Error{ErrorCode::Unsupported,
                 subject + "holds only a vocabulary and no weights. Choose the file of the whole model."};
  }
  return std::nullopt;
}

/// Blocks at the end that predict further tokens (multi-token prediction) are no part of the network proper.
/// They are told by their tensors: some files keep `nextn_predict_layers` and leave out the blocks, counted
/// or not.
uint32_t drop_prediction_blocks(const GgufFile& file, uint32_t blocks, uint32_t announced) {
  const auto is_prediction = [&](uint32_t block) {
    if (file.find_tensor(tensor_name(block, "nextn.eh_proj.weight"))) return true;
    return announced > 0 && !file.find_tensor(tensor_name(block, "attn_norm.weight"));
  };
  uint32_t kept = blocks;
  while (kept > 0 && is_prediction(kept - 1)) {
    --kept;
    announced -= std::min(announced, 1u);
  }
  return kept;
}

uint32_t read_vocab_size(const GgufFile& file, KeyReader& keys) {
  if (keys.has("vocab_size")) return keys.require_uint("vocab_size", 1, kMaxVocab);
  if (const auto* table = file.find_tensor("token_embd.weight")) {
    return keys.check("vocabulary size", table->rows(), 1, kMaxVocab);
  }
  return keys.check("vocabulary size", file.array_length("tokenizer.ggml.tokens").value_or(0), 1, kMaxVocab);
}

/// Head dimensions. `key_length` means the query-key head in old files and the latent row in new ones, which
/// add `key_length_mla`; a file that has the split projections but not those keys is measured by its tensors.
void read_head_dims(const GgufFile& file, KeyReader& keys, ModelConfig& config) {
  config.qk_rope_head_dim = keys.require_uint("rope.dimension_count", 2, kMaxHeadDim);
  keys.require(config.qk_rope_head_dim % 2 == 0, "it rotates an odd number of values");

  const auto* k_b = file.find_tensor("blk.0.attn_k_b.weight");
  const auto* v_b = file.find_tensor("blk.0.attn_v_b.weight");
  uint64_t qk_head = keys.optional_uint("attention.key_length_mla", 0, 0, kMaxHeadDim);
  uint64_t v_head = keys.optional_uint("attention.value_length_mla", 0, 0, kMaxHeadDim);
  if (qk_head == 0 && k_b) qk_head = std::min(k_b->shape[0], kMaxHeadDim) + config.qk_rope_head_dim;
  // {kv_lora, v_head, heads}, or {kv_lora, v_head·heads} in two dimensions
  if (v_head == 0 && v_b && config.num_attention_heads > 0) {
    v_head = v_b->shape[2] == 1 ? v_b->shape[1] / config.num_attention_heads : v_b->shape[1];
  }
  if (qk_head == 0) qk_head = keys.require_uint("attention.key_length", 1, kMaxHeadDim);
  if (v_head == 0) v_head = keys.require_uint("attention.value_length", 1, kMaxHeadDim);

  config.v_head_dim = keys.check("value head size", v_head, 1, kMaxHeadDim);
  qk_head = keys.check("key head size", qk_head, 1, kMaxHeadDim);
  keys.require(qk_head > config.qk_rope_head_dim,
               "its attention heads are no longer than the part of them that is rotated");
  config.qk_nope_head_dim =
      qk_head > config.qk_rope_head_dim ? static_cast<uint32_t>(qk_head) - config.qk_rope_head_dim : 0;
}

void read_attention(const GgufFile& file, KeyReader& keys, ModelConfig& config) {
  config.num_attention_heads = keys.require_uint("attention.head_count", 1, kMaxHeads);
  config.kv_lora_rank = keys.require_uint("attention.kv_lora_rank", 1, kMaxLoraRank);
  // Light models project queries in one step; some of their files name a rank all the same.
  if (const auto* q_a = file.find_tensor("blk.0.attn_q_a.weight")) {
    config.q_lora_rank = keys.has("attention.q_lora_rank")
                             ? keys.require_uint("attention.q_lora_rank", 1, kMaxLoraRank)
                             : keys.check("rank of the query projection", q_a->rows(), 1, kMaxLoraRank);
  }
  // Mistral Large 3 shares the architecture, but scales queries by their position.
  if (keys.optional_float("attention.temperature_scale", 0.0f, -1e6f, 1e6f) != 0.0f)
    keys.complain(ErrorCode::Unsupported,
                  "scales its attention by position (" +
                      quote(KeyReader::key("attention.temperature_scale")) +
                      "), which this version does not compute. Choose another model.");
  read_head_dims(file, keys, config);
}

/// A sigmoid router was introduced after the key; files without the key are older and mean softmax, except
/// for early files of GLM-4.7-Flash, which are told by their size.
ScoringFunc read_scoring_func(KeyReader& keys, uint32_t blocks, uint32_t vocab_size) {
  constexpr uint32_t kNone = 0, kSoftmax = 1, kSigmoid = 2;
  constexpr uint32_t kGlmFlashVocab = 154880;
  const uint32_t value = keys.optional_uint("expert_gating_func", kNone, 0, UINT32_MAX);
  switch (value) {
    case kNone: {
      const bool glm_flash = (blocks == 47 || blocks == 48) && vocab_size == kGlmFlashVocab;
      return glm_flash ? ScoringFunc::Sigmoid : ScoringFunc::Softmax;
    }
    case kSoftmax:
      return ScoringFunc::Softmax;
    case kSigmoid:
      return ScoringFunc::Sigmoid;
    default:
      keys.complain(ErrorCode::Unsupported, "chooses experts by the unknown method " + std::to_string(value) +
                                                ". A newer Kvasir may run it.");
      return ScoringFunc::Softmax;
  }
}

void read_groups(KeyReader& keys, ModelConfig& config) {
  const uint32_t experts = config.n_routed_experts;
  config.n_group = std::max(1u, keys.optional_uint("expert_group_count", 1, 0, kMaxExperts));
  config.topk_group = keys.optional_uint("expert_group_used_count", config.n_group, 0, kMaxExperts);
  if (config.topk_group == 0) config.topk_group = config.n_group;
  keys.require(experts % config.n_group == 0, "its experts do not divide evenly into groups");
  keys.require(config.topk_group <= config.n_group, "it uses more groups of experts than it has");
  // The score of a group is the sum of its two best experts.
  keys.require(config.n_group == 1 || experts / config.n_group >= 2, "its groups hold a single expert each");
  keys.require(uint64_t{experts} / config.n_group * config.topk_group >= config.num_experts_per_tok,
               "it uses more experts than the groups that it selects hold");
}

void read_experts(const GgufFile& file, KeyReader& keys, ModelConfig& config, uint32_t blocks) {
  const uint32_t dense = config.first_k_dense_replace;
  config.n_routed_experts = keys.require_uint("expert_count", 1, kMaxExperts);
  config.num_experts_per_tok = keys.require_uint("expert_used_count", 1, kMaxExperts);
  keys.require(config.num_experts_per_tok <= config.n_routed_experts, "it uses more experts than it has");
  config.moe_intermediate_size = keys.require_uint("expert_feed_forward_length", 1, kMaxWidth);
  const uint32_t width = std::max(1u, config.moe_intermediate_size);

  // All shared experts lie in one tensor.
  const auto* shared = file.find_tensor(tensor_name(dense, "ffn_gate_shexp.weight"));
  config.n_shared_experts =
      keys.has("expert_shared_count")
          ? keys.require_uint("expert_shared_count", 0, kMaxWidth / width)
          : keys.check("number of shared experts", shared ? shared->rows() / width : 0, 0, kMaxWidth / width);

  config.scoring_func = read_scoring_func(keys, blocks, config.vocab_size);
  config.norm_topk_prob = keys.optional_bool("expert_weights_norm", false);
  config.routed_scaling_factor = keys.optional_float("expert_weights_scale", 1.0f, 0.0f, 1e6f);
  if (config.routed_scaling_factor == 0.0f)
    config.routed_scaling_factor = 1.0f;  // zero stands for "not given"
  read_groups(keys, config);
}

void read_rope(const GgufFile& file, KeyReader& keys, ModelConfig& config) {
  config.rope_theta = keys.optional_float("rope.freq_base", 10000.0f, 1.0f, 1e12f);
  const float factor = keys.optional_float("rope.scaling.factor", 1.0f, 0.0f, 1e6f);
  const std::string type_key = KeyReader::key("rope.scaling.type");
  keys.require(!file.has(type_key) || file.get_string(type_key), quote(type_key) + " is not a text");
  // Without a type, GGUF means linear scaling; a factor of 0 or 1 scales nothing.
  const bool scales = factor != 0.0f && factor != 1.0f;
  const auto type = file.get_string(type_key).value_or(scales ? "linear" : "none");
  if (type == "none" || !scales) return;
  if (type != "yarn") {
    keys.complain(ErrorCode::Unsupported, "stretches its context by the method " + quote(type) +
                                              ", but this version knows only “yarn”. Choose another file.");
    return;
  }
  keys.require(factor > 1.0f, "it stretches its context by a factor below one");
  YarnConfig yarn;
  yarn.factor = factor;
  yarn.original_max_position_embeddings = keys.optional_uint("rope.scaling.original_context_length",
                                                             config.max_position_embeddings, 1, kMaxContext);
  yarn.beta_fast = keys.optional_float("rope.scaling.yarn_beta_fast", 32.0f, 1e-3f, 1e6f);
  yarn.beta_slow = keys.optional_float("rope.scaling.yarn_beta_slow", 1.0f, 1e-3f, 1e6f);
  keys.require(yarn.beta_fast >= yarn.beta_slow, "the bounds of its context scaling are reversed");
  yarn.log_multiplier = keys.optional_float("rope.scaling.yarn_log_multiplier", 0.0f, 0.0f, 100.0f);
  config.yarn = yarn;
}

/// Blocks in front that have no router, for files that do not count them.
uint32_t count_dense_blocks(const GgufFile& file, uint32_t layers) {
  uint32_t dense = 0;
  while (dense < layers && !file.find_tensor(tensor_name(dense, "ffn_gate_inp.weight"))) ++dense;
  return dense;
}

}  // namespace

float ModelConfig::softmax_scale() const {
  double scale = 1.0 / std::sqrt(static_cast<double>(qk_head_dim()));
  if (yarn) {
    // 0.1·L·ln(factor) with L = log_multiplier / 0.1
    const double attention =
        1.0 + static_cast<double>(yarn->log_multiplier) * std::log(static_cast<double>(yarn->factor));
    scale *= attention * attention;
  }
  return static_cast<float>(scale);
}

Result<ModelConfig> ModelConfig::from_gguf(const GgufFile& file) try {
  if (auto error = refuse_other_kinds(file)) return tl::unexpected(std::move(*error));

  KeyReader keys(file);
  ModelConfig config;
  config.architecture = kArchitecture;
  config.name = file.get_string("general.name").value_or("");
  if (config.name.empty()) config.name = file.path().stem().string();

  config.vocab_size = read_vocab_size(file, keys);
  config.max_position_embeddings = keys.require_uint("context_length", 1, kMaxContext);
  config.hidden_size = keys.require_uint("embedding_length", 1, kMaxWidth);
  const uint32_t blocks = keys.require_uint("block_count", 1, kMaxLayers);
  config.num_hidden_layers =
      drop_prediction_blocks(file, blocks, keys.optional_uint("nextn_predict_layers", 0, 0, kMaxLayers));
  keys.require(config.num_hidden_layers > 0, "it has no blocks");
  config.rms_norm_eps = keys.optional_float("attention.layer_norm_rms_epsilon", 1e-6f, 1e-20f, 1.0f);
  read_attention(file, keys, config);
  read_rope(file, keys, config);

  config.first_k_dense_replace =
      keys.optional_uint("leading_dense_block_count", count_dense_blocks(file, config.num_hidden_layers), 0,
                         config.num_hidden_layers);
  if (config.first_k_dense_replace > 0) {
    config.intermediate_size = keys.require_uint("feed_forward_length", 1, kMaxWidth);
  }
  if (config.first_k_dense_replace < config.num_hidden_layers) read_experts(file, keys, config, blocks);

  if (keys.error()) return tl::unexpected(*keys.error());
  return config;
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the model file " +
                                          quote_path(file.path()) + ". Close other programs and try again.");
}

}  // namespace kvasir::engine
