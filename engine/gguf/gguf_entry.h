#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

/// What an entry holds; empty where it is of another kind. Integers of every width and sign convert where the
/// value fits, floats are F32 or F64. The last two are arrays; strings are views into the file's bytes.
std::optional<uint64_t> uint_value(const GgufEntry& entry);
std::optional<double> float_value(const GgufEntry& entry);
std::optional<bool> bool_value(const GgufEntry& entry);
std::optional<std::string_view> string_value(const GgufEntry& entry);
std::optional<std::vector<std::string_view>> string_values(const GgufEntry& entry);
std::optional<std::vector<int64_t>> int_values(const GgufEntry& entry);

}  // namespace kvasir::engine
