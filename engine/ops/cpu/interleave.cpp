#include "engine/ops/cpu/interleave.h"

#include "engine/gguf/quant_blocks.h"

#include <cstddef>
#include <cstring>
#include <span>

namespace kvasir::engine::cpu {
namespace {

/// `count` elements of `width` bytes each, `offset` bytes into a block.
struct Field {
  uint8_t offset;
  uint8_t width;
  uint8_t count;
};

/// A member of a block, cut into elements of `width` bytes.
#define FIELD(block, member, width)                               \
  Field {                                                         \
    offsetof(block, member), width, sizeof(block::member) / width \
  }

// In the order in which the kernels read them, which is what the processor's prefetching expects: scales
// first, high bits before the low ones that they belong to. quantised_formats.h counts on it.
constexpr Field kQ8_0[] = {FIELD(BlockQ8_0, d, 2), FIELD(BlockQ8_0, qs, 4)};
constexpr Field kQ4_0[] = {FIELD(BlockQ4_0, d, 2), FIELD(BlockQ4_0, qs, 4)};
constexpr Field kQ4_1[] = {FIELD(BlockQ4_1, d, 2), FIELD(BlockQ4_1, m, 2), FIELD(BlockQ4_1, qs, 4)};
constexpr Field kQ5_0[] = {FIELD(BlockQ5_0, d, 2), FIELD(BlockQ5_0, qh, 4), FIELD(BlockQ5_0, qs, 4)};
constexpr Field kQ5_1[] = {FIELD(BlockQ5_1, d, 2), FIELD(BlockQ5_1, m, 2), FIELD(BlockQ5_1, qh, 4),
                           FIELD(BlockQ5_1, qs, 4)};
constexpr Field kIq4Nl[] = {FIELD(BlockIQ4_NL, d, 2), FIELD(BlockIQ4_NL, qs, 4)};
constexpr Field kMxfp4[] = {FIELD(BlockMXFP4, e, 1), FIELD(BlockMXFP4, qs, 4)};
constexpr Field kQ2_K[] = {FIELD(BlockQ2_K, d, 2), FIELD(BlockQ2_K, dmin, 2), FIELD(BlockQ2_K, scales, 1),
                           FIELD(BlockQ2_K, qs, 4)};
constexpr Field kQ3_K[] = {FIELD(BlockQ3_K, d, 2), FIELD(BlockQ3_K, scales, 1), FIELD(BlockQ3_K, hmask, 4),
                           FIELD(BlockQ3_K, qs, 4)};
constexpr Field kQ4_K[] = {FIELD(BlockQ4_K, d, 2), FIELD(BlockQ4_K, dmin, 2), FIELD(BlockQ4_K, scales, 1),
                           FIELD(BlockQ4_K, qs, 4)};
constexpr Field kQ5_K[] = {FIELD(BlockQ5_K, d, 2), FIELD(BlockQ5_K, dmin, 2), FIELD(BlockQ5_K, scales, 1),
                           FIELD(BlockQ5_K, qh, 4), FIELD(BlockQ5_K, qs, 4)};
constexpr Field kIq4Xs[] = {FIELD(BlockIQ4_XS, d, 2), FIELD(BlockIQ4_XS, scales_h, 2),
                            FIELD(BlockIQ4_XS, scales_l, 1), FIELD(BlockIQ4_XS, qs, 4)};
// By halves: each is read with its own high bits.
constexpr Field kQ6_K[] = {FIELD(BlockQ6_K, d, 2),
                           FIELD(BlockQ6_K, scales, 1),
                           {offsetof(BlockQ6_K, qh), 4, 8},
                           {offsetof(BlockQ6_K, ql), 4, 16},
                           {offsetof(BlockQ6_K, qh) + 32, 4, 8},
                           {offsetof(BlockQ6_K, ql) + 64, 4, 16}};
#undef FIELD

std::span<const Field> fields_of(DType type) {
  switch (type) {
    case DType::Q8_0:
      return kQ8_0;
    case DType::Q4_0:
      return kQ4_0;
    case DType::IQ4_NL:
      return kIq4Nl;
    case DType::Q4_1:
      return kQ4_1;
    case DType::Q5_0:
      return kQ5_0;
    case DType::Q5_1:
      return kQ5_1;
    case DType::MXFP4:
      return kMxfp4;
    case DType::Q2_K:
      return kQ2_K;
    case DType::Q3_K:
      return kQ3_K;
    case DType::Q4_K:
      return kQ4_K;
    case DType::Q5_K:
      return kQ5_K;
    case DType::Q6_K:
      return kQ6_K;
    case DType::IQ4_XS:
      return kIq4Xs;
    default:
      return {};
  }
}

template <size_t Width>
std::byte* interleave_field(const std::byte* block, size_t row_stride_bytes, size_t count, std::byte* out) {
  for (size_t element = 0; element < count; ++element)
    for (size_t row = 0; row < kGroupRows; ++row, out += Width)
      std::memcpy(out, block + row * row_stride_bytes + element * Width, Width);
  return out;
}

}  // namespace

bool can_interleave(DType type, uint64_t cols, uint64_t rows) {
  if (fields_of(type).empty()) return false;
  return cols % dtype_traits(type)->block_elements == 0 && rows % kGroupRows == 0;
}

void interleave_group(DType type, uint32_t cols, const std::byte* rows, size_t row_stride_bytes,
                      std::byte* out) {
  const std::span<const Field> fields = fields_of(type);
  const DTypeTraits traits = *dtype_traits(type);
  for (uint32_t k = 0; k < cols; k += traits.block_elements, rows += traits.block_bytes) {
    for (const auto [offset, width, count] : fields) {
      if (width == 4)
        out = interleave_field<4>(rows + offset, row_stride_bytes, count, out);
      else if (width == 2)
        out = interleave_field<2>(rows + offset, row_stride_bytes, count, out);
      else
        out = interleave_field<1>(rows + offset, row_stride_bytes, count, out);
    }
  }
}

}  // namespace kvasir::engine::cpu
