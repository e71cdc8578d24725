#pragma once

#include "engine/gguf/dtype.h"
#include "engine/gguf/gguf_index.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// The front of a GGUF file that is being written (version 3): metadata, and the names, shapes and places of
/// the tensors, whose data follow in the order in which they were added. Keys and names are each given once.
class GgufHeader {
 public:
  struct Tensor {
    std::string name;
    DType dtype;
    std::vector<uint64_t> shape;  ///< as in TensorView, without trailing ones
    uint64_t offset_bytes;        ///< behind the header
    uint64_t size_bytes;
  };

  static constexpr uint64_t kAlignment = 32;

  void set_uint(std::string_view key, uint32_t value);
  void set_float(std::string_view key, float value);
  void set_bool(std::string_view key, bool value);
  void set_string(std::string_view key, std::string_view value);
  void set_strings(std::string_view key, std::span<const std::string> values);
  void set_ints(std::string_view key, std::span<const int32_t> values);

  /// `shape` has one to four dimensions and whole blocks in its rows; `dtype` is one that is known here.
  void add_tensor(std::string_view name, DType dtype, std::vector<uint64_t> shape);

  std::span<const Tensor> tensors() const { return tensors_; }
  /// Bytes behind the header: all tensors, each from a multiple of kAlignment on.
  uint64_t data_bytes() const;
  /// The header as it lies in the file, a multiple of kAlignment long.
  std::vector<std::byte> encode() const;

 private:
  void begin_entry(std::string_view key, GgufValueType type);
  void begin_array(std::string_view key, GgufValueType element, uint64_t count);

  std::vector<std::byte> entries_;
  uint64_t entry_count_ = 0;
  std::vector<Tensor> tensors_;
};

}  // namespace kvasir::engine
