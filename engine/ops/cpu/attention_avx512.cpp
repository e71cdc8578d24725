#include "engine/ops/cpu/attention_avx512.h"

#include "engine/ops/cpu/attention_kernels.h"

namespace kvasir::engine::cpu {
namespace {

/// AVX-512 F, BW, VL and DQ: products of floats.
struct Simd : Avx512Floats {
  static constexpr uint32_t kStep = 1;
  static constexpr uint32_t kVectors = 4;
  static constexpr uint32_t kRows = 4;
  static constexpr uint32_t kExpandRows = 8;
  using B = __m512;
  using Element = float;

  static B load_elements(const Element* p) { return load(p); }
  static B broadcast(const Element* p) { return set1(*p); }
  static F dot(F sums, B a, B b) { return fma(a, b, sums); }
  static Element element(float x) { return x; }
  static void store_pair(Element* out, F low, F high) {
    store(out, low);
    store(out + kLanes, high);
  }
  static void store_steps(Element* out, size_t step, F low0, F high0, F low1, F high1) {
    store_pair(out, low0, high0);
    store_pair(out + step, low1, high1);
  }
  static void store_weights(Element* out, const F* weights) { store(out, weights[0]); }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/attention_expanded.h"
#include "engine/ops/cpu/attention_latent.h"

namespace kvasir::engine::cpu {
const AttentionKernels kAvx512Attention = {
    .latent = &kLatent, .latent_q8 = &kVnniLatent, .expanded = &kExpanded};
}
