#pragma once

#include "engine/gguf/dtype.h"
#include "engine/gguf/quant_blocks.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cpu {

/// `count` elements of `width` bytes each, `offset` bytes into a block.
struct InterleavedField {
  uint8_t offset = 0;
  uint8_t width = 0;
  uint8_t count = 0;
};

/// How a type's blocks are interleaved (interleave.h): fields, then, where the file's order of bits does not
/// suit the kernels, each row's codes as packed_codes.h packs them, 4 bytes at a time.
struct InterleavePlan {
  InterleavedField fields[4];
  uint32_t field_count = 0;
  uint32_t packed_bits = 0;   ///< of a code; 0: codes are fields
  uint32_t packed_bytes = 0;  ///< of a block
};

/// A member of a block, cut into elements of `width` bytes.
#define KVASIR_FIELD(block, member, width)                        \
  InterleavedField {                                              \
    offsetof(block, member), width, sizeof(block::member) / width \
  }

template <class Block>
constexpr InterleavePlan packed_plan(uint32_t bits, InterleavePlan plan) {
  plan.packed_bits = bits;
  plan.packed_bytes = static_cast<uint32_t>(Block::kValues / 8 * bits);
  return plan;
}

/// No fields for types that have no kernels over interleaved rows.
///
/// Fields stand in the order in which the kernels read them, which is what the processor's prefetching
/// expects; quantised_formats.h counts on it.
constexpr InterleavePlan interleave_plan(DType type) {
  switch (type) {
    case DType::Q8_0:
      return {{KVASIR_FIELD(BlockQ8_0, d, 2), KVASIR_FIELD(BlockQ8_0, qs, 4)}, 2};
    case DType::Q4_0:
      return {{KVASIR_FIELD(BlockQ4_0, d, 2), KVASIR_FIELD(BlockQ4_0, qs, 4)}, 2};
    case DType::Q4_1:
      return {{KVASIR_FIELD(BlockQ4_1, d, 2), KVASIR_FIELD(BlockQ4_1, m, 2), KVASIR_FIELD(BlockQ4_1, qs, 4)},
              3};
    case DType::Q5_0:
      return packed_plan<BlockQ5_0>(5, {{KVASIR_FIELD(BlockQ5_0, d, 2)}, 1});
    case DType::Q5_1:
      return packed_plan<BlockQ5_1>(5, {{KVASIR_FIELD(BlockQ5_1, d, 2), KVASIR_FIELD(BlockQ5_1, m, 2)}, 2});
    case DType::IQ4_NL:
      return {{KVASIR_FIELD(BlockIQ4_NL, d, 2), KVASIR_FIELD(BlockIQ4_NL, qs, 4)}, 2};
    case DType::MXFP4:
      return {{KVASIR_FIELD(BlockMXFP4, e, 1), KVASIR_FIELD(BlockMXFP4, qs, 4)}, 2};
    case DType::Q2_K:
      return packed_plan<BlockQ2_K>(2, {{KVASIR_FIELD(BlockQ2_K, d, 2), KVASIR_FIELD(BlockQ2_K, dmin, 2),
                                         KVASIR_FIELD(BlockQ2_K, scales, 1)},
                                        3});
    case DType::Q3_K:
      return packed_plan<BlockQ3_K>(3,
                                    {{KVASIR_FIELD(BlockQ3_K, d, 2), KVASIR_FIELD(BlockQ3_K, scales, 1)}, 2});
    case DType::Q4_K:
      return packed_plan<BlockQ4_K>(4, {{KVASIR_FIELD(BlockQ4_K, d, 2), KVASIR_FIELD(BlockQ4_K, dmin, 2),
                                         KVASIR_FIELD(BlockQ4_K, scales, 1)},
                                        3});
    case DType::Q5_K:
      return packed_plan<BlockQ5_K>(5, {{KVASIR_FIELD(BlockQ5_K, d, 2), KVASIR_FIELD(BlockQ5_K, dmin, 2),
                                         KVASIR_FIELD(BlockQ5_K, scales, 1)},
                                        3});
    case DType::Q6_K:
      return packed_plan<BlockQ6_K>(6,
                                    {{KVASIR_FIELD(BlockQ6_K, d, 2), KVASIR_FIELD(BlockQ6_K, scales, 1)}, 2});
    case DType::IQ4_XS:
      return {{KVASIR_FIELD(BlockIQ4_XS, d, 2), KVASIR_FIELD(BlockIQ4_XS, scales_h, 2),
               KVASIR_FIELD(BlockIQ4_XS, scales_l, 1), KVASIR_FIELD(BlockIQ4_XS, qs, 4)},
              4};
    default:
      return {};
  }
}
#undef KVASIR_FIELD

}  // namespace kvasir::engine::cpu
