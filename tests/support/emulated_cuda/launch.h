#pragma once

#include "tests/support/emulated_cuda/runtime_api.h"

#include <functional>
#include <memory>
#include <tuple>
#include <typeinfo>
#include <utility>

namespace emulated_cuda {

/// Checks what a device would refuse, then runs or records the grid. `kernel` is what cudaFuncSetAttribute
/// was called with, `type` the mangled name of its type.
cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, const char* type,
                   std::function<void()> thread);

}  // namespace emulated_cuda

template <class... Expected, class... Given>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Expected...),
                               Given&&... given) {
  // A launch keeps the arguments' values; each thread has its own copy.
  return emulated_cuda::launch(*config, reinterpret_cast<const void*>(kernel), typeid(kernel).name(),
                               [kernel, arguments = std::tuple<Expected...>(std::forward<Given>(given)...)] {
                                 std::apply(kernel, arguments);
                               });
}
