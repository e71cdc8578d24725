#pragma once

#include "engine/gguf/quant_blocks.h"
#include "engine/ops/cpu/interleave_plan.h"

#include <cstddef>
#include <cstdint>

// Blocks out of rows that were interleaved for the processor's kernels (engine/ops/cpu/interleave.h and
// packed_codes.h), as the file had them.

namespace kvasir::engine::cuda {
namespace interleaved {

/// Rows of a group: engine/ops/cpu/interleave.h has the same number.
constexpr uint32_t kGroupRows = 16;

/// Code `i` of the 32 in `packed`, {kBits} words.
template <uint32_t kBits>
__device__ inline uint32_t packed_code(const uint32_t* packed, uint32_t i) {
  const auto byte = [packed](uint32_t b) { return packed[b / 4] >> 8 * (b % 4) & 255u; };
  uint32_t code = 0;
  uint32_t at = 0;
  uint32_t shift = 0;
  if constexpr (kBits >= 4) {
    code = byte(i % 16) >> 4 * (i / 16) & 15u;
    at = 16;
    shift = 4;
  }
  if constexpr (kBits == 2 || kBits == 3 || kBits == 6) {
    code |= (byte(at + i % 8) >> 2 * (i / 8) & 3u) << shift;
    at += 8;
    shift += 2;
  }
  if constexpr (kBits == 3 || kBits == 5) code |= (byte(at + i % 4) >> i / 4 & 1u) << shift;
  return code;
}

/// Puts the code of weight 32 · unit + i where the file has it; the block's codes were zero.
template <DType kType, class Block>
__device__ inline void store_code(Block& block, uint32_t unit, uint32_t i, uint32_t code) {
  const auto put = [](uint8_t& byte, uint32_t bits, uint32_t shift) {
    byte = static_cast<uint8_t>(byte | bits << shift);
  };
  if constexpr (kType == DType::Q2_K || kType == DType::Q3_K) {
    put(block.qs[32 * (unit / 4) + i], code & 3u, 2 * (unit % 4));
    if constexpr (kType == DType::Q3_K) put(block.hmask[i], code >> 2, unit);
  } else if constexpr (kType == DType::Q4_K || kType == DType::Q5_K) {
    put(block.qs[32 * (unit / 2) + i], code & 15u, 4 * (unit % 2));
    if constexpr (kType == DType::Q5_K) put(block.qh[i], code >> 4, unit);
  } else if constexpr (kType == DType::Q6_K) {
    const uint32_t half = unit / 4, k = unit % 4;
    put(block.ql[64 * half + 32 * (k % 2) + i], code & 15u, 4 * (k / 2));
    put(block.qh[32 * half + i], code >> 4, 2 * k);
  } else {
    static_assert(kType == DType::Q5_0 || kType == DType::Q5_1);
    put(block.qs[i % 16], code & 15u, 4 * (i / 16));
    put(block.qh[i / 8], code >> 4, i % 8);
  }
}

}  // namespace interleaved

/// Row `row` of a group's block, all of whose rows' blocks begin at `group`, aligned to 4 bytes or, where the
/// type has no elements so wide, to those that it has.
template <DType kType, class Block>
__device__ inline Block interleaved_block(const std::byte* group, uint32_t row) {
  constexpr cpu::InterleavePlan kPlan = cpu::interleave_plan(kType);
  Block block{};
  uint8_t* const bytes = reinterpret_cast<uint8_t*>(&block);
  const auto* from = reinterpret_cast<const uint8_t*>(group);
#pragma unroll
  for (uint32_t f = 0; f < kPlan.field_count; ++f) {
    const cpu::InterleavedField field = kPlan.fields[f];
    for (uint32_t element = 0; element < field.count; ++element)
      for (uint32_t b = 0; b < field.width; ++b)
        bytes[field.offset + element * field.width + b] =
            from[(element * interleaved::kGroupRows + row) * field.width + b];
    from += uint32_t{field.count} * field.width * interleaved::kGroupRows;
  }
  if constexpr (kPlan.packed_bits != 0) {
    for (uint32_t unit = 0; unit < Block::kValues / 32; ++unit) {
      uint32_t packed[kPlan.packed_bits];
      for (uint32_t word = 0; word < kPlan.packed_bits; ++word, from += 4 * interleaved::kGroupRows) {
        const uint8_t* const at = from + 4 * row;
        packed[word] = static_cast<uint32_t>(at[0]) | static_cast<uint32_t>(at[1]) << 8 |
                       static_cast<uint32_t>(at[2]) << 16 | static_cast<uint32_t>(at[3]) << 24;
      }
      for (uint32_t i = 0; i < 32; ++i)
        interleaved::store_code<kType>(block, unit, i,
                                       interleaved::packed_code<kPlan.packed_bits>(packed, i));
    }
  }
  return block;
}

}  // namespace kvasir::engine::cuda
