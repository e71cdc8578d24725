#pragma once

#include "engine/base/result.h"
#include "engine/gguf/resident_file.h"
#include "engine/gguf/tensor_view.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// A model in GGUF (versions 2 and 3): one file, or all those that it is split over, mapped read-only.
///
/// `open` checks everything that later reads rely on: every count, length and offset lies inside its file,
/// no tensor overlaps another, names are unique, sizes do not overflow, and parts belong together. Views
/// point into the mappings and live as long as this object (and survive its being moved). Immutable after
/// opening: safe to read from several threads. Look-ups are binary searches.
class GgufFile {
 public:
  /// `path` may be any part of a split model; the others lie beside it. Io where the system refuses or a part
  /// is missing; BadFile where the bytes contradict themselves or parts do not fit together; Unsupported for
  /// other GGUF versions, big-endian files and tensor formats that have no known size. A file without tensors
  /// (a vocabulary) is valid.
  static Result<GgufFile> open(const std::filesystem::path& path);
  /// The same checks over bytes in memory, which the object keeps; `name` stands for the path.
  static Result<GgufFile> from_bytes(std::vector<std::byte> bytes, const std::filesystem::path& name);
  /// The same for at least one part, in order; `name` stands for any part's path.
  static Result<GgufFile> from_parts(std::vector<std::vector<std::byte>> parts,
                                     const std::filesystem::path& name);

  GgufFile(GgufFile&&) noexcept;
  GgufFile& operator=(GgufFile&&) noexcept;
  ~GgufFile();

  /// As it was opened.
  const std::filesystem::path& path() const;
  /// The whole mapped files, in order; one for a model that is not split.
  std::vector<std::span<const std::byte>> parts() const;
  /// Of all parts together.
  uint64_t size_bytes() const;

  /// Takes memory in the place of each part's mapping, but for its header: the tensors hold nothing before
  /// their part is read, and may be changed through it. None for a model that was opened from memory. The
  /// file must outlive the result. Nothing else may use the tensors' data meanwhile.
  Result<std::vector<ResidentFile>> take_memory();

  /// Metadata (the first part's) by key. Empty where the key is absent or holds another kind of value.
  /// Integers of every width and sign convert where the value fits; floats accept F32 and F64.
  std::optional<uint64_t> get_uint(std::string_view key) const;
  std::optional<double> get_float(std::string_view key) const;
  std::optional<bool> get_bool(std::string_view key) const;
  std::optional<std::string_view> get_string(std::string_view key) const;
  /// Arrays. Strings are views into the first part.
  std::optional<std::vector<std::string_view>> get_strings(std::string_view key) const;
  std::optional<std::vector<int64_t>> get_ints(std::string_view key) const;
  /// Elements of an array of any kind.
  std::optional<uint64_t> array_length(std::string_view key) const;
  bool has(std::string_view key) const;

  /// In the files' order.
  std::span<const TensorView> tensors() const;
  /// Null where there is no tensor of that name.
  const TensorView* find_tensor(std::string_view name) const;

 private:
  struct Contents;
  explicit GgufFile(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

}  // namespace kvasir::engine
