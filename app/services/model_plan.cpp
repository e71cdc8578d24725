#include "app/services/model_plan.h"

#include <algorithm>
#include <utility>

namespace kvasir::app {

uint32_t automatic_context_tokens(const engine::ModelCard& card, engine::KvType kv_type,
                                  uint64_t total_memory_bytes) {
  constexpr uint32_t kLeast = 4096;
  constexpr uint64_t kShareOfMemory = 4;
  const uint32_t limit = card.config.max_position_embeddings;
  const uint64_t per_token = std::max<uint64_t>(1, card.kv_bytes_per_token(kv_type));
  const uint64_t affordable = total_memory_bytes / kShareOfMemory / per_token;
  if (limit <= kLeast || affordable >= limit) return limit;
  uint32_t context = kLeast;
  while (context <= limit / 2 && uint64_t{context} * 2 <= affordable) context *= 2;
  return context;
}

engine::MemoryEstimate ModelPlan::needed() const {
  return engine::memory_estimate(card, context_tokens, settings.kv_type);
}

bool ModelPlan::exceeds_memory() const {
  if (memory.available_bytes == 0) return false;
  // What the GPU has no room for is the processor's.
  const uint64_t on_gpu = gpu ? gpu->free_bytes / 10 * 9 : 0;
  const uint64_t in_memory = needed().fixed_bytes() - std::min(needed().fixed_bytes(), on_gpu);
  return in_memory > memory.available_bytes;
}

bool ModelPlan::needs_gpu() const {
  return !exceeds_memory() && memory.available_bytes != 0 && needed().fixed_bytes() > memory.available_bytes;
}

ModelRequest ModelPlan::request() const {
  ModelRequest request{card.path, settings, exceeds_memory(), needs_gpu()};
  request.settings.context_tokens = context_tokens;
  return request;
}

ModelPlan make_model_plan(engine::ModelCard card, const ModelSettings& settings, const PhysicalMemory& memory,
                          const std::optional<Gpu>& gpu) {
  ModelPlan plan;
  if (settings.on_gpu) plan.gpu = gpu;
  plan.context_tokens = settings.context_tokens != 0
                            ? std::min(settings.context_tokens, card.config.max_position_embeddings)
                            : automatic_context_tokens(card, settings.kv_type,
                                                       plan.gpu ? plan.gpu->total_bytes : memory.total_bytes);
  plan.card = std::move(card);
  plan.settings = settings;
  plan.memory = memory;
  return plan;
}

}  // namespace kvasir::app
