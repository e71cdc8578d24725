#include "engine/ops/cpu/processor.h"

// This processor, and what is emulated.

namespace kvasir::engine::cpu {

ProcessorFeatures processor_features() {
  ProcessorFeatures features = detected_features();
#ifdef KVASIR_EMULATES_AVX_VNNI
  features.avx_vnni = true;
#endif
#ifdef KVASIR_EMULATES_AVX512
  features.avx512 = features.bf16 = true;
#endif
  return features;
}

}  // namespace kvasir::engine::cpu
