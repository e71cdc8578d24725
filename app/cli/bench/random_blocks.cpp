#include "app/cli/bench/random_blocks.h"

#include "engine/gguf/convert.h"
#include "engine/gguf/quant_blocks.h"
#include "engine/ops/half.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace kvasir::app {
namespace {

using namespace engine;

// The codes stay random; what has to be chosen are the scales. Each type therefore needs the root mean square
// of code × sub-scale for a super-scale of one. Codes that lean to one side get scales of either sign, which
// centres them; types with minima get the minimum that cancels the codes' mean.

/// Root mean square of the whole numbers from `low` to `high`, each as likely.
double rms(int low, int high) {
  double sum = 0;
  for (int value = low; value <= high; ++value) sum += static_cast<double>(value) * value;
  return std::sqrt(sum / (high - low + 1));
}

double rms(const std::array<int8_t, 16>& levels) {
  double sum = 0;
  for (const int level : levels) sum += level * level;
  return std::sqrt(sum / static_cast<double>(levels.size()));
}

/// Standard deviation of the codes 0 … `highest`.
double spread(int highest) {
  const double count = highest + 1;
  return std::sqrt((count * count - 1) / 12);
}

void store_half(uint8_t (&at)[2], float value) {
  const uint16_t half = f32_to_f16(value);
  std::memcpy(at, &half, sizeof half);
}

/// Keeps blocks from being all alike; its mean square is 1.
float jitter(RandomSource& random) {
  constexpr float kWidth = 0.25f;
  static const float kNorm = 1.0f / std::sqrt(1.0f + kWidth * kWidth / 3.0f);
  return random.uniform(1.0f - kWidth, 1.0f + kWidth) * kNorm;
}

float signed_jitter(RandomSource& random) {
  const float value = jitter(random);
  return random.next() >> 63 ? -value : value;
}

/// Fills `out` with random bits and calls `finish` for each block, to set its scales.
template <class Block, class Finish>
void fill_blocks(std::span<std::byte> out, RandomSource& random, Finish finish) {
  random.fill(out);
  for (size_t at = 0; at < out.size(); at += sizeof(Block)) {
    finish(*reinterpret_cast<Block*>(out.data() + at));  // made of bytes: no alignment to keep
  }
}

/// One scale for codes whose root mean square is `code_rms`.
template <class Block>
void fill_scaled(std::span<std::byte> out, float deviation, double code_rms, RandomSource& random) {
  const float scale = deviation / static_cast<float>(code_rms);
  fill_blocks<Block>(out, random, [&](Block& block) { store_half(block.d, scale * signed_jitter(random)); });
}

/// Scale and minimum for the codes 0 … `highest`.
template <class Block>
void fill_with_minimum(std::span<std::byte> out, float deviation, int highest, RandomSource& random) {
  const float scale = deviation / static_cast<float>(spread(highest));
  fill_blocks<Block>(out, random, [&](Block& block) {
    const float d = scale * jitter(random);
    store_half(block.d, d);
    store_half(block.m, -d * static_cast<float>(highest) / 2);
  });
}

void fill_q8_0(std::span<std::byte> out, float deviation, RandomSource& random) {
  const float scale = deviation / static_cast<float>(rms(-127, 127));
  fill_blocks<BlockQ8_0>(out, random, [&](BlockQ8_0& block) {
    store_half(block.d, scale * jitter(random));
    for (int8_t& q : block.qs)
      if (q == -128) q = 0;  // a quantiser stops at −127
  });
}

/// The inverse of `k4_scale`, for offsets that equal the scales.
void store_k4_scales(uint8_t (&packed)[12], uint64_t bits) {
  for (size_t i = 0; i < 4; ++i, bits >>= 16) {
    const auto first = static_cast<unsigned>(32 + (bits & 31));
    const auto last = static_cast<unsigned>(32 + ((bits >> 8) & 31));
    packed[i] = packed[i + 4] = static_cast<uint8_t>(first | (last >> 4) << 6);
    packed[i + 8] = static_cast<uint8_t>((last & 15) * 0x11);
  }
}

/// Q4_K, Q5_K: scales in 32 … 63, and offsets that equal them, so that dmin = d · (mean code) centres each
/// sub-block.
template <class Block>
void fill_k_with_offsets(std::span<std::byte> out, float deviation, int highest, RandomSource& random) {
  const float scale = deviation / static_cast<float>(spread(highest) * rms(32, 63));
  fill_blocks<Block>(out, random, [&](Block& block) {
    const float d = scale * jitter(random);
    store_half(block.d, d);
    store_half(block.dmin, d * static_cast<float>(highest) / 2);
    store_k4_scales(block.scales, random.next());
  });
}

/// Scales and offsets as in Q4_K, but of 4 bits: 8 … 15.
void fill_q2_k(std::span<std::byte> out, float deviation, RandomSource& random) {
  const float scale = deviation / static_cast<float>(spread(3) * rms(8, 15));
  fill_blocks<BlockQ2_K>(out, random, [&](BlockQ2_K& block) {
    for (uint8_t& s : block.scales) s = static_cast<uint8_t>((8 + (s & 7)) * 0x11);
    const float d = scale * jitter(random);
    store_half(block.d, d);
    store_half(block.dmin, d * 1.5f);
  });
}

/// Scales in ±(64 … 127).
void fill_q6_k(std::span<std::byte> out, float deviation, RandomSource& random) {
  const float scale = deviation / static_cast<float>(rms(-32, 31) * rms(64, 127));
  fill_blocks<BlockQ6_K>(out, random, [&](BlockQ6_K& block) {
    for (int8_t& s : block.scales) {
      const int magnitude = 64 + (s & 63);
      s = static_cast<int8_t>(s < 0 ? -magnitude : magnitude);
    }
    store_half(block.d, scale * jitter(random));
  });
}

/// A scale between two powers of two is met by mixing both so that the mean square fits.
void fill_mxfp4(std::span<std::byte> out, float deviation, RandomSource& random) {
  constexpr int kExponentBias = 128;  // of the doubled values in kMxfp4Values
  const float scale = deviation / static_cast<float>(rms(kMxfp4Values));
  const int exponent = static_cast<int>(std::floor(std::log2(scale)));
  const float fraction = scale / std::ldexp(1.0f, exponent);   // in [1, 2)
  const float share_of_upper = (fraction * fraction - 1) / 3;  // 4·share + 1·(1 − share) = fraction²
  fill_blocks<BlockMXFP4>(out, random, [&](BlockMXFP4& block) {
    const int upper = random.uniform(0, 1) < share_of_upper ? 1 : 0;
    block.e = static_cast<uint8_t>(kExponentBias + exponent + upper);
  });
}

/// Unquantised: even between ±√3 · deviation.
template <class Number, class Convert>
void fill_numbers(std::span<std::byte> out, float deviation, RandomSource& random, Convert convert) {
  const float bound = deviation * std::sqrt(3.0f);
  for (size_t at = 0; at < out.size(); at += sizeof(Number)) {
    const Number number = convert(random.uniform(-bound, bound));
    std::memcpy(out.data() + at, &number, sizeof number);
  }
}

uint16_t to_brain(float value) {
  return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
}

}  // namespace

bool can_make_blocks(DType type) {
  return can_dequantize(type);
}

void fill_random_blocks(DType type, float deviation, RandomSource& random, std::span<std::byte> out) {
  switch (type) {
    case DType::F32:
      return fill_numbers<float>(out, deviation, random, [](float value) { return value; });
    case DType::F16:
      return fill_numbers<uint16_t>(out, deviation, random, f32_to_f16);
    case DType::BF16:
      return fill_numbers<uint16_t>(out, deviation, random, to_brain);
    case DType::Q4_0:
      return fill_scaled<BlockQ4_0>(out, deviation, rms(-8, 7), random);
    case DType::Q5_0:
      return fill_scaled<BlockQ5_0>(out, deviation, rms(-16, 15), random);
    case DType::IQ4_NL:
      return fill_scaled<BlockIQ4_NL>(out, deviation, rms(kIq4Values), random);
    case DType::Q3_K:
      return fill_scaled<BlockQ3_K>(out, deviation, rms(-4, 3) * rms(-32, 31), random);
    case DType::IQ4_XS:
      return fill_scaled<BlockIQ4_XS>(out, deviation, rms(kIq4Values) * rms(-32, 31), random);
    case DType::Q4_1:
      return fill_with_minimum<BlockQ4_1>(out, deviation, 15, random);
    case DType::Q5_1:
      return fill_with_minimum<BlockQ5_1>(out, deviation, 31, random);
    case DType::Q4_K:
      return fill_k_with_offsets<BlockQ4_K>(out, deviation, 15, random);
    case DType::Q5_K:
      return fill_k_with_offsets<BlockQ5_K>(out, deviation, 31, random);
    case DType::Q2_K:
      return fill_q2_k(out, deviation, random);
    case DType::Q6_K:
      return fill_q6_k(out, deviation, random);
    case DType::Q8_0:
      return fill_q8_0(out, deviation, random);
    case DType::MXFP4:
      return fill_mxfp4(out, deviation, random);
    default:
      return;
  }
}

}  // namespace kvasir::app
