#pragma once

#include "tests/support/emulated_cuda/runtime_api.h"

#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>
#include <typeinfo>

namespace emulated_cuda {

/// Checks what a device would refuse, then runs or records the grid. `kernel` is what cudaFuncSetAttribute
/// was called with, `type` the mangled name of its type, `argument` its one argument.
cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, const char* type,
                   std::span<const std::byte> argument, std::function<void()> thread);

}  // namespace emulated_cuda

/// For kernels with one argument, a plain struct.
template <class Params>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Params),
                               const std::type_identity_t<Params>& params) {
  static_assert(std::is_trivially_copyable_v<Params>);
  // Between members may stand what was on the stack before: old addresses, for instance. GCC 12 takes bytes
  // of members for such gaps where arrays of structs are among them, so that kernels get what was given.
  Params without_gaps = params;
  __builtin_clear_padding(&without_gaps);
  return emulated_cuda::launch(*config, reinterpret_cast<const void*>(kernel), typeid(kernel).name(),
                               std::as_bytes(std::span(&without_gaps, 1)),
                               [kernel, params] { kernel(params); });
}
