#pragma once

#include "engine/base/result.h"
#include "engine/gguf/tensor_view.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// Kinds of metadata values under their numbers in GGUF files.
enum class GgufValueType : uint32_t {
  U8 = 0,
  I8 = 1,
  U16 = 2,
  I16 = 3,
  U32 = 4,
  I32 = 5,
  F32 = 6,
  Bool = 7,
  String = 8,
  Array = 9,
  U64 = 10,
  I64 = 11,
  F64 = 12,
};

/// Bytes of one value of a fixed-size type; 0 for strings, arrays and unknown numbers.
size_t gguf_value_bytes(GgufValueType type);

/// Where one metadata value lies. `data` is unaligned and little-endian.
struct GgufEntry {
  std::string_view key;
  GgufValueType type;  ///< of an array: the type of its elements
  bool is_array;
  uint64_t count;         ///< elements of an array, bytes of a string, else 1
  const std::byte* data;  ///< behind all counts; elements of a string array carry their own lengths
};

/// What a GGUF file holds, as views into its bytes; everything in here has been checked against them.
struct GgufIndex {
  std::vector<GgufEntry> entries;         ///< sorted by key
  std::vector<TensorView> tensors;        ///< in the file's order
  std::vector<uint32_t> tensors_by_name;  ///< indices into `tensors`, sorted by name
};

/// Reads and checks the header of a GGUF file. `path` only appears in messages. Memory use is bounded by a
/// small multiple of `bytes.size()` whatever counts the file claims.
Result<GgufIndex> index_gguf(std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace kvasir::engine
