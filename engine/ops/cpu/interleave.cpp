#include "engine/ops/cpu/interleave.h"

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

// In the order in which the kernels read them, which is what the processor's prefetching expects: scales
// first, high bits before the low ones that they belong to.
constexpr Field kQ8_0[] = {{0, 2, 1}, {2, 4, 8}};                 // d, qs[32]
constexpr Field kQ4_0[] = {{0, 2, 1}, {2, 4, 4}};                 // d, qs[16]
constexpr Field kQ4_1[] = {{0, 2, 2}, {4, 4, 4}};                 // d m, qs[16]
constexpr Field kQ5_0[] = {{0, 2, 1}, {2, 4, 1}, {6, 4, 4}};      // d, qh[4], qs[16]
constexpr Field kQ5_1[] = {{0, 2, 2}, {4, 4, 1}, {8, 4, 4}};      // d m, qh[4], qs[16]
constexpr Field kMxfp4[] = {{0, 1, 1}, {1, 4, 4}};                // e, qs[16]
constexpr Field kQ2_K[] = {{80, 2, 2}, {0, 1, 16}, {16, 4, 16}};  // scales[16], qs[64], d dmin
constexpr Field kQ3_K[] = {
    {108, 2, 1}, {96, 1, 12}, {0, 4, 8}, {32, 4, 16}};           // hmask[32], qs[64], scales[12], d
constexpr Field kQ4_K[] = {{0, 2, 2}, {4, 1, 12}, {16, 4, 32}};  // d dmin, scales[12], qs[128]
constexpr Field kQ5_K[] = {
    {0, 2, 2}, {4, 1, 12}, {16, 4, 8}, {48, 4, 32}};            // d dmin, scales[12], qh[32], qs[128]
constexpr Field kQ6_K[] = {{208, 2, 1}, {192, 1, 16},           // ql[128], qh[64], scales[16], d
                           {128, 4, 8}, {0, 4, 16},             // the first half
                           {160, 4, 8}, {64, 4, 16}};           // the second
constexpr Field kIq4Xs[] = {{0, 2, 2}, {4, 1, 4}, {8, 4, 32}};  // d scales_h, scales_l[4], qs[128]

std::span<const Field> fields_of(DType type) {
  switch (type) {
    case DType::Q8_0:
      return kQ8_0;
    case DType::Q4_0:
    case DType::IQ4_NL:
      return kQ4_0;
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
