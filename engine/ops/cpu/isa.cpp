#include "engine/ops/cpu/cpu_backend.h"
#include "engine/ops/cpu/kernels.h"

#include <cassert>

namespace kvasir::engine {
namespace {

const cpu::Kernels& kernels_of(Isa isa) {
  switch (isa) {
#ifdef KVASIR_X86_KERNELS
    case Isa::Avx512:
      return cpu::kAvx512Kernels;
    case Isa::Avx2:
      return cpu::kAvx2Kernels;
#endif
    default:
      return cpu::kGenericKernels;
  }
}

}  // namespace

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::Generic:
      return "generic";
    case Isa::Avx2:
      return "AVX2";
    case Isa::Avx512:
      return "AVX-512";
  }
  return "unknown";
}

std::vector<Isa> available_isas() {
  std::vector<Isa> isas = {Isa::Generic};
#ifdef KVASIR_X86_KERNELS
  // These ask the operating system too whether it saves the registers.
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (avx2) isas.push_back(Isa::Avx2);
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    isas.push_back(Isa::Avx512);
#endif
  return isas;
}

std::unique_ptr<Backend> make_cpu_backend(unsigned threads, std::optional<Isa> isa) {
  const std::vector<Isa> available = available_isas();
  assert(!isa || std::find(available.begin(), available.end(), *isa) != available.end());
  return std::make_unique<CpuBackend>(threads, kernels_of(isa.value_or(available.back())));
}

}  // namespace kvasir::engine
