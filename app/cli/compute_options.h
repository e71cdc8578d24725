#pragma once

#include "engine/cuda/cuda_module.h"
#include "engine/ops/backend.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace kvasir::app {

/// What a command computes with.
struct ComputeOptions {
  std::string backend = "cpu";  ///< "cpu" or "cuda"
  uint32_t vram_mib = 0;        ///< what may be taken of the GPU's memory; 0: what is free but for a little
  unsigned threads = engine::thread_count(0);
  engine::Arithmetic arithmetic = engine::Arithmetic::Fast;
  bool keep_weights_in_file = false;
  bool profile = false;  ///< time each of a GPU's kernels

  bool on_gpu() const { return backend == "cuda"; }
  uint64_t vram_bytes() const { return uint64_t{vram_mib} << 20; }
};

/// --backend, --vram-mib and --threads.
void add_compute_options(CLI::App& command, ComputeOptions& options);

/// The GPU's module, where that is to compute; else null. Throws CommandFailed.
const engine::CudaModule* cuda_module(const ComputeOptions& options);

/// A backend that leaves room for caches of so many bytes. Throws CommandFailed.
std::unique_ptr<engine::Backend> make_backend(const ComputeOptions& options, uint64_t cache_bytes);

}  // namespace kvasir::app
