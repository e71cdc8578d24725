#include "engine/ops/backend.h"
#include "engine/ops/cpu/kernels.h"

namespace kvasir::engine {

std::vector<Isa> available_isas() {
  std::vector<Isa> isas = {Isa::Generic};
#ifdef KVASIR_X86_KERNELS
  // These ask the operating system too whether it saves the registers.
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (avx2) isas.push_back(Isa::Avx2);
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vnni"))
    isas.push_back(Isa::Avx512);
#endif
  return isas;
}

#ifdef KVASIR_X86_KERNELS
bool cpu::multiplies_bf16() {
  return __builtin_cpu_supports("avx512bf16");
}
#endif

}  // namespace kvasir::engine
