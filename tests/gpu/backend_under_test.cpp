#include "tests/gpu/backend_under_test.h"

#include "tests/gpu/module_under_test.h"

namespace kvasir::engine::test {

Result<CudaDevice> device_under_test() {
  const auto loaded = load_module_under_test();
  if (!loaded) return tl::unexpected(loaded.error());
  const auto devices = loaded->module->devices();
  if (!devices) return tl::unexpected(devices.error());
  if (devices->empty()) return fail(ErrorCode::Device, "There is no GPU that the CUDA kernels run on.");
  return devices->front();
}

Result<std::unique_ptr<Backend>> make_backend_under_test(Arithmetic arithmetic) {
  const auto device = device_under_test();
  if (!device) return tl::unexpected(device.error());
  const auto loaded = load_module_under_test();
  CudaOptions options;
  options.device = device->index;
  options.arithmetic = arithmetic;
  options.max_batch_tokens = loaded->max_batch_tokens;
  return loaded->module->make_backend(
      options, make_cpu_backend({.threads = thread_count(0), .arithmetic = arithmetic}));
}

}  // namespace kvasir::engine::test
