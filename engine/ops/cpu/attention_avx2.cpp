#include "engine/ops/cpu/attention_avx2.h"

#include "engine/ops/cpu/attention_kernels.h"

namespace kvasir::engine::cpu {
namespace {

/// Products of floats. 4 × 2 sums leave half of the registers for what they are made of.
struct Simd : Avx2Floats {
  static constexpr const char* kName = "AVX2";
  static constexpr uint32_t kStep = 1;
  static constexpr uint32_t kVectors = 2;
  static constexpr uint32_t kRows = 4;
  static constexpr uint32_t kExpandRows = 4;
  using B = __m256;
  using Element = float;

  static B load_elements(const Element* p) { return load(p); }
  static B broadcast(const Element* p) { return _mm256_broadcast_ss(p); }
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

#include "engine/ops/cpu/attention_impl.h"

namespace kvasir::engine::cpu {
const AttentionKernels kAvx2Attention = attention_with(kWordsLatent, nullptr);
}
