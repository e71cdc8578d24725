#include "tests/gpu/module_under_test.h"

extern "C" const kvasir::engine::CudaModule* kvasir_cuda_module();

namespace kvasir::engine::test {

Result<ModuleUnderTest> load_module_under_test() {
  // Each token of a batch takes its time.
  return ModuleUnderTest{.module = kvasir_cuda_module(), .max_batch_tokens = 192};
}

}  // namespace kvasir::engine::test
