#include "engine/gguf/gguf_entry.h"

#include <cstring>
#include <limits>

namespace kvasir::engine {
namespace {

template <class T>
T read_value(const std::byte* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

/// One integer of any width as 64 signed bits; empty for other types and for values beyond them.
std::optional<int64_t> read_int(GgufValueType type, const std::byte* data) {
  switch (type) {
    case GgufValueType::U8:
      return read_value<uint8_t>(data);
    case GgufValueType::I8:
      return read_value<int8_t>(data);
    case GgufValueType::U16:
      return read_value<uint16_t>(data);
    case GgufValueType::I16:
      return read_value<int16_t>(data);
    case GgufValueType::U32:
      return read_value<uint32_t>(data);
    case GgufValueType::I32:
      return read_value<int32_t>(data);
    case GgufValueType::I64:
      return read_value<int64_t>(data);
    case GgufValueType::U64: {
      const auto value = read_value<uint64_t>(data);
      if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        return static_cast<int64_t>(value);
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

size_t gguf_value_bytes(GgufValueType type) {
  switch (type) {
    case GgufValueType::U8:
    case GgufValueType::I8:
    case GgufValueType::Bool:
      return 1;
    case GgufValueType::U16:
    case GgufValueType::I16:
      return 2;
    case GgufValueType::U32:
    case GgufValueType::I32:
    case GgufValueType::F32:
      return 4;
    case GgufValueType::U64:
    case GgufValueType::I64:
    case GgufValueType::F64:
      return 8;
    case GgufValueType::String:
    case GgufValueType::Array:
      break;
  }
  return 0;
}

std::optional<uint64_t> uint_value(const GgufEntry& entry) {
  if (entry.is_array) return std::nullopt;
  if (entry.type == GgufValueType::U64) return read_value<uint64_t>(entry.data);
  const auto value = read_int(entry.type, entry.data);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

std::optional<double> float_value(const GgufEntry& entry) {
  if (entry.is_array) return std::nullopt;
  if (entry.type == GgufValueType::F32) return read_value<float>(entry.data);
  if (entry.type == GgufValueType::F64) return read_value<double>(entry.data);
  return std::nullopt;
}

std::optional<bool> bool_value(const GgufEntry& entry) {
  if (entry.is_array || entry.type != GgufValueType::Bool) return std::nullopt;
  return *entry.data != std::byte{0};
}

std::optional<std::string_view> string_value(const GgufEntry& entry) {
  if (entry.is_array || entry.type != GgufValueType::String) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(entry.data), static_cast<size_t>(entry.count));
}

std::optional<std::vector<std::string_view>> string_values(const GgufEntry& entry) {
  if (!entry.is_array || entry.type != GgufValueType::String) return std::nullopt;
  std::vector<std::string_view> strings;
  strings.reserve(static_cast<size_t>(entry.count));
  const std::byte* here = entry.data;
  for (uint64_t i = 0; i < entry.count; ++i) {
    const auto length = static_cast<size_t>(read_value<uint64_t>(here));
    here += sizeof(uint64_t);
    strings.emplace_back(reinterpret_cast<const char*>(here), length);
    here += length;
  }
  return strings;
}

std::optional<std::vector<int64_t>> int_values(const GgufEntry& entry) {
  const size_t value_bytes = gguf_value_bytes(entry.type);
  if (!entry.is_array || value_bytes == 0) return std::nullopt;
  std::vector<int64_t> values;
  for (uint64_t i = 0; i < entry.count; ++i) {
    const auto value = read_int(entry.type, entry.data + i * value_bytes);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

}  // namespace kvasir::engine
