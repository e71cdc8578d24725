#include "engine/gguf/convert.h"

#include "engine/gguf/dequantize.h"

#include <cassert>
#include <cstring>

namespace kvasir::engine {
namespace {

uint16_t read_u16(const std::byte* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <class Block>
void dequantize_blocks(const std::byte* row, float* out, size_t count) {
  assert(count % Block::kValues == 0);
  // A block is made of bytes alone: it may lie anywhere.
  const auto* blocks = reinterpret_cast<const Block*>(row);
  for (size_t b = 0; b < count / Block::kValues; ++b) dequantize(blocks[b], out + b * Block::kValues);
}

using DequantizeRow = void (*)(const std::byte* row, float* out, size_t count);

/// Null for the types without code.
DequantizeRow dequantizer(DType type) {
  switch (type) {
    case DType::F32:
      return [](const std::byte* row, float* out, size_t count) {
        std::memcpy(out, row, count * sizeof(float));
      };
    case DType::F16:
      return [](const std::byte* row, float* out, size_t count) {
        for (size_t i = 0; i < count; ++i) out[i] = f16_to_f32(read_u16(row + 2 * i));
      };
    case DType::BF16:
      return [](const std::byte* row, float* out, size_t count) {
        for (size_t i = 0; i < count; ++i) out[i] = bf16_to_f32(read_u16(row + 2 * i));
      };
    case DType::Q4_0:
      return dequantize_blocks<BlockQ4_0>;
    case DType::Q4_1:
      return dequantize_blocks<BlockQ4_1>;
    case DType::Q5_0:
      return dequantize_blocks<BlockQ5_0>;
    case DType::Q5_1:
      return dequantize_blocks<BlockQ5_1>;
    case DType::Q8_0:
      return dequantize_blocks<BlockQ8_0>;
    case DType::Q2_K:
      return dequantize_blocks<BlockQ2_K>;
    case DType::Q3_K:
      return dequantize_blocks<BlockQ3_K>;
    case DType::Q4_K:
      return dequantize_blocks<BlockQ4_K>;
    case DType::Q5_K:
      return dequantize_blocks<BlockQ5_K>;
    case DType::Q6_K:
      return dequantize_blocks<BlockQ6_K>;
    case DType::IQ4_NL:
      return dequantize_blocks<BlockIQ4_NL>;
    case DType::IQ4_XS:
      return dequantize_blocks<BlockIQ4_XS>;
    case DType::MXFP4:
      return dequantize_blocks<BlockMXFP4>;
    default:
      return nullptr;
  }
}

}  // namespace

bool can_dequantize(DType type) {
  return dequantizer(type) != nullptr;
}

void dequantize_row(DType type, const std::byte* row, float* out, size_t count) {
  const DequantizeRow decode = dequantizer(type);
  assert(decode != nullptr && "a type that can_dequantize refuses");
  decode(row, out, count);
}

}  // namespace kvasir::engine
