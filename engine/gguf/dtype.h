#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kvasir::engine {

/// Tensor element types under their numbers in GGUF files (ggml's `ggml_type`). All that are listed here
/// can be measured and therefore found in a file; which of them can be computed with is another matter
/// (see `ModelWeights`).
enum class DType : uint32_t {
  F32 = 0,
  F16 = 1,
  Q4_0 = 2,
  Q4_1 = 3,
  Q5_0 = 6,
  Q5_1 = 7,
  Q8_0 = 8,
  Q8_1 = 9,
  Q2_K = 10,
  Q3_K = 11,
  Q4_K = 12,
  Q5_K = 13,
  Q6_K = 14,
  Q8_K = 15,
  IQ2_XXS = 16,
  IQ2_XS = 17,
  IQ3_XXS = 18,
  IQ1_S = 19,
  IQ4_NL = 20,
  IQ3_S = 21,
  IQ2_S = 22,
  IQ4_XS = 23,
  I8 = 24,
  I16 = 25,
  I32 = 26,
  I64 = 27,
  F64 = 28,
  IQ1_M = 29,
  BF16 = 30,
  TQ1_0 = 34,
  TQ2_0 = 35,
  MXFP4 = 39,
};

/// A type stores its elements in blocks: `block_elements` values in `block_bytes` bytes.
struct DTypeTraits {
  std::string_view name;
  uint32_t block_elements;
  uint32_t block_bytes;
};

/// Empty for a number that is no type known here.
std::optional<DTypeTraits> dtype_traits(DType type);
/// "Q8_0" and so on; "unknown" for a number that is no type known here.
std::string_view dtype_name(DType type);

/// Bytes of a row of `elements` values; `elements` must be a multiple of the type's block.
/// 0 for a number that is no type known here.
size_t row_bytes(DType type, uint64_t elements);

}  // namespace kvasir::engine
