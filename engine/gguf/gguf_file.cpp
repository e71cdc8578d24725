#include "engine/gguf/gguf_file.h"

#include "engine/gguf/gguf_index.h"
#include "engine/gguf/gguf_split.h"
#include "engine/gguf/mapped_file.h"
#include "engine/gguf/messages.h"

#include <algorithm>
#include <functional>
#include <new>
#include <system_error>
#include <utility>

namespace kvasir::engine {
namespace {

/// One file: its bytes, mapped or in memory, and where things lie in them.
struct Part {
  std::filesystem::path path;
  MappedFile mapping;
  std::vector<std::byte> owned;  // instead of the mapping, for bytes that came from memory
  std::span<const std::byte> bytes;
  GgufIndex index;
};

Result<Part> index_part(Part part) {
  auto index = index_gguf(part.bytes, part.path);
  if (!index) return tl::unexpected(std::move(index.error()));
  part.index = std::move(*index);
  return part;
}

Result<Part> open_part(const std::filesystem::path& path) {
  auto mapping = MappedFile::open(path);
  if (!mapping) return tl::unexpected(std::move(mapping.error()));
  Part part;
  part.path = path;
  part.mapping = std::move(*mapping);
  part.bytes = part.mapping.bytes();
  return index_part(std::move(part));
}

Result<Part> take_part(std::vector<std::byte> bytes, const std::filesystem::path& path) {
  Part part;
  part.path = path;
  part.owned = std::move(bytes);
  part.bytes = part.owned;
  return index_part(std::move(part));
}

tl::unexpected<Error> missing_part(const std::filesystem::path& path, const SplitPart& known) {
  return fail(ErrorCode::Io, "The model is split over " + std::to_string(known.count) + " files, of which " +
                                 quote_path(path) + " is missing. Put all of them into one folder.");
}

/// The parts of the model that `opened` is one of, in order.
Result<std::vector<Part>> open_others(Part opened, const SplitPart& place) {
  if (split_part_of_name(opened.path) != place)
    return fail(
        ErrorCode::BadFile,
        "The model file " + quote_path(opened.path) + " is part " + std::to_string(place.number + 1) +
            " of " + std::to_string(place.count) +
            " of a model, but its name does not say so, and the other parts can't be found. Give all parts "
            "their names back, which end like “-00001-of-00005.gguf”.");
  const std::filesystem::path known = opened.path;
  std::vector<Part> parts;
  for (uint32_t i = 0; i < place.count; ++i) {
    if (i == place.number) {
      parts.push_back(std::move(opened));
      continue;
    }
    const auto path = split_part_path(known, i);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return missing_part(path, place);
    auto part = open_part(path);
    if (!part) return tl::unexpected(std::move(part.error()));
    parts.push_back(std::move(*part));
  }
  return parts;
}

tl::unexpected<Error> no_memory(const std::filesystem::path& path) {
  return fail(ErrorCode::OutOfMemory, "There is not enough memory to open " + quote_path(path) +
                                          ". Close other programs and try again.");
}

}  // namespace

struct GgufFile::Contents {
  std::filesystem::path path;
  std::vector<Part> parts;
  GgufIndex index;  // of all parts together

  static Result<GgufFile> join(std::filesystem::path path, std::vector<Part> parts) {
    auto contents = std::make_unique<Contents>();
    contents->path = std::move(path);
    if (parts.size() == 1) {
      contents->index = std::move(parts.front().index);
    } else {
      std::vector<GgufIndex> indices;
      std::vector<std::filesystem::path> paths;
      for (Part& part : parts) {
        indices.push_back(std::move(part.index));
        paths.push_back(part.path);
      }
      auto joined = join_parts(indices, paths);
      if (!joined) return tl::unexpected(std::move(joined.error()));
      contents->index = std::move(*joined);
    }
    contents->parts = std::move(parts);
    return GgufFile(std::move(contents));
  }
};

GgufFile::GgufFile(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
GgufFile::GgufFile(GgufFile&&) noexcept = default;
GgufFile& GgufFile::operator=(GgufFile&&) noexcept = default;
GgufFile::~GgufFile() = default;

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) try {
  auto opened = open_part(path);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  const auto place = split_part(opened->index, path);
  if (!place) return tl::unexpected(place.error());
  std::vector<Part> parts;
  if (*place) {
    auto all = open_others(std::move(*opened), **place);
    if (!all) return tl::unexpected(std::move(all.error()));
    parts = std::move(*all);
  } else {
    parts.push_back(std::move(*opened));
  }
  return Contents::join(path, std::move(parts));
} catch (const std::bad_alloc&) {
  return no_memory(path);
}

Result<GgufFile> GgufFile::from_bytes(std::vector<std::byte> bytes, const std::filesystem::path& name) {
  std::vector<std::vector<std::byte>> parts;
  parts.push_back(std::move(bytes));
  return from_parts(std::move(parts), name);
}

Result<GgufFile> GgufFile::from_parts(std::vector<std::vector<std::byte>> parts,
                                      const std::filesystem::path& name) try {
  const auto path_of = [&](size_t number) {
    return split_part_of_name(name) ? split_part_path(name, static_cast<uint32_t>(number)) : name;
  };
  std::vector<Part> taken;
  for (auto& bytes : parts) {
    auto part = take_part(std::move(bytes), path_of(taken.size()));
    if (!part) return tl::unexpected(std::move(part.error()));
    taken.push_back(std::move(*part));
  }
  const auto place = split_part(taken.front().index, name);
  if (!place) return tl::unexpected(place.error());
  if (*place && (*place)->count > taken.size()) return missing_part(path_of(taken.size()), **place);
  return Contents::join(name, std::move(taken));
} catch (const std::bad_alloc&) {
  return no_memory(name);
}

const std::filesystem::path& GgufFile::path() const {
  return contents_->path;
}

std::vector<std::span<const std::byte>> GgufFile::parts() const {
  std::vector<std::span<const std::byte>> parts;
  for (const Part& part : contents_->parts) parts.push_back(part.bytes);
  return parts;
}

uint64_t GgufFile::size_bytes() const {
  uint64_t bytes = 0;
  for (const Part& part : contents_->parts) bytes += part.bytes.size();
  return bytes;
}

Result<std::vector<ResidentFile>> GgufFile::take_memory() {
  std::vector<ResidentFile> taken;
  for (const Part& part : contents_->parts) {
    if (part.mapping.bytes().empty()) return std::vector<ResidentFile>();
    size_t header_bytes = part.bytes.size();
    for (const TensorView& tensor : contents_->index.tensors) {
      const std::less<> before;  // addresses of different objects
      if (before(tensor.data.data(), part.bytes.data()) ||
          !before(tensor.data.data(), part.bytes.data() + part.bytes.size()))
        continue;
      header_bytes = std::min(header_bytes, static_cast<size_t>(tensor.data.data() - part.bytes.data()));
    }
    auto resident = ResidentFile::take(part.mapping, header_bytes, part.path);
    if (!resident) return tl::unexpected(resident.error());
    taken.push_back(std::move(*resident));
  }
  return taken;
}

std::optional<uint64_t> GgufFile::get_uint(std::string_view key) const {
  const auto* entry = contents_->index.find_entry(key);
  return entry ? uint_value(*entry) : std::nullopt;
}

std::optional<double> GgufFile::get_float(std::string_view key) const {
  const auto* entry = contents_->index.find_entry(key);
  return entry ? float_value(*entry) : std::nullopt;
}

std::optional<bool> GgufFile::get_bool(std::string_view key) const {
  const auto* entry = contents_->index.find_entry(key);
  return entry ? bool_value(*entry) : std::nullopt;
}

std::optional<std::string_view> GgufFile::get_string(std::string_view key) const {
  const auto* entry = contents_->index.find_entry(key);
  return entry ? string_value(*entry) : std::nullopt;
}

std::optional<std::vector<std::string_view>> GgufFile::get_strings(std::string_view key) const {
  const auto* entry = contents_->index.find_entry(key);
  return entry ? string_values(*entry) : std::nullopt;
}

std::optional<std::vector<int64_t>> GgufFile::get_ints(std::string_view key) const {
  const auto* entry = contents_->index.find_entry(key);
  return entry ? int_values(*entry) : std::nullopt;
}

std::optional<uint64_t> GgufFile::array_length(std::string_view key) const {
  const auto* entry = contents_->index.find_entry(key);
  if (!entry || !entry->is_array) return std::nullopt;
  return entry->count;
}

bool GgufFile::has(std::string_view key) const {
  return contents_->index.find_entry(key) != nullptr;
}

std::span<const TensorView> GgufFile::tensors() const {
  return contents_->index.tensors;
}

const TensorView* GgufFile::find_tensor(std::string_view name) const {
  return contents_->index.find_tensor(name);
}

}  // namespace kvasir::engine
