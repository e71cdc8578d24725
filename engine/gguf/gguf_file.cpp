#include "engine/gguf/gguf_file.h"

#include "engine/gguf/gguf_index.h"
#include "engine/gguf/mapped_file.h"
#include "engine/gguf/messages.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

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

struct GgufFile::Contents {
  std::filesystem::path path;
  MappedFile mapping;
  std::vector<std::byte> owned;  // instead of the mapping, for bytes that came from memory
  std::span<const std::byte> bytes;
  GgufIndex index;

  static Result<std::unique_ptr<Contents>> index_bytes(std::unique_ptr<Contents> contents) {
    auto index = index_gguf(contents->bytes, contents->path);
    if (!index) return tl::unexpected(std::move(index.error()));
    contents->index = std::move(*index);
    return contents;
  }

  const GgufEntry* find(std::string_view key) const {
    const auto entry = std::lower_bound(index.entries.begin(), index.entries.end(), key,
                                        [](const GgufEntry& e, std::string_view k) { return e.key < k; });
    return entry != index.entries.end() && entry->key == key ? &*entry : nullptr;
  }
  const GgufEntry* find_value(std::string_view key) const {
    const auto* entry = find(key);
    return entry && !entry->is_array ? entry : nullptr;
  }
  const GgufEntry* find_array(std::string_view key) const {
    const auto* entry = find(key);
    return entry && entry->is_array ? entry : nullptr;
  }
};

GgufFile::GgufFile(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
GgufFile::GgufFile(GgufFile&&) noexcept = default;
GgufFile& GgufFile::operator=(GgufFile&&) noexcept = default;
GgufFile::~GgufFile() = default;

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) try {
  auto mapping = MappedFile::open(path);
  if (!mapping) return tl::unexpected(std::move(mapping.error()));
  auto contents = std::make_unique<Contents>();
  contents->path = path;
  contents->mapping = std::move(*mapping);
  contents->bytes = contents->mapping.bytes();
  return Contents::index_bytes(std::move(contents)).map([](auto&& done) {
    return GgufFile(std::move(done));
  });
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::OutOfMemory, "There is not enough memory to open " + quote_path(path) +
                                          ". Close other programs and try again.");
}

Result<GgufFile> GgufFile::from_bytes(std::vector<std::byte> bytes, const std::filesystem::path& name) try {
  auto contents = std::make_unique<Contents>();
  contents->path = name;
  contents->owned = std::move(bytes);
  contents->bytes = contents->owned;
  return Contents::index_bytes(std::move(contents)).map([](auto&& done) {
    return GgufFile(std::move(done));
  });
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::OutOfMemory, "There is not enough memory to open " + quote_path(name) +
                                          ". Close other programs and try again.");
}

const std::filesystem::path& GgufFile::path() const {
  return contents_->path;
}

std::span<const std::byte> GgufFile::bytes() const {
  return contents_->bytes;
}

std::optional<uint64_t> GgufFile::get_uint(std::string_view key) const {
  const auto* entry = contents_->find_value(key);
  if (!entry) return std::nullopt;
  if (entry->type == GgufValueType::U64) return read_value<uint64_t>(entry->data);
  const auto value = read_int(entry->type, entry->data);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

std::optional<double> GgufFile::get_float(std::string_view key) const {
  const auto* entry = contents_->find_value(key);
  if (!entry) return std::nullopt;
  if (entry->type == GgufValueType::F32) return read_value<float>(entry->data);
  if (entry->type == GgufValueType::F64) return read_value<double>(entry->data);
  return std::nullopt;
}

std::optional<bool> GgufFile::get_bool(std::string_view key) const {
  const auto* entry = contents_->find_value(key);
  if (!entry || entry->type != GgufValueType::Bool) return std::nullopt;
  return *entry->data != std::byte{0};
}

std::optional<std::string_view> GgufFile::get_string(std::string_view key) const {
  const auto* entry = contents_->find_value(key);
  if (!entry || entry->type != GgufValueType::String) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(entry->data), static_cast<size_t>(entry->count));
}

std::optional<std::vector<std::string_view>> GgufFile::get_strings(std::string_view key) const {
  const auto* entry = contents_->find_array(key);
  if (!entry || entry->type != GgufValueType::String) return std::nullopt;
  std::vector<std::string_view> strings;
  strings.reserve(static_cast<size_t>(entry->count));
  const std::byte* here = entry->data;
  for (uint64_t i = 0; i < entry->count; ++i) {
    const auto length = static_cast<size_t>(read_value<uint64_t>(here));
    here += sizeof(uint64_t);
    strings.emplace_back(reinterpret_cast<const char*>(here), length);
    here += length;
  }
  return strings;
}

std::optional<std::vector<int64_t>> GgufFile::get_ints(std::string_view key) const {
  const auto* entry = contents_->find_array(key);
  if (!entry) return std::nullopt;
  const size_t value_bytes = gguf_value_bytes(entry->type);
  if (value_bytes == 0) return std::nullopt;
  std::vector<int64_t> values;
  for (uint64_t i = 0; i < entry->count; ++i) {
    const auto value = read_int(entry->type, entry->data + i * value_bytes);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::optional<uint64_t> GgufFile::array_length(std::string_view key) const {
  const auto* entry = contents_->find_array(key);
  if (!entry) return std::nullopt;
  return entry->count;
}

bool GgufFile::has(std::string_view key) const {
  return contents_->find(key) != nullptr;
}

std::span<const TensorView> GgufFile::tensors() const {
  return contents_->index.tensors;
}

const TensorView* GgufFile::find_tensor(std::string_view name) const {
  const auto& index = contents_->index;
  const auto found =
      std::lower_bound(index.tensors_by_name.begin(), index.tensors_by_name.end(), name,
                       [&](uint32_t i, std::string_view wanted) { return index.tensors[i].name < wanted; });
  if (found == index.tensors_by_name.end() || index.tensors[*found].name != name) return nullptr;
  return &index.tensors[*found];
}

}  // namespace kvasir::engine
