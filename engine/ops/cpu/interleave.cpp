#include "engine/ops/cpu/interleave.h"

#include "engine/gguf/quant_blocks.h"
#include "engine/ops/cpu/interleave_plan.h"
#include "engine/ops/cpu/packed_codes.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace kvasir::engine::cpu {
namespace {

/// Each row's codes of a block, packed; null where they are fields.
using Pack = void (*)(const std::byte* block, uint8_t* out);

Pack pack_of(DType type) {
  switch (type) {
    case DType::Q5_0:
      return pack_codes<BlockQ5_0, 5>;
    case DType::Q5_1:
      return pack_codes<BlockQ5_1, 5>;
    case DType::Q2_K:
      return pack_codes<BlockQ2_K, 2>;
    case DType::Q3_K:
      return pack_codes<BlockQ3_K, 3>;
    case DType::Q4_K:
      return pack_codes<BlockQ4_K, 4>;
    case DType::Q5_K:
      return pack_codes<BlockQ5_K, 5>;
    case DType::Q6_K:
      return pack_codes<BlockQ6_K, 6>;
    default:
      return nullptr;
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
  if (interleave_plan(type).field_count == 0) return false;
  return cols % dtype_traits(type)->block_elements == 0 && rows % kGroupRows == 0;
}

void interleave_group(DType type, uint32_t cols, const std::byte* rows, size_t row_stride_bytes,
                      std::byte* out) {
  const InterleavePlan plan = interleave_plan(type);
  const Pack pack = pack_of(type);
  const DTypeTraits traits = *dtype_traits(type);
  std::array<uint8_t, kGroupRows * kMostPackedBytes> codes;
  for (uint32_t k = 0; k < cols; k += traits.block_elements, rows += traits.block_bytes) {
    for (const auto [offset, width, count] : std::span(plan.fields).first(plan.field_count)) {
      if (width == 4)
        out = interleave_field<4>(rows + offset, row_stride_bytes, count, out);
      else if (width == 2)
        out = interleave_field<2>(rows + offset, row_stride_bytes, count, out);
      else
        out = interleave_field<1>(rows + offset, row_stride_bytes, count, out);
    }
    if (pack == nullptr) continue;
    for (size_t row = 0; row < kGroupRows; ++row)
      pack(rows + row * row_stride_bytes, codes.data() + row * plan.packed_bytes);
    out = interleave_field<4>(reinterpret_cast<const std::byte*>(codes.data()), plan.packed_bytes,
                              plan.packed_bytes / 4, out);
  }
}

}  // namespace kvasir::engine::cpu
