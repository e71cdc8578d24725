#include "engine/ops/backend.h"
#include "engine/ops/cpu/attention_kernels.h"

namespace kvasir::engine {
namespace {

/// Those that `make_cpu_backend` takes; null where it makes no expansions.
const cpu::AttentionKernels* attention_kernels() {
#ifdef KVASIR_X86_KERNELS
  switch (available_isas().back()) {
    case Isa::Avx512:
      return __builtin_cpu_supports("avx512bf16") ? &cpu::kBf16Attention : &cpu::kAvx512Attention;
    case Isa::Avx2:
      return &cpu::kAvx2Attention;
    case Isa::Generic:
      break;
  }
#endif
  return nullptr;
}

}  // namespace

uint64_t cpu_expansion_bytes(uint32_t heads, uint32_t nope, uint32_t kv_lora, uint32_t v_head) {
  const cpu::AttentionKernels* kernels = attention_kernels();
  return kernels == nullptr ? 0 : heads * kernels->expansion_bytes(kv_lora, nope, v_head);
}

}  // namespace kvasir::engine
