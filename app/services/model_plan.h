#pragma once

#include "app/services/gpu.h"
#include "app/services/physical_memory.h"
#include "app/settings/model_settings.h"
#include "engine/runtime/model_card.h"

#include <cstdint>
#include <optional>

namespace kvasir::app {

/// The context that a model gets where the person chose none: its own limit, or less where the KV of that
/// would take more than a quarter of the memory that it lies in. It depends on the machine and not on what
/// else runs, so that a chat that fits today fits tomorrow. Powers of two from 4,096 on.
uint32_t automatic_context_tokens(const engine::ModelCard& card, engine::KvType kv_type,
                                  uint64_t total_memory_bytes);

/// What would be loaded, with every choice made, and what it takes.
struct ModelPlan {
  engine::ModelCard card;
  ModelSettings settings;       ///< as chosen
  uint32_t context_tokens = 0;  ///< in effect
  PhysicalMemory memory;
  std::optional<Gpu> gpu;  ///< that is to compute

  engine::MemoryEstimate needed() const;
  /// It doesn't fit even before the first token: its weights are read from the disk over and over.
  bool exceeds_memory() const;
  /// It would not without the GPU.
  bool needs_gpu() const;
  ModelRequest request() const;
};

/// `gpu`: the machine's, where there is one, whatever the settings say of it.
ModelPlan make_model_plan(engine::ModelCard card, const ModelSettings& settings, const PhysicalMemory& memory,
                          const std::optional<Gpu>& gpu = std::nullopt);

}  // namespace kvasir::app
