#include "engine/runtime/cuda_library.h"
#include "tests/gpu/module_under_test.h"

namespace kvasir::engine::test {

Result<ModuleUnderTest> load_module_under_test() {
  const auto module = load_cuda_module();
  if (!module) return tl::unexpected(module.error());
  return ModuleUnderTest{.module = *module};
}

}  // namespace kvasir::engine::test
