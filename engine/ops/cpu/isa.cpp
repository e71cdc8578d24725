#include "engine/ops/cpu/cpu_backend.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/processor.h"

#include <algorithm>
#include <cassert>
#include <thread>

namespace kvasir::engine {
namespace {

const cpu::QuantisedKernels* quantised_kernels_of(Isa isa) {
  switch (isa) {
#ifdef KVASIR_X86_KERNELS
    case Isa::Avx512:
      return &cpu::kAvx512QuantisedKernels;
    case Isa::AvxVnni:
      return &cpu::kAvxVnniQuantisedKernels;
    case Isa::Avx2:
      return &cpu::kAvx2QuantisedKernels;
#endif
    default:
      return nullptr;
  }
}

const cpu::Kernels& kernels_of(Isa isa) {
  switch (isa) {
#ifdef KVASIR_X86_KERNELS
    case Isa::Avx512:
      return cpu::kAvx512Kernels;
    case Isa::AvxVnni:
    case Isa::Avx2:
      return cpu::kAvx2Kernels;
#endif
    default:
      return cpu::kGenericKernels;
  }
}

const cpu::AttentionKernels* attention_kernels_of(Isa isa, bool bf16) {
  switch (isa) {
#ifdef KVASIR_X86_KERNELS
    case Isa::Avx512:
      return bf16 && cpu::processor_features().bf16 ? &cpu::kBf16Attention : &cpu::kAvx512Attention;
    case Isa::AvxVnni:
      return &cpu::kAvxVnniAttention;
    case Isa::Avx2:
      return &cpu::kAvx2Attention;
#endif
    default:
      return nullptr;
  }
}

}  // namespace

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::Generic:
      return "generic";
    case Isa::Avx2:
      return "AVX2";
    case Isa::AvxVnni:
      return "AVX-VNNI";
    case Isa::Avx512:
      return "AVX-512";
  }
  return "unknown";
}

std::vector<Isa> available_isas() {
  const cpu::ProcessorFeatures features = cpu::processor_features();
  std::vector<Isa> isas = {Isa::Generic};
  if (features.avx2) isas.push_back(Isa::Avx2);
  if (features.avx_vnni) isas.push_back(Isa::AvxVnni);
  if (features.avx512) isas.push_back(Isa::Avx512);
  return isas;
}

unsigned thread_count(unsigned requested) {
  return requested != 0 ? requested : std::max(1u, std::thread::hardware_concurrency());
}

std::unique_ptr<Backend> make_cpu_backend(const CpuOptions& options) {
  const std::vector<Isa> available = available_isas();
  assert(!options.isa || std::find(available.begin(), available.end(), *options.isa) != available.end());
  const Isa isa = options.isa.value_or(available.back());
  const bool fast = options.arithmetic == Arithmetic::Fast;
  return std::make_unique<CpuBackend>(
      thread_count(options.threads), kernels_of(isa), fast ? quantised_kernels_of(isa) : nullptr,
      fast ? attention_kernels_of(isa, options.bf16) : nullptr, options.keep_weights_in_file);
}

uint64_t cpu_expansion_bytes(uint32_t heads, uint32_t nope, uint32_t kv_lora, uint32_t v_head) {
  const cpu::AttentionKernels* kernels = attention_kernels_of(available_isas().back(), true);
  return kernels == nullptr ? 0 : heads * kernels->expanded->expansion_bytes(kv_lora, nope, v_head);
}

}  // namespace kvasir::engine
