#include "engine/ops/cpu/interleave.h"

#include "engine/gguf/quant_blocks.h"
#include "engine/ops/cpu/packed_codes.h"

#include <array>
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

// In the order in which the kernels read them, which is what the processor's prefetching expects. Codes that
// are packed (below) stand behind these. quantised_formats.h counts on all of it.
constexpr Field kQ8_0[] = {FIELD(BlockQ8_0, d, 2), FIELD(BlockQ8_0, qs, 4)};
constexpr Field kQ4_0[] = {FIELD(BlockQ4_0, d, 2), FIELD(BlockQ4_0, qs, 4)};
constexpr Field kQ4_1[] = {FIELD(BlockQ4_1, d, 2), FIELD(BlockQ4_1, m, 2), FIELD(BlockQ4_1, qs, 4)};
constexpr Field kQ5_0[] = {FIELD(BlockQ5_0, d, 2)};
constexpr Field kQ5_1[] = {FIELD(BlockQ5_1, d, 2), FIELD(BlockQ5_1, m, 2)};
constexpr Field kIq4Nl[] = {FIELD(BlockIQ4_NL, d, 2), FIELD(BlockIQ4_NL, qs, 4)};
constexpr Field kMxfp4[] = {FIELD(BlockMXFP4, e, 1), FIELD(BlockMXFP4, qs, 4)};
constexpr Field kQ2_K[] = {FIELD(BlockQ2_K, d, 2), FIELD(BlockQ2_K, dmin, 2), FIELD(BlockQ2_K, scales, 1)};
constexpr Field kQ3_K[] = {FIELD(BlockQ3_K, d, 2), FIELD(BlockQ3_K, scales, 1)};
constexpr Field kQ4_K[] = {FIELD(BlockQ4_K, d, 2), FIELD(BlockQ4_K, dmin, 2), FIELD(BlockQ4_K, scales, 1)};
constexpr Field kQ5_K[] = {FIELD(BlockQ5_K, d, 2), FIELD(BlockQ5_K, dmin, 2), FIELD(BlockQ5_K, scales, 1)};
constexpr Field kQ6_K[] = {FIELD(BlockQ6_K, d, 2), FIELD(BlockQ6_K, scales, 1)};
constexpr Field kIq4Xs[] = {FIELD(BlockIQ4_XS, d, 2), FIELD(BlockIQ4_XS, scales_h, 2),
                            FIELD(BlockIQ4_XS, scales_l, 1), FIELD(BlockIQ4_XS, qs, 4)};
#undef FIELD

/// How a type's blocks are interleaved: fields, then, where the file's order of bits does not suit the
/// kernels, each row's codes as `pack` writes them, 4 bytes at a time.
struct Plan {
  std::span<const Field> fields;
  void (*pack)(const std::byte* block, uint8_t* out) = nullptr;
  size_t packed_bytes = 0;
};

template <class Block, int Bits>
constexpr Plan packed(std::span<const Field> fields) {
  return {fields, pack_codes<Block, Bits>, Block::kValues / 8 * Bits};
}

Plan plan_of(DType type) {
  switch (type) {
    case DType::Q8_0:
      return {kQ8_0};
    case DType::Q4_0:
      return {kQ4_0};
    case DType::IQ4_NL:
      return {kIq4Nl};
    case DType::Q4_1:
      return {kQ4_1};
    case DType::Q5_0:
      return packed<BlockQ5_0, 5>(kQ5_0);
    case DType::Q5_1:
      return packed<BlockQ5_1, 5>(kQ5_1);
    case DType::MXFP4:
      return {kMxfp4};
    case DType::Q2_K:
      return packed<BlockQ2_K, 2>(kQ2_K);
    case DType::Q3_K:
      return packed<BlockQ3_K, 3>(kQ3_K);
    case DType::Q4_K:
      return packed<BlockQ4_K, 4>(kQ4_K);
    case DType::Q5_K:
      return packed<BlockQ5_K, 5>(kQ5_K);
    case DType::Q6_K:
      return packed<BlockQ6_K, 6>(kQ6_K);
    case DType::IQ4_XS:
      return {kIq4Xs};
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
  if (plan_of(type).fields.empty()) return false;
  return cols % dtype_traits(type)->block_elements == 0 && rows % kGroupRows == 0;
}

void interleave_group(DType type, uint32_t cols, const std::byte* rows, size_t row_stride_bytes,
                      std::byte* out) {
  const Plan plan = plan_of(type);
  const DTypeTraits traits = *dtype_traits(type);
  std::array<uint8_t, kGroupRows * kMostPackedBytes> codes;
  for (uint32_t k = 0; k < cols; k += traits.block_elements, rows += traits.block_bytes) {
    for (const auto [offset, width, count] : plan.fields) {
      if (width == 4)
        out = interleave_field<4>(rows + offset, row_stride_bytes, count, out);
      else if (width == 2)
        out = interleave_field<2>(rows + offset, row_stride_bytes, count, out);
      else
        out = interleave_field<1>(rows + offset, row_stride_bytes, count, out);
    }
    if (plan.pack == nullptr) continue;
    for (size_t row = 0; row < kGroupRows; ++row)
      plan.pack(rows + row * row_stride_bytes, codes.data() + row * plan.packed_bytes);
    out = interleave_field<4>(reinterpret_cast<const std::byte*>(codes.data()), plan.packed_bytes,
                              plan.packed_bytes / 4, out);
  }
}

}  // namespace kvasir::engine::cpu
