#include "engine/runtime/load_on_gpu.h"

#include <algorithm>
#include <vector>

namespace kvasir::engine {

bool is_about_gpu(ErrorCode code) {
  return code == ErrorCode::OutOfMemory || code == ErrorCode::Device;
}

Result<std::optional<CudaDevice>> choose_gpu(const CudaModule& cuda) {
  const auto devices = cuda.devices();
  if (!devices) return tl::unexpected(devices.error());
  if (devices->empty()) return std::nullopt;
  return *std::ranges::max_element(*devices, {}, &CudaDevice::free_bytes);
}

Result<void> load_on_gpu(const CudaModule& cuda, const CudaDevice& device, uint64_t vram_bytes,
                         Arithmetic arithmetic, const std::function<std::unique_ptr<Backend>()>& make_host,
                         const std::function<Result<void>(const MakeBackend&)>& load) {
  const uint64_t free_bytes = device.free_bytes;
  CudaOptions options;
  options.device = device.index;
  options.arithmetic = arithmetic;
  options.vram_bytes = vram_bytes != 0 ? vram_bytes : free_bytes - std::min(kVramLeftBytes, free_bytes / 2);
  constexpr int kAttempts = 4;
  for (int attempt = 1;; ++attempt) {
    const auto loaded = load([&](uint64_t cache_bytes) {
      options.cache_bytes = cache_bytes;
      return cuda.make_backend(options, make_host());
    });
    if (loaded || loaded.error().code != ErrorCode::OutOfMemory || attempt == kAttempts) return loaded;
    options.vram_bytes = options.vram_bytes / 8 * 7;
  }
}

Result<void> warm_up(Model& model, KvCache& cache) {
  // Run as they are, recorded, repeated.
  constexpr uint32_t kSmallBatches = 3;
  if (cache.capacity() <= kSmallBatches) return {};
  const uint32_t large = std::min({cache.capacity() - kSmallBatches, model.max_batch_tokens(),
                                   Model::expanded_batch_tokens(model.config())});
  const std::vector<int32_t> ids(large, 0);
  std::vector<TokenLogit> top(Model::top_logits(model.config()));
  auto done = model.forward(ids, cache, {}, {});
  for (uint32_t i = 0; done && i < kSmallBatches; ++i)
    done = model.forward_top(std::span(ids).first(1), cache, top);
  cache.set_length(0);
  return done;
}

}  // namespace kvasir::engine
