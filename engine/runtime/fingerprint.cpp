#include "engine/runtime/fingerprint.h"

namespace kvasir::engine {
namespace {

/// Raised when a change of the arithmetic moves KV values by more than rounding.
constexpr uint64_t kKernelEpoch = 2;

}  // namespace

Hash256 hash_of_parts(std::span<const Hash256> parts) {
  if (parts.size() == 1) return parts.front();
  FieldHasher hasher("kvasir split model");
  for (const Hash256& part : parts) hasher.add(part.bytes);
  return hasher.finish();
}

Hash256 kv_fingerprint(const Hash256& model_content_hash, const ModelConfig& config, const KvLayout& layout) {
  FieldHasher hasher("kvasir kv fingerprint");
  hasher.add_u64(kKernelEpoch).add(model_content_hash.bytes).add(config.architecture);
  hasher.add_u64(static_cast<uint64_t>(layout.type)).add_u64(layout.layers).add_u64(layout.width);
  hasher.add_u64(config.kv_lora_rank).add_u64(config.qk_rope_head_dim);
  hasher.add_f32(config.rope_theta).add_f32(config.rms_norm_eps).add_f32(config.softmax_scale());
  hasher.add_u64(config.yarn.has_value());
  if (config.yarn) {
    hasher.add_f32(config.yarn->factor).add_u64(config.yarn->original_max_position_embeddings);
    hasher.add_f32(config.yarn->beta_fast).add_f32(config.yarn->beta_slow);
    hasher.add_f32(config.yarn->log_multiplier);
  }
  return hasher.finish();
}

}  // namespace kvasir::engine
