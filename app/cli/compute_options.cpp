#include "app/cli/compute_options.h"

#include "app/cli/command.h"
#include "engine/runtime/cuda_library.h"
#include "engine/runtime/load_on_gpu.h"

namespace kvasir::app {

void add_compute_options(CLI::App& command, ComputeOptions& options) {
  command.add_option("--backend", options.backend, "What computes: cpu or cuda")
      ->capture_default_str()
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command
      .add_option("--vram-mib", options.vram_mib,
                  "How much of the GPU's memory may be taken; experts that find no room stay in RAM and are "
                  "computed by the processor. 0: what is free, but for 1 GiB")
      ->capture_default_str();
  command.add_option("--threads", options.threads, "Threads of the processor")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxThreads));
}

const engine::CudaModule* cuda_module(const ComputeOptions& options) {
  return options.on_gpu() ? value_or_fail(engine::load_cuda_module(), kExitFailed) : nullptr;
}

std::unique_ptr<engine::Backend> make_backend(const ComputeOptions& options, uint64_t cache_bytes) {
  auto host = engine::make_cpu_backend({.threads = options.threads,
                                        .arithmetic = options.arithmetic,
                                        .keep_weights_in_file = options.keep_weights_in_file});
  const engine::CudaModule* const cuda = cuda_module(options);
  if (cuda == nullptr) return host;
  const auto gpu = value_or_fail(engine::choose_gpu(*cuda), kExitFailed);
  if (!gpu) throw CommandFailed{kExitFailed, "There is no GPU that can compute models."};
  engine::CudaOptions cuda_options;
  cuda_options.device = gpu->index;
  cuda_options.vram_bytes = options.vram_bytes();
  cuda_options.arithmetic = options.arithmetic;
  cuda_options.cache_bytes = cache_bytes;
  cuda_options.profile = options.profile;
  return value_or_fail(cuda->make_backend(cuda_options, std::move(host)), kExitFailed);
}

}  // namespace kvasir::app
