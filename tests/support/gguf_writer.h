#pragma once

#include "engine/gguf/gguf_index.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::test {

using engine::DType;
using engine::GgufValueType;

/// Bytes in the order in which they are appended, little-endian.
class ByteWriter {
 public:
  template <class T>
  ByteWriter& put(T value) {
    const auto* first = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof value);
    return *this;
  }
  ByteWriter& put_string(std::string_view text) {
    put<uint64_t>(text.size());
    return put_bytes(std::as_bytes(std::span(text)));
  }
  ByteWriter& put_bytes(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  void pad_to(uint64_t alignment) {
    if (alignment > 0) bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Builds GGUF files in memory: sound ones from metadata and tensors, broken ones by the public fields, which
/// override what `build` would write. Entries and tensors are written in the order in which they were added.
class GgufWriter {
 public:
  struct Tensor {
    std::string name;
    DType dtype = DType::F32;
    std::vector<uint64_t> shape;
    std::vector<std::byte> data;
    std::optional<uint64_t> offset;           ///< instead of the next free place
    std::optional<uint32_t> dtype_number;     ///< instead of dtype's
    std::optional<uint32_t> dimension_count;  ///< instead of shape.size()
  };

  std::string magic = "GGUF";
  uint32_t version = 3;
  uint64_t alignment = 32;               ///< of the data; says nothing in the metadata
  std::optional<uint64_t> tensor_count;  ///< instead of the true one
  std::optional<uint64_t> entry_count;   ///< instead of the true one

  template <class T>
  GgufWriter& set(std::string_view key, GgufValueType type, T value) {
    return set_raw(key, ByteWriter().put(type).put(value).bytes());
  }
  GgufWriter& set_uint(std::string_view key, uint32_t value) { return set(key, GgufValueType::U32, value); }
  GgufWriter& set_float(std::string_view key, float value) { return set(key, GgufValueType::F32, value); }
  GgufWriter& set_bool(std::string_view key, bool value) {
    return set(key, GgufValueType::Bool, static_cast<uint8_t>(value));
  }
  GgufWriter& set_string(std::string_view key, std::string_view value) {
    return set_raw(key, ByteWriter().put(GgufValueType::String).put_string(value).bytes());
  }
  GgufWriter& set_strings(std::string_view key, const std::vector<std::string>& values) {
    ByteWriter writer;
    writer.put(GgufValueType::Array).put(GgufValueType::String).put<uint64_t>(values.size());
    for (const auto& value : values) writer.put_string(value);
    return set_raw(key, writer.bytes());
  }
  template <class T>
  GgufWriter& set_array(std::string_view key, GgufValueType element, const std::vector<T>& values) {
    ByteWriter writer;
    writer.put(GgufValueType::Array).put(element).template put<uint64_t>(values.size());
    for (const T value : values) writer.put(value);
    return set_raw(key, writer.bytes());
  }
  /// The bytes behind a key: type number and value. Replaces an entry of the same key.
  GgufWriter& set_raw(std::string_view key, std::vector<std::byte> type_and_value) {
    for (auto& entry : entries_) {
      if (entry.first == key) {
        entry.second = std::move(type_and_value);
        return *this;
      }
    }
    entries_.emplace_back(key, std::move(type_and_value));
    return *this;
  }
  GgufWriter& remove(std::string_view key) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.first == key; });
    return *this;
  }
  /// Adds an entry even where the key exists already.
  GgufWriter& duplicate(std::string_view key, std::vector<std::byte> type_and_value) {
    entries_.emplace_back(key, std::move(type_and_value));
    return *this;
  }

  GgufWriter& add_tensor(std::string_view name, DType dtype, std::vector<uint64_t> shape,
                         std::vector<std::byte> data) {
    Tensor tensor;
    tensor.name = name;
    tensor.dtype = dtype;
    tensor.shape = std::move(shape);
    tensor.data = std::move(data);
    tensors_.push_back(std::move(tensor));
    return *this;
  }
  /// The first tensor of that name, to be changed. Throws where there is none.
  Tensor& tensor(std::string_view name) {
    for (auto& tensor : tensors_) {
      if (tensor.name == name) return tensor;
    }
    throw std::out_of_range("no tensor " + std::string(name));
  }
  std::vector<std::string> tensor_names() const {
    std::vector<std::string> names;
    for (const auto& tensor : tensors_) names.push_back(tensor.name);
    return names;
  }
  GgufWriter& remove_tensor(std::string_view name) {
    std::erase_if(tensors_, [&](const Tensor& t) { return t.name == name; });
    return *this;
  }

  /// Bytes in front of the tensors' data.
  size_t header_bytes() const {
    size_t data = 0;
    for (const auto& tensor : tensors_) {
      if (alignment > 0) data = (data + alignment - 1) / alignment * alignment;
      data += tensor.data.size();
    }
    return build().size() - data;
  }

  std::vector<std::byte> build() const {
    ByteWriter out;
    out.put_bytes(std::as_bytes(std::span(magic))).put(version);
    out.put(tensor_count.value_or(tensors_.size())).put(entry_count.value_or(entries_.size()));
    for (const auto& [key, type_and_value] : entries_) out.put_string(key).put_bytes(type_and_value);

    ByteWriter data;
    for (const auto& tensor : tensors_) {
      data.pad_to(alignment);
      out.put_string(tensor.name);
      out.put(tensor.dimension_count.value_or(static_cast<uint32_t>(tensor.shape.size())));
      for (const uint64_t dimension : tensor.shape) out.put(dimension);
      out.put(tensor.dtype_number.value_or(static_cast<uint32_t>(tensor.dtype)));
      out.put<uint64_t>(tensor.offset.value_or(data.bytes().size()));
      data.put_bytes(tensor.data);
    }
    if (!tensors_.empty()) out.pad_to(alignment);
    out.put_bytes(data.bytes());
    return out.bytes();
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::byte>>> entries_;
  std::vector<Tensor> tensors_;
};

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

inline void write_bytes(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline std::vector<std::byte> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace kvasir::test
