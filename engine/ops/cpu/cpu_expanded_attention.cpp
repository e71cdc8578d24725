#include "engine/gguf/convert.h"
#include "engine/ops/cpu/cpu_backend.h"

#include <algorithm>

namespace kvasir::engine {

Result<KvExpansion> CpuBackend::place_expansion(const TensorView& k_b, const TensorView& v_b) {
  if (attention_ == nullptr) return KvExpansion{};
  KvExpansion expansion;
  expansion.heads = static_cast<uint32_t>(k_b.matrices());
  expansion.nope = static_cast<uint32_t>(k_b.cols());
  expansion.kv_lora = static_cast<uint32_t>(k_b.rows());
  expansion.v_head = static_cast<uint32_t>(v_b.rows());
  const uint32_t heads = expansion.heads, nope = expansion.nope;
  const uint32_t kv_lora = expansion.kv_lora, v_head = expansion.v_head;
  const size_t head_bytes = attention_->expanded->expansion_bytes(kv_lora, nope, v_head);
  std::byte* const home = map_weights(heads * head_bytes);
  if (home == nullptr) return tl::unexpected(no_memory());

  const size_t key_floats = size_t{kv_lora} * nope;
  reserve_worker_scratch(key_floats + size_t{v_head} * kv_lora);
  pool_.run(heads, [&](uint32_t head, unsigned worker) {
    float* keys = worker_scratch(worker);
    float* values = keys + key_floats;
    for (uint32_t i = 0; i < kv_lora; ++i)
      dequantize_row(k_b.dtype, k_b.row(head, i), keys + size_t{i} * nope, nope);
    for (uint32_t i = 0; i < v_head; ++i)
      dequantize_row(v_b.dtype, v_b.row(head, i), values + size_t{i} * kv_lora, kv_lora);
    attention_->expanded->pack_expansion(home + head * head_bytes, keys, values, kv_lora, nope, v_head);
  });
  expansion.packed = home;
  return expansion;
}

void CpuBackend::attention_expanded(HeadActivations out, HeadActivations query, const KvExpansion& expansion,
                                    const KvCache& cache, uint32_t layer, uint32_t first_position,
                                    float softmax_scale) {
  cpu::ExpandedAttention whole = {};
  whole.rows = {cache.layout().type, cache.row(layer, 0), cache.layout().row_bytes(),
                kv_row_scales_offset(cache.layout().width), first_position + query.tokens};
  whole.kv_lora = expansion.kv_lora;
  whole.nope = expansion.nope;
  whole.rope = query.dim - expansion.nope;
  whole.v_head = expansion.v_head;
  whole.softmax_scale = softmax_scale;
  whole.query_stride = query.token_stride;
  whole.out_stride = out.token_stride;

  // Every task expands the whole context for its head, so heads are cut by tokens only where there would be
  // fewer tasks than threads.
  const uint32_t wanted = std::max(1u, pool_.size() / query.heads);
  const uint32_t blocks = (query.tokens + cpu::kMaxQueries - 1) / cpu::kMaxQueries;
  const uint32_t part_tokens = (blocks + wanted - 1) / wanted * cpu::kMaxQueries;
  const uint32_t parts = (query.tokens + part_tokens - 1) / part_tokens;
  whole.queries = std::min(part_tokens, query.tokens);
  const size_t head_bytes = attention_->expanded->expansion_bytes(whole.kv_lora, whole.nope, whole.v_head);
  reserve_worker_scratch(attention_->expanded->scratch_bytes(whole) / sizeof(float));
  pool_.run(query.heads * parts, [&](uint32_t task, unsigned worker) {
    const uint32_t head = task / parts;
    const uint32_t first = task % parts * part_tokens;
    cpu::ExpandedAttention a = whole;
    a.queries = std::min(part_tokens, query.tokens - first);
    a.first_position = first_position + first;
    a.rows.count = a.first_position + a.queries;
    a.expansion = expansion.packed + head * head_bytes;
    a.query = query.at(first, head);
    a.out = out.at(first, head);
    a.scratch = reinterpret_cast<std::byte*>(worker_scratch(worker));
    attention_->expanded->attend(a);
  });
}

}  // namespace kvasir::engine
