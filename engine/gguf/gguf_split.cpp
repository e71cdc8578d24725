#include "engine/gguf/gguf_split.h"

#include "engine/gguf/messages.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace kvasir::engine {
namespace {

constexpr std::string_view kSuffixPattern = "-00000-of-00000.gguf";

std::optional<uint64_t> find_uint(const GgufIndex& index, std::string_view key) {
  const GgufEntry* entry = index.find_entry(key);
  return entry == nullptr ? std::nullopt : uint_value(*entry);
}

/// BadFile: a part that is sound in itself, but not together with the others.
tl::unexpected<Error> misfit(const std::filesystem::path& path, const std::string& what) {
  return fail(ErrorCode::BadFile, "The model file " + quote_path(path) +
                                      " does not fit the other parts of its model: " + what +
                                      ". Put all parts of one and the same model into one folder.");
}

std::string place_text(const SplitPart& part) {
  return "part " + std::to_string(part.number + 1) + " of " + std::to_string(part.count);
}

/// Keys that a later part may repeat, and that must then say the same.
Result<void> check_identity(const GgufIndex& first, const GgufIndex& part,
                            const std::filesystem::path& path) {
  for (const std::string_view key : {"general.architecture", "general.name"}) {
    const GgufEntry* ours = first.find_entry(key);
    const GgufEntry* theirs = part.find_entry(key);
    if (ours != nullptr && theirs != nullptr && string_value(*ours) != string_value(*theirs))
      return misfit(path, quote(key) + " is another one than in the first part");
  }
  return {};
}

Result<void> check_place(const GgufIndex& part, const SplitPart& expected,
                         const std::filesystem::path& path) {
  const auto place = split_part(part, path);
  if (!place) return tl::unexpected(place.error());
  if (!*place) return misfit(path, "it is a whole model of its own");
  if (**place != expected)
    return misfit(path,
                  "it is " + place_text(**place) + " by its contents and should be " + place_text(expected));
  return {};
}

}  // namespace

Result<std::optional<SplitPart>> split_part(const GgufIndex& index, const std::filesystem::path& path) {
  if (index.find_entry("split.count") == nullptr) return std::nullopt;
  const auto count = find_uint(index, "split.count");
  if (!count || *count > kMaxSplitParts)
    return damaged_model(path, "“split.count” is no possible number of parts");
  if (*count < 2) return std::nullopt;
  const auto number = find_uint(index, "split.no");
  if (!number || *number >= *count)
    return damaged_model(path, "it is one of " + std::to_string(*count) +
                                   " parts of a model, but “split.no” does not say which");
  return SplitPart{static_cast<uint32_t>(*number), static_cast<uint32_t>(*count)};
}

std::optional<SplitPart> split_part_of_name(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.size() <= kSuffixPattern.size()) return std::nullopt;
  const std::string_view suffix = std::string_view(name).substr(name.size() - kSuffixPattern.size());
  uint32_t numbers[2] = {0, 0};
  size_t digits = 0;
  for (size_t i = 0; i < suffix.size(); ++i) {
    if (kSuffixPattern[i] != '0') {
      if (suffix[i] != kSuffixPattern[i]) return std::nullopt;
      continue;
    }
    if (std::isdigit(static_cast<unsigned char>(suffix[i])) == 0) return std::nullopt;
    uint32_t& number = numbers[digits++ / 5];
    number = number * 10 + static_cast<uint32_t>(suffix[i] - '0');
  }
  const auto [number, count] = numbers;
  if (count < 2 || number < 1 || number > count) return std::nullopt;
  return SplitPart{number - 1, count};
}

std::filesystem::path split_part_path(const std::filesystem::path& path, uint32_t number) {
  const std::string name = path.filename().string();
  char digits[16];
  std::snprintf(digits, sizeof digits, "%05u", number + 1);
  // "-00002-of-00005.gguf": the digits lie behind the first character.
  const size_t at = name.size() - kSuffixPattern.size() + 1;
  return path.parent_path() / (name.substr(0, at) + digits + name.substr(at + 5));
}

std::vector<std::filesystem::path> model_files(const std::filesystem::path& path) {
  const auto part = split_part_of_name(path);
  if (!part) return {path};
  std::vector<std::filesystem::path> paths;
  for (uint32_t i = 0; i < part->count; ++i) paths.push_back(split_part_path(path, i));
  return paths;
}

Result<GgufIndex> join_parts(std::span<const GgufIndex> parts, std::span<const std::filesystem::path> paths) {
  const GgufIndex& first = parts.front();
  const auto count = static_cast<uint32_t>(parts.size());
  GgufIndex joined;
  joined.entries = first.entries;
  std::vector<uint32_t> part_of;  // {tensors}
  for (uint32_t i = 0; i < count; ++i) {
    const GgufIndex& part = parts[i];
    if (auto placed = check_place(part, {i, count}, paths[i]); !placed) return tl::unexpected(placed.error());
    if (auto same = check_identity(first, part, paths[i]); !same) return tl::unexpected(same.error());
    if (find_uint(part, "split.tensors.count") != find_uint(first, "split.tensors.count"))
      return misfit(paths[i], "“split.tensors.count” is another one than in the first part");
    joined.tensors.insert(joined.tensors.end(), part.tensors.begin(), part.tensors.end());
    part_of.resize(joined.tensors.size(), i);
  }
  if (const auto twin = joined.sort_names())
    return misfit(paths[part_of[*twin]],
                  "an earlier part holds the tensor " + quote(joined.tensors[*twin].name) + " already");
  const auto expected = find_uint(first, "split.tensors.count");
  if (expected && *expected != joined.tensors.size())
    return misfit(paths.front(), "the model has " + std::to_string(*expected) +
                                     " tensors by its metadata, but its " + std::to_string(count) +
                                     " parts hold " + std::to_string(joined.tensors.size()));
  return joined;
}

}  // namespace kvasir::engine
