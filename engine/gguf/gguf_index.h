#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_entry.h"
#include "engine/gguf/tensor_view.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// What a GGUF file holds, as views into its bytes; everything in here has been checked against them.
struct GgufIndex {
  std::vector<GgufEntry> entries;         ///< sorted by key
  std::vector<TensorView> tensors;        ///< in the file's order
  std::vector<uint32_t> tensors_by_name;  ///< indices into `tensors`, sorted by name

  /// Null where there is no such entry.
  const GgufEntry* find_entry(std::string_view key) const;
  /// Null where there is no such tensor.
  const TensorView* find_tensor(std::string_view name) const;
  /// Fills `tensors_by_name`. Where two tensors share a name, returns the index of the later one of them.
  std::optional<uint32_t> sort_names();
};

/// Reads and checks the header of a GGUF file. `path` only appears in messages. Memory use is bounded by a
/// small multiple of `bytes.size()` whatever counts the file claims.
Result<GgufIndex> index_gguf(std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace kvasir::engine
