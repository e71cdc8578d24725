#include "engine/gguf/dequantize.h"

namespace kvasir::engine {
void dequantize(const BlockQ2_K& block, float* out) {
  const float d = scale_of(block.d), dmin = scale_of(block.dmin);
  for (size_t w = 0; w < 256; ++w) {
    const size_t half = w / 128, k = w / 32 % 4, i = w % 32;
    const uint8_t scale = block.scales[w / 16];
    const int q = block.qs[32 * half + i] >> 2 * k & 3;
    out[w] =
        d * static_cast<float>(scale & 15) * static_cast<float>(q) - dmin * static_cast<float>(scale >> 4);
  }
}

void dequantize(const BlockQ3_K& block, float* out) {
  const float d = scale_of(block.d);
  for (size_t w = 0; w < 256; ++w) {
    const size_t half = w / 128, k = w / 32 % 4, i = w % 32;
    const int low = block.qs[32 * half + i] >> 2 * k & 3;
    const int high = block.hmask[i] >> (4 * half + k) & 1;
    const int q = low | high << 2;
    out[w] = d * static_cast<float>(q3_k_scale(block.scales, w / 16)) * static_cast<float>(q - 4);
  }
}

void dequantize(const BlockQ4_K& block, float* out) {
  const float d = scale_of(block.d), dmin = scale_of(block.dmin);
  for (size_t s = 0; s < 8; ++s) {
    const auto [scale, offset] = k4_scale(block.scales, s);
    const float d_s = d * static_cast<float>(scale), m_s = dmin * static_cast<float>(offset);
    for (size_t i = 0; i < 32; ++i) {
      const int q = block.qs[s / 2 * 32 + i] >> 4 * (s % 2) & 15;
      out[32 * s + i] = d_s * static_cast<float>(q) - m_s;
    }
  }
}

void dequantize(const BlockQ5_K& block, float* out) {
  const float d = scale_of(block.d), dmin = scale_of(block.dmin);
  for (size_t s = 0; s < 8; ++s) {
    const auto [scale, offset] = k4_scale(block.scales, s);
    const float d_s = d * static_cast<float>(scale), m_s = dmin * static_cast<float>(offset);
    for (size_t i = 0; i < 32; ++i) {
      const int low = block.qs[s / 2 * 32 + i] >> 4 * (s % 2) & 15;
      const int q = low | (block.qh[i] >> s & 1) << 4;
      out[32 * s + i] = d_s * static_cast<float>(q) - m_s;
    }
  }
}

void dequantize(const BlockQ6_K& block, float* out) {
  const float d = scale_of(block.d);
  for (size_t w = 0; w < 256; ++w) {
    const size_t half = w / 128, k = w / 32 % 4, i = w % 32;
    const int low = block.ql[64 * half + 32 * (k % 2) + i] >> 4 * (k / 2) & 15;
    const int high = block.qh[32 * half + i] >> 2 * k & 3;
    const int q = low | high << 4;
    out[w] = d * static_cast<float>(block.scales[w / 16]) * static_cast<float>(q - 32);
  }
}

void dequantize(const BlockIQ4_XS& block, float* out) {
  const float d = scale_of(block.d);
  for (size_t s = 0; s < 8; ++s) {
    const float d_s = d * static_cast<float>(iq4_xs_scale(block, s));
    for (size_t i = 0; i < 16; ++i) {
      const uint8_t pair = block.qs[16 * s + i];
      out[32 * s + i] = d_s * static_cast<float>(kIq4Values[pair & 15]);
      out[32 * s + 16 + i] = d_s * static_cast<float>(kIq4Values[pair >> 4]);
    }
  }
}

}  // namespace kvasir::engine
