#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_index.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace kvasir::engine {

/// The place of a file among those that a model is split over (`gguf-split`).
struct SplitPart {
  uint32_t number;  ///< from 0 (`split.no`); names count from 1
  uint32_t count;   ///< `split.count`, at least 2
  bool operator==(const SplitPart&) const = default;
};

/// Names can't count further.
inline constexpr uint32_t kMaxSplitParts = 99999;

/// What a file's metadata says; empty for a whole model. BadFile where it contradicts itself.
Result<std::optional<SplitPart>> split_part(const GgufIndex& index, const std::filesystem::path& path);

/// What a file's name says: “…-00002-of-00005.gguf”.
std::optional<SplitPart> split_part_of_name(const std::filesystem::path& path);

/// The path of another part beside `path`, whose name names a part itself.
std::filesystem::path split_part_path(const std::filesystem::path& path, uint32_t number);

/// All files of the model that `path` belongs to: itself, or where its name names a part, all parts in their
/// order, which need not exist.
std::vector<std::filesystem::path> model_files(const std::filesystem::path& path);

/// One index of all parts, which come in order: the first one's metadata and everybody's tensors. BadFile
/// where they are not the parts of one model; the message names the file that does not fit.
Result<GgufIndex> join_parts(std::span<const GgufIndex> parts, std::span<const std::filesystem::path> paths);

}  // namespace kvasir::engine
