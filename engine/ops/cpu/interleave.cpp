#include "engine/ops/cpu/interleave.h"

#include <cstring>
#include <span>

namespace kvasir::engine::cpu {
namespace {

/// `count` elements of `width` bytes each, in the order in which they stand in a block.
struct Field {
  uint8_t width;
  uint8_t count;
};

constexpr Field kQ8_0[] = {{2, 1}, {4, 8}};                     // d, qs[32]
constexpr Field kQ4_0[] = {{2, 1}, {4, 4}};                     // d, qs[16]
constexpr Field kQ4_1[] = {{2, 2}, {4, 4}};                     // d m, qs[16]
constexpr Field kQ5_0[] = {{2, 1}, {4, 1}, {4, 4}};             // d, qh, qs[16]
constexpr Field kQ5_1[] = {{2, 2}, {4, 1}, {4, 4}};             // d m, qh, qs[16]
constexpr Field kMxfp4[] = {{1, 1}, {4, 4}};                    // e, qs[16]
constexpr Field kQ2_K[] = {{1, 16}, {4, 16}, {2, 2}};           // scales[16], qs[64], d dmin
constexpr Field kQ3_K[] = {{4, 8}, {4, 16}, {1, 12}, {2, 1}};   // hmask[32], qs[64], scales[12], d
constexpr Field kQ4_K[] = {{2, 2}, {1, 12}, {4, 32}};           // d dmin, scales[12], qs[128]
constexpr Field kQ5_K[] = {{2, 2}, {1, 12}, {4, 8}, {4, 32}};   // d dmin, scales[12], qh[32], qs[128]
constexpr Field kQ6_K[] = {{4, 32}, {4, 16}, {1, 16}, {2, 1}};  // ql[128], qh[64], scales[16], d
constexpr Field kIq4Xs[] = {{2, 2}, {1, 4}, {4, 32}};           // d scales_h, scales_l[4], qs[128]

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
  const size_t row_end = row_bytes(type, cols);
  for (size_t at = 0; at < row_end;) {
    for (const auto [width, count] : fields) {
      if (width == 4)
        out = interleave_field<4>(rows + at, row_stride_bytes, count, out);
      else if (width == 2)
        out = interleave_field<2>(rows + at, row_stride_bytes, count, out);
      else
        out = interleave_field<1>(rows + at, row_stride_bytes, count, out);
      at += size_t{width} * count;
    }
  }
}

}  // namespace kvasir::engine::cpu
