#include "engine/gguf/gguf_header.h"

#include <cstring>
#include <type_traits>
#include <utility>

namespace kvasir::engine {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr uint32_t kVersion = 3;

uint64_t aligned(uint64_t bytes) {
  return (bytes + GgufHeader::kAlignment - 1) / GgufHeader::kAlignment * GgufHeader::kAlignment;
}

void put_bytes(std::vector<std::byte>& out, const void* bytes, size_t count) {
  const size_t at = out.size();
  out.resize(at + count);
  std::memcpy(out.data() + at, bytes, count);
}

/// Little-endian, like every machine that this program is built for.
template <class T>
void put(std::vector<std::byte>& out, T value) {
  static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
  put_bytes(out, &value, sizeof(value));
}

void put_string(std::vector<std::byte>& out, std::string_view text) {
  put<uint64_t>(out, text.size());
  if (!text.empty()) put_bytes(out, text.data(), text.size());
}

}  // namespace

void GgufHeader::begin_entry(std::string_view key, GgufValueType type) {
  put_string(entries_, key);
  put(entries_, type);
  ++entry_count_;
}

void GgufHeader::begin_array(std::string_view key, GgufValueType element, uint64_t count) {
  begin_entry(key, GgufValueType::Array);
  put(entries_, element);
  put(entries_, count);
}

void GgufHeader::set_uint(std::string_view key, uint32_t value) {
  begin_entry(key, GgufValueType::U32);
  put(entries_, value);
}

void GgufHeader::set_float(std::string_view key, float value) {
  begin_entry(key, GgufValueType::F32);
  put(entries_, value);
}

void GgufHeader::set_bool(std::string_view key, bool value) {
  begin_entry(key, GgufValueType::Bool);
  put(entries_, static_cast<uint8_t>(value));
}

void GgufHeader::set_string(std::string_view key, std::string_view value) {
  begin_entry(key, GgufValueType::String);
  put_string(entries_, value);
}

void GgufHeader::set_strings(std::string_view key, std::span<const std::string> values) {
  begin_array(key, GgufValueType::String, values.size());
  for (const std::string& value : values) put_string(entries_, value);
}

void GgufHeader::set_ints(std::string_view key, std::span<const int32_t> values) {
  begin_array(key, GgufValueType::I32, values.size());
  for (const int32_t value : values) put(entries_, value);
}

void GgufHeader::add_tensor(std::string_view name, DType dtype, std::vector<uint64_t> shape) {
  uint64_t size = row_bytes(dtype, shape[0]);
  for (size_t i = 1; i < shape.size(); ++i) size *= shape[i];
  const uint64_t offset = data_bytes();
  tensors_.push_back({std::string(name), dtype, std::move(shape), offset, size});
}

uint64_t GgufHeader::data_bytes() const {
  return tensors_.empty() ? 0 : aligned(tensors_.back().offset_bytes + tensors_.back().size_bytes);
}

std::vector<std::byte> GgufHeader::encode() const {
  std::vector<std::byte> out;
  put_bytes(out, kMagic.data(), kMagic.size());
  put(out, kVersion);
  put<uint64_t>(out, tensors_.size());
  put(out, entry_count_);
  out.insert(out.end(), entries_.begin(), entries_.end());
  for (const Tensor& tensor : tensors_) {
    put_string(out, tensor.name);
    put(out, static_cast<uint32_t>(tensor.shape.size()));
    for (const uint64_t dimension : tensor.shape) put(out, dimension);
    put(out, tensor.dtype);
    put(out, tensor.offset_bytes);
  }
  out.resize(aligned(out.size()));
  return out;
}

}  // namespace kvasir::engine
