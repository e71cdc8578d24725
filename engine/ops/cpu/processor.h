#pragma once

#ifdef KVASIR_X86_KERNELS
#include <cpuid.h>
#endif

namespace kvasir::engine::cpu {

/// Which kernels a processor can run, and its operating system saves the registers of.
struct ProcessorFeatures {
  bool avx2 = false;      ///< with FMA and F16C
  bool avx_vnni = false;  ///< with the above
  bool avx512 = false;    ///< F, BW, VL, DQ and VNNI, with AVX2
  bool bf16 = false;      ///< AVX512_BF16
};

inline ProcessorFeatures detected_features() {
  ProcessorFeatures features;
#ifdef KVASIR_X86_KERNELS
  features.avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  // Clang 14 does not know this one by a name. Its registers are AVX2's.
  unsigned a = 0, b = 0, c = 0, d = 0;
  features.avx_vnni = features.avx2 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1) != 0;
  features.avx512 = features.avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
  features.bf16 = features.avx512 && __builtin_cpu_supports("avx512bf16");
#endif
  return features;
}

/// `detected_features()`; tests put their own function in its place, which adds what they emulate.
ProcessorFeatures processor_features();

}  // namespace kvasir::engine::cpu
