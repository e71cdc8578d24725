#include "engine/runtime/model_card.h"

#include "engine/gguf/convert.h"
#include "engine/gguf/gguf_file.h"
#include "engine/gguf/messages.h"
#include "engine/model/model.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <optional>
#include <string_view>

namespace kvasir::engine {
namespace {

/// The block that a tensor belongs to: "blk.7.attn_q.weight" is of block 7.
std::optional<uint32_t> block_of(std::string_view name) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  uint32_t block = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), block);
  if (error != std::errc()) return std::nullopt;
  return block;
}

/// Whether the network computes with it. Blocks behind the last one predict further tokens and are left
/// alone; where a file holds the keys' and values' projections both ways, the parts are taken.
bool is_used(const TensorView& tensor, const GgufFile& file, const ModelConfig& config) {
  const auto block = block_of(tensor.name);
  if (block && *block >= config.num_hidden_layers) return false;
  if (!tensor.name.ends_with(".attn_kv_b.weight")) return true;
  return file.find_tensor("blk." + std::to_string(block.value_or(0)) + ".attn_k_b.weight") == nullptr;
}

uint64_t element_count(const TensorView& tensor) {
  return tensor.shape[0] * tensor.shape[1] * tensor.shape[2] * tensor.shape[3];
}

/// The part of a tensor that one token meets.
uint64_t active_elements(const TensorView& tensor, const GgufFile& file, const ModelConfig& config) {
  const uint64_t all = element_count(tensor);
  if (tensor.name == "token_embd.weight") return file.find_tensor("output.weight") != nullptr ? 0 : all;
  const bool routed = tensor.name.find("_exps.") != std::string::npos;
  return routed && config.n_routed_experts > 0 ? all / config.n_routed_experts * config.num_experts_per_tok
                                               : all;
}

void add_share(std::vector<ModelCard::TypeShare>& shares, DType type, uint64_t bytes) {
  const auto share =
      std::find_if(shares.begin(), shares.end(), [&](const auto& s) { return s.type == type; });
  if (share == shares.end())
    shares.push_back({type, bytes});
  else
    share->bytes += bytes;
}

Result<void> count_weights(ModelCard& card, const GgufFile& file) {
  for (const TensorView& tensor : file.tensors()) {
    if (!is_used(tensor, file, card.config)) continue;
    if (!can_dequantize(tensor.dtype))
      return fail(ErrorCode::Unsupported,
                  "The model file " + quote_path(file.path()) + " stores the tensor " + quote(tensor.name) +
                      " as " + std::string(dtype_name(tensor.dtype)) +
                      ", which this version can't compute with. Choose another file of this model.");
    card.parameters += element_count(tensor);
    card.active_parameters += active_elements(tensor, file, card.config);
    card.weight_bytes += tensor.data.size();
    add_share(card.weight_types, tensor.dtype, tensor.data.size());
  }
  std::sort(card.weight_types.begin(), card.weight_types.end(),
            [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return {};
}

uint64_t expansion_bytes(const ModelConfig& config) {
  if (Model::expanded_batch_tokens(config) > Backend::kMaxBatchTokens) return 0;
  return config.num_hidden_layers * cpu_expansion_bytes(config.num_attention_heads, config.qk_nope_head_dim,
                                                        config.kv_lora_rank, config.v_head_dim);
}

std::string licence_of(const GgufFile& file) {
  for (const char* key : {"general.license", "general.license.name"})
    if (const auto licence = file.get_string(key); licence && !licence->empty()) return std::string(*licence);
  return {};
}

}  // namespace

std::string ModelCard::quantisation() const {
  // Norms, routers and biases are a hundredth of the bytes or less in every model, and always floats.
  constexpr uint64_t kWorthNaming = 50;
  std::string names;
  for (const TypeShare& share : weight_types) {
    if (!names.empty() && share.bytes < weight_bytes / kWorthNaming) break;
    if (!names.empty()) names += ", ";
    names += dtype_name(share.type);
  }
  return names;
}

uint64_t ModelCard::kv_bytes_per_token(KvType type) const {
  return uint64_t{config.num_hidden_layers} * kv_row_bytes(type, config.kv_width());
}

Result<ModelCard> read_model_card(const std::filesystem::path& path) try {
  const auto file = GgufFile::open(path);
  if (!file) return tl::unexpected(file.error());
  auto config = ModelConfig::from_gguf(*file);
  if (!config) return tl::unexpected(config.error());

  ModelCard card;
  card.path = path;
  card.config = std::move(*config);
  card.file_bytes = file->size_bytes();
  card.licence = licence_of(*file);
  if (auto counted = count_weights(card, *file); !counted) return tl::unexpected(counted.error());
  return card;
} catch (const std::exception& error) {
  return fail(ErrorCode::Io,
              "The model file " + quote_path(path) + " could not be read: " + error.what() + ".");
}

MemoryEstimate memory_estimate(const ModelCard& card, uint32_t context_tokens, KvType type) {
  MemoryEstimate estimate;
  estimate.weight_bytes = card.weight_bytes;
  estimate.expansion_bytes = expansion_bytes(card.config);
  estimate.scratch_bytes = Model::scratch_bytes(card.config);
  estimate.kv_bytes = card.kv_bytes_per_token(type) * context_tokens;
  return estimate;
}

}  // namespace kvasir::engine
