#include "engine/gguf/convert.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/half.h"

#include <cstring>

namespace kvasir::engine::cpu {
namespace {

/// Four lanes in plain code, which compilers turn into SSE2, NEON or scalar instructions.
struct Simd {
  static constexpr uint32_t kLanes = 4;
  static constexpr uint32_t kTileTokens = 2;
  static constexpr uint32_t kSumVectors = 2;
  using F = float __attribute__((vector_size(16)));
  using I = int32_t __attribute__((vector_size(16)));
  using U = uint32_t __attribute__((vector_size(16)));

  static F set1(float x) { return F{x, x, x, x}; }
  static F load(const void* p) { return load_n(p, kLanes); }
  static F load_n(const void* p, uint32_t n) {
    F v = {};
    std::memcpy(&v, p, n * sizeof(float));
    return v;
  }
  static void store(float* p, F v) { store_n(p, kLanes, v); }
  static void store_n(float* p, uint32_t n, F v) { std::memcpy(p, &v, n * sizeof(float)); }

  static F add(F a, F b) { return a + b; }
  static F sub(F a, F b) { return a - b; }
  static F mul(F a, F b) { return a * b; }
  static F div(F a, F b) { return a / b; }
  static F max(F a, F b) { return a > b ? a : b; }
  static F min(F a, F b) { return a < b ? a : b; }
  static F fma(F a, F b, F c) { return a * b + c; }
  static F zero_below(F x, F limit, F y) { return x < limit ? F{} : y; }

  /// Bits of a half in each lane to float32: shifting moves exponent and significand to their places, the
  /// product corrects the exponent's bias, also of subnormals.
  static F from_half_bits(U half) {
    const U magnitude = (half & 0x7fffu) << 13;
    const U finite = as<U>(as<F>(magnitude) * set1(0x1p112f));
    const U special = magnitude | 0x7f800000u;
    const U value = magnitude >= 0x0f800000u ? special : finite;
    return as<F>(value | ((half & 0x8000u) << 16));
  }
  static F load_f16(const std::byte* p) { return load_f16_n(p, kLanes); }
  static F load_f16_n(const std::byte* p, uint32_t n) {
    uint16_t h[kLanes] = {};
    std::memcpy(h, p, n * sizeof(uint16_t));
    return from_half_bits(U{h[0], h[1], h[2], h[3]});
  }
  static float f16(const std::byte* p) { return load_f16_n(p, 1)[0]; }
  static F load_bf16(const std::byte* p) { return load_bf16_n(p, kLanes); }
  static F load_bf16_n(const std::byte* p, uint32_t n) {
    uint16_t h[kLanes] = {};
    std::memcpy(h, p, n * sizeof(uint16_t));
    return as<F>(U{h[0], h[1], h[2], h[3]} << 16);
  }
  static F load_i8(const std::byte* p) {
    int8_t q[kLanes];
    std::memcpy(q, p, kLanes);
    return F{static_cast<float>(q[0]), static_cast<float>(q[1]), static_cast<float>(q[2]),
             static_cast<float>(q[3])};
  }
  static void store_f16_n(std::byte* p, uint32_t n, F v) {
    for (uint32_t i = 0; i < n; ++i) {
      const uint16_t half = f32_to_f16(v[i]);
      std::memcpy(p + i * 2, &half, 2);
    }
  }

  static float sum_lanes(F v) { return (v[0] + v[1]) + (v[2] + v[3]); }
  static void sum4(F a, F b, F c, F d, float* sums) {
    sums[0] = sum_lanes(a);
    sums[1] = sum_lanes(b);
    sums[2] = sum_lanes(c);
    sums[3] = sum_lanes(d);
  }
  static float max_lane(F v) {
    float most = v[0];
    for (uint32_t i = 1; i < kLanes; ++i) most = v[i] > most ? v[i] : most;
    return most;
  }
  static F scale_by_power(F p, F shifted) { return as<F>(as<U>(p) + (as<U>(shifted) << 23)); }

 private:
  template <class To, class From>
  static To as(From from) {
    To to;
    static_assert(sizeof(to) == sizeof(from));
    std::memcpy(&to, &from, sizeof(to));
    return to;
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/kernels_impl.h"

namespace kvasir::engine::cpu {
const Kernels kGenericKernels = kKernels;
}
