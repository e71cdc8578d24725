#include "engine/gguf/convert.h"

#include <cassert>
#include <cstring>

namespace kvasir::engine {
namespace {

uint16_t read_u16(const std::byte* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

constexpr size_t kQ8Values = 32;
constexpr size_t kQ8Bytes = 34;  // F16 scale, 32 signed bytes

void dequantize_q8_0(const std::byte* row, float* out, size_t count) {
  for (size_t first = 0; first < count; first += kQ8Values, row += kQ8Bytes) {
    const float scale = f16_to_f32(read_u16(row));
    for (size_t i = 0; i < kQ8Values; ++i) {
      out[first + i] = scale * static_cast<float>(static_cast<int8_t>(row[2 + i]));
    }
  }
}

}  // namespace

bool can_dequantize(DType type) {
  return type == DType::F32 || type == DType::F16 || type == DType::BF16 || type == DType::Q8_0;
}

void dequantize_row(DType type, const std::byte* row, float* out, size_t count) {
  switch (type) {
    case DType::F32:
      std::memcpy(out, row, count * sizeof(float));
      return;
    case DType::F16:
      for (size_t i = 0; i < count; ++i) out[i] = f16_to_f32(read_u16(row + 2 * i));
      return;
    case DType::BF16:
      for (size_t i = 0; i < count; ++i) out[i] = bf16_to_f32(read_u16(row + 2 * i));
      return;
    case DType::Q8_0:
      dequantize_q8_0(row, out, count);
      return;
    default:
      assert(!"dequantize_row: a type that can_dequantize refuses");
  }
}

}  // namespace kvasir::engine
