#include "engine/gguf/dequantize.h"

#include <cmath>

namespace kvasir::engine {
namespace {

/// Calls `decode(value, index)` for the 32 nibbles of `qs` in the order of the weights.
template <class Decode>
void each_nibble(const uint8_t (&qs)[16], const Decode& decode) {
  for (size_t i = 0; i < 16; ++i) {
    decode(qs[i] & 15, i);
    decode(qs[i] >> 4, i + 16);
  }
}

/// The same with each value's fifth bit from `qh`.
template <class Decode>
void each_five_bits(const uint8_t (&qs)[16], const uint8_t (&qh)[4], const Decode& decode) {
  const uint32_t high = load_u32(qh);
  each_nibble(qs, [&](int low, size_t i) { decode(low | static_cast<int>(high >> i & 1) << 4, i); });
}

}  // namespace

void dequantize(const BlockQ4_0& block, float* out) {
  const float d = scale_of(block.d);
  each_nibble(block.qs, [&](int q, size_t i) { out[i] = d * static_cast<float>(q - 8); });
}

void dequantize(const BlockQ4_1& block, float* out) {
  const float d = scale_of(block.d), m = scale_of(block.m);
  each_nibble(block.qs, [&](int q, size_t i) { out[i] = d * static_cast<float>(q) + m; });
}

void dequantize(const BlockQ5_0& block, float* out) {
  const float d = scale_of(block.d);
  each_five_bits(block.qs, block.qh, [&](int q, size_t i) { out[i] = d * static_cast<float>(q - 16); });
}

void dequantize(const BlockQ5_1& block, float* out) {
  const float d = scale_of(block.d), m = scale_of(block.m);
  each_five_bits(block.qs, block.qh, [&](int q, size_t i) { out[i] = d * static_cast<float>(q) + m; });
}

void dequantize(const BlockQ8_0& block, float* out) {
  const float d = scale_of(block.d);
  for (size_t i = 0; i < 32; ++i) out[i] = d * static_cast<float>(block.qs[i]);
}

void dequantize(const BlockIQ4_NL& block, float* out) {
  const float d = scale_of(block.d);
  each_nibble(block.qs,
              [&](int q, size_t i) { out[i] = d * static_cast<float>(kIq4Values[static_cast<size_t>(q)]); });
}

void dequantize(const BlockMXFP4& block, float* out) {
  const float d = std::ldexp(1.0f, static_cast<int>(block.e) - 128);
  each_nibble(block.qs, [&](int q, size_t i) {
    out[i] = d * static_cast<float>(kMxfp4Values[static_cast<size_t>(q)]);
  });
}

}  // namespace kvasir::engine
