#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/kernels/router.h"
#include "engine/cuda/kernels/top_logits.h"
#include "engine/gguf/convert.h"
#include "engine/model/model.h"
#include "engine/ops/half.h"

#include <algorithm>
#include <string>

namespace kvasir::engine::cuda {
namespace {

/// For expanded keys and values of a stretch of the context: enough tokens at once for the kernels to be
/// busy, little beside the weights.
constexpr uint64_t kExpandedBytes = uint64_t{256} << 20;
/// For the runtime's own needs: code, stacks, events, the pieces in which weights are loaded.
constexpr uint64_t kRuntimeBytes = uint64_t{256} << 20;

uint32_t chunk_tokens(const DeviceExpansion& expansion) {
  const uint64_t bytes_per_token = uint64_t{2} * expansion.heads * (expansion.nope + expansion.v_head);
  return static_cast<uint32_t>(std::max<uint64_t>(kLeastChunkTokens, kExpandedBytes / bytes_per_token));
}

uint64_t expert_bytes(const LayerWeights& layer) {
  return WeightUpload::device_bytes_of(layer.ffn_gate_exps) +
         WeightUpload::device_bytes_of(layer.ffn_up_exps) +
         WeightUpload::device_bytes_of(layer.ffn_down_exps);
}

std::string gibibytes(uint64_t bytes) {
  const uint64_t tenths = (bytes * 10 + (uint64_t{1} << 29)) >> 30;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

}  // namespace

bool CudaBackend::expands(const DeviceExpansion& expansion, uint32_t rope) const {
  return options_.arithmetic == Arithmetic::Fast && limits_.has_bf16_tensor_cores() &&
         can_attend_expanded(expansion, rope);
}

DeviceExpansion CudaBackend::expansion_of(const ModelConfig& config) const {
  const DeviceExpansion expansion{nullptr, config.num_attention_heads, config.qk_nope_head_dim,
                                  config.kv_lora_rank, config.v_head_dim};
  return expands(expansion, config.qk_rope_head_dim) ? expansion : DeviceExpansion{};
}

uint64_t CudaBackend::workspace_bytes(const ModelConfig& config) const {
  const uint64_t hidden = config.hidden_size;
  const uint64_t heads = config.num_attention_heads;
  const uint32_t absorbed = std::min(max_batch_tokens(), Model::expanded_batch_tokens(config));
  const uint64_t widest_in = std::max({hidden, heads * config.v_head_dim, uint64_t{config.q_lora_rank},
                                       heads * config.kv_lora_rank, heads * config.qk_head_dim()});
  const uint32_t shared = std::max(config.n_shared_experts * config.moe_intermediate_size,
                                   config.first_k_dense_replace > 0 ? config.intermediate_size : 0);
  uint64_t bytes = std::max<uint64_t>(
      {multiply_workspace_bytes(max_batch_tokens(), widest_in),
       gated_ffn_workspace_bytes(max_batch_tokens(), config.hidden_size, config.num_experts_per_tok,
                                 config.n_routed_experts, config.moe_intermediate_size, shared),
       latent_attention_workspace_bytes(limits_, absorbed, config.num_attention_heads, config.kv_lora_rank),
       route_workspace_bytes(max_batch_tokens(), config.n_routed_experts),
       top_logits_workspace_bytes(config.vocab_size)});
  if (const DeviceExpansion expansion = expansion_of(config); expansion.heads != 0)
    bytes = std::max<uint64_t>(
        bytes, expanded_attention_workspace_bytes(max_batch_tokens(), expansion, config.qk_rope_head_dim,
                                                  chunk_tokens(expansion)));
  return bytes;
}

uint64_t CudaBackend::fixed_bytes(const ModelConfig& config, const ModelWeights& weights) const {
  uint64_t bytes = kRuntimeBytes + options_.cache_bytes + Model::scratch_bytes(config, max_batch_tokens()) +
                   workspace_bytes(config) + expansion_of(config).bytes() * weights.layers.size();
  std::set<const std::byte*> counted;  // the embedding may be the output too
  const auto count = [&](const TensorView& weight) {
    if (weight.present() && counted.insert(weight.data.data()).second)
      bytes += WeightUpload::device_bytes_of(weight);
  };
  for (const TensorView* weight : {&weights.token_embd, &weights.output_norm, &weights.output})
    count(*weight);
  for (const LayerWeights& l : weights.layers)
    for (const TensorView* weight :
         {&l.attn_norm, &l.attn_q, &l.attn_q_a, &l.attn_q_a_norm, &l.attn_q_b, &l.attn_kv_a_mqa,
          &l.attn_kv_a_norm, &l.attn_k_b, &l.attn_v_b, &l.attn_output, &l.ffn_norm, &l.ffn_gate, &l.ffn_up,
          &l.ffn_down, &l.ffn_gate_inp, &l.exp_probs_b, &l.ffn_gate_shexp, &l.ffn_up_shexp,
          &l.ffn_down_shexp})
      count(*weight);
  return bytes;
}

Result<void> CudaBackend::plan(const ModelConfig& config, const ModelWeights& weights) {
  PlacementNeeds needs;
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  if (const auto result = cudaMemGetInfo(&free_bytes, &total_bytes); result != cudaSuccess)
    return tl::unexpected(error_of(result));
  const uint64_t left_bytes = std::min<uint64_t>(kVramLeftBytes, free_bytes / 2);
  needs.budget_bytes = options_.vram_bytes != 0 ? std::min<uint64_t>(options_.vram_bytes, free_bytes)
                                                : free_bytes - left_bytes;
  needs.fixed_bytes = fixed_bytes(config, weights);
  std::vector<const LayerWeights*> with_experts;
  for (const LayerWeights& layer : weights.layers)
    if (layer.ffn_gate_exps.present()) {
      with_experts.push_back(&layer);
      needs.expert_bytes.push_back(expert_bytes(layer));
    }
  if (!needs.expert_bytes.empty()) needs.visiting_bytes = std::ranges::max(needs.expert_bytes);
  const Placement placement = place_experts(needs);
  if (!placement.fits)
    return fail(ErrorCode::OutOfMemory, "This model needs " + gibibytes(needs.fixed_bytes) +
                                            " of the GPU's memory beside its experts, and may have " +
                                            gibibytes(needs.budget_bytes) + ". Choose a shorter context.");
  for (size_t i = 0; i < with_experts.size(); ++i)
    if (!placement.on_device[i])
      for (const TensorView* weight :
           {&with_experts[i]->ffn_gate_exps, &with_experts[i]->ffn_up_exps, &with_experts[i]->ffn_down_exps})
        stay_on_host_.insert(weight->data.data());
  if (!stay_on_host_.empty()) {
    auto experts =
        HostExperts::create(*host_, max_batch_tokens(), config.hidden_size, config.num_experts_per_tok);
    if (!experts) return tl::unexpected(experts.error());
    host_experts_ = std::move(*experts);
    if (placement.has_visitors_room && limits_.has_bf16_tensor_cores() &&
        options_.arithmetic == Arithmetic::Fast) {
      auto visitors = DeviceBuffer::take(needs.visiting_bytes);
      if (!visitors) return tl::unexpected(visitors.error());
      visitors_ = std::move(*visitors);
    }
  }
  device_.expert_blocks = static_cast<uint32_t>(with_experts.size());
  device_.expert_blocks_on_device = placement.blocks_on_device();
  device_.device_bytes = placement.device_bytes;
  rope_dim_ = config.qk_rope_head_dim;
  // Now, when it is known whether all fits, and not in the middle of a chat.
  workspace(workspace_bytes(config));
  return status();
}

Result<TensorView> CudaBackend::place(const TensorView& weight, std::span<std::byte> writable) {
  if (stay_on_host_.contains(weight.data.data())) return host_->place(weight, writable);
  const auto known = placed_.find(weight.data.data());
  if (known != placed_.end() && known->second.shape == weight.shape) return known->second;
  auto placed = upload_->upload(weight);
  if (placed) placed_[weight.data.data()] = *placed;
  return placed;
}

Result<KvExpansion> CudaBackend::place_expansion(const TensorView& k_b, const TensorView& v_b) {
  const auto heads = static_cast<uint32_t>(k_b.matrices());
  const auto nope = static_cast<uint32_t>(k_b.cols());
  const auto kv_lora = static_cast<uint32_t>(k_b.rows());
  const auto v_head = static_cast<uint32_t>(v_b.rows());
  DeviceExpansion expansion{nullptr, heads, nope, kv_lora, v_head};
  if (!expands(expansion, rope_dim_)) return KvExpansion{};

  std::vector<uint16_t> rows(expansion.bytes() / sizeof(uint16_t));  // {heads, nope + v_head, kv_lora}
  std::vector<float> values(std::max(nope, kv_lora));
  for (uint32_t head = 0; head < heads; ++head) {
    uint16_t* const keys = rows.data() + size_t{head} * (nope + v_head) * kv_lora;
    for (uint32_t latent = 0; latent < kv_lora; ++latent) {  // the file has the keys' part transposed
      dequantize_row(k_b.dtype, k_b.row(head, latent), values.data(), nope);
      for (uint32_t i = 0; i < nope; ++i) keys[size_t{i} * kv_lora + latent] = f32_to_bf16(values[i]);
    }
    for (uint32_t row = 0; row < v_head; ++row) {
      dequantize_row(v_b.dtype, v_b.row(head, row), values.data(), kv_lora);
      std::transform(values.begin(), values.begin() + kv_lora, keys + size_t{nope + row} * kv_lora,
                     f32_to_bf16);
    }
  }
  auto memory = DeviceBuffer::take(expansion.bytes());
  if (!memory) return tl::unexpected(memory.error());
  if (const auto copied = copy_to_device(memory->data(), rows.data(), expansion.bytes());
      copied != cudaSuccess)
    return tl::unexpected(error_of(copied));
  KvExpansion placed;
  placed.packed = memory->data();
  placed.heads = heads;
  placed.nope = nope;
  placed.kv_lora = kv_lora;
  placed.v_head = v_head;
  memory_.push_back(std::move(*memory));
  return placed;
}

Result<float*> CudaBackend::allocate(size_t floats) {
  auto memory = DeviceBuffer::take(std::max<size_t>(1, floats) * sizeof(float));
  if (!memory) return tl::unexpected(memory.error());
  return memory_.emplace_back(std::move(*memory)).as<float>();
}

Result<Routing> CudaBackend::allocate_routing(uint32_t tokens, uint32_t per_token) {
  const Result<float*> weights = allocate(size_t{tokens} * per_token);
  if (!weights) return tl::unexpected(weights.error());
  const Result<float*> experts = allocate(size_t{tokens} * per_token);
  if (!experts) return tl::unexpected(experts.error());
  return Routing{reinterpret_cast<int32_t*>(*experts), *weights, tokens, per_token};
}

Result<engine::TopLogits> CudaBackend::allocate_top_logits(uint32_t count) {
  static_assert(sizeof(TokenLogit) == sizeof(TopLogit) && sizeof(TokenLogit) == 2 * sizeof(float));
  const Result<float*> memory = allocate(size_t{count} * 2);
  if (!memory) return tl::unexpected(memory.error());
  return engine::TopLogits{reinterpret_cast<TokenLogit*>(*memory), count};
}

}  // namespace kvasir::engine::cuda
