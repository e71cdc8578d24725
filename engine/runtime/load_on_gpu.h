#pragma once

#include "engine/cuda/cuda_module.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/model.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace kvasir::engine {

/// Makes a model's backend, which must leave room for caches of so many bytes.
using MakeBackend = std::function<Result<std::unique_ptr<Backend>>(uint64_t cache_bytes)>;

/// Of several GPUs the one with the most memory free; empty where there is none.
Result<std::optional<CudaDevice>> choose_gpu(const CudaModule& cuda);

/// Calls `load` with a backend on a GPU. Where that turns out to have too little memory, `load` is called
/// again with less of it given to the model, a few times. `vram_bytes`: what may be taken, 0: see
/// CudaOptions. `make_host` makes what computes the experts that find no room.
Result<void> load_on_gpu(const CudaModule& cuda, const CudaDevice& device, uint64_t vram_bytes,
                         Arithmetic arithmetic, const std::function<std::unique_ptr<Backend>()>& make_host,
                         const std::function<Result<void>(const MakeBackend&)>& load);

/// Whether a model that could not be loaded on a GPU for this reason may be loaded without it.
bool is_about_gpu(ErrorCode code);

/// Computes a large and a few small batches of nothing in an empty cache, and leaves it empty: a lack of
/// memory and a kernel that does not run show now, and nothing is left to be prepared when the first token is
/// waited for.
Result<void> warm_up(Model& model, KvCache& cache);

}  // namespace kvasir::engine
