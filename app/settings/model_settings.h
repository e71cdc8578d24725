#pragma once

#include "engine/kv/kv_cache.h"

#include <cstdint>
#include <filesystem>

namespace kvasir::app {

/// How a model is run.
struct ModelSettings {
  uint32_t context_tokens = 0;  ///< 0: nothing was chosen
  engine::KvType kv_type = engine::KvType::F16;
  unsigned threads = 0;   ///< 0: as many as the machine has processors
  bool on_gpu = true;     ///< where there is one
  uint32_t vram_mib = 0;  ///< what may be taken of the GPU's memory; 0: what is free, but for a little

  bool operator==(const ModelSettings&) const = default;
};

/// A model to load. Without a chosen context it gets all that it was made for.
struct ModelRequest {
  std::filesystem::path path;
  ModelSettings settings = {};
  /// Its weights are larger than memory: they are read from the file at each use, slowly.
  bool keep_weights_in_file = false;
  /// They are larger than memory, but a GPU takes what is too much: they are read through the page cache.
  bool through_page_cache = false;

  bool operator==(const ModelRequest&) const = default;
};

}  // namespace kvasir::app
