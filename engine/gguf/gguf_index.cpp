#include "engine/gguf/gguf_index.h"

#include "engine/gguf/messages.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

namespace kvasir::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "values are read as they lie in the file");

constexpr uint32_t kOldestVersion = 2;
constexpr uint32_t kNewestVersion = 3;
constexpr uint64_t kDefaultAlignment = 32;
// The specification asks for a multiple of 8; with less, a tensor of floats could lie across its own
// alignment.
constexpr uint64_t kMinAlignment = 8;
constexpr uint64_t kMaxAlignment = 1u << 20;
constexpr uint64_t kMaxKeyBytes = 65535;       // the specification's bound
constexpr uint64_t kMaxTensorNameBytes = 255;  // the specification says 64
constexpr uint32_t kMaxDimensions = 4;
// The shortest possible records: they bound a count by the bytes that are left before anything is allocated.
constexpr uint64_t kMinEntryBytes = 8 + 1 + 4 + 1;
constexpr uint64_t kMinTensorBytes = 8 + 1 + 4 + 4 + 8;

/// Walks over bytes without ever passing their end.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  const std::byte* here() const { return bytes_.data() + position_; }

  template <class T>
  bool read(T& value) {
    if (remaining() < sizeof(T)) return false;
    std::memcpy(&value, here(), sizeof(T));
    position_ += sizeof(T);
    return true;
  }

  bool skip(uint64_t count) {
    if (remaining() < count) return false;
    position_ += static_cast<size_t>(count);
    return true;
  }

  /// A 64-bit length and as many bytes.
  bool read_string(std::string_view& text) {
    uint64_t length = 0;
    if (!read(length) || remaining() < length) return false;
    text = {reinterpret_cast<const char*>(here()), static_cast<size_t>(length)};
    return skip(length);
  }

 private:
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
};

class Indexer {
 public:
  Indexer(std::span<const std::byte> bytes, const std::filesystem::path& path)
      : bytes_(bytes), reader_(bytes), path_(path) {}

  Result<GgufIndex> run() {
    return read_preamble()
        .and_then([this] { return read_entries(); })
        .and_then([this] { return read_alignment(); })
        .and_then([this] { return read_tensors(); })
        .and_then([this] { return locate_tensors(); })
        .and_then([this] { return refuse_overlaps(); })
        .map([this] { return std::move(index_); });
  }

 private:
  /// A tensor's record until the start of the data is known.
  struct PendingData {
    uint64_t offset;
    uint64_t size;
  };

  tl::unexpected<Error> damaged(const std::string& what) const { return damaged_model(path_, what); }
  tl::unexpected<Error> truncated(const std::string& where) const {
    return damaged("it ends in the middle of " + where);
  }
  tl::unexpected<Error> unsupported(const std::string& sentence) const {
    return fail(ErrorCode::Unsupported, "The model file " + quote_path(path_) + " " + sentence);
  }

  Result<void> read_preamble() {
    std::array<char, 4> magic{};
    if (!reader_.read(magic)) return truncated("its first bytes");
    const std::string_view signature(magic.data(), magic.size());
    if (signature == "FUGG") return big_endian();
    if (signature != "GGUF") {
      return fail(ErrorCode::BadFile,
                  "The file " + quote_path(path_) +
                      " is not a GGUF model, whatever its name: it begins with other bytes. Choose another "
                      "file, or download this one again.");
    }
    uint32_t version = 0;
    if (!reader_.read(version)) return truncated("its first bytes");
    if (version != 0 && (version & 0xffffu) == 0) return big_endian();
    if (version < kOldestVersion || version > kNewestVersion) {
      return unsupported("is of GGUF version " + std::to_string(version) +
                         ", but only versions 2 and 3 are known. " +
                         (version < kOldestVersion ? "Convert the model again with current tools."
                                                   : "A newer Kvasir may read it."));
    }
    if (!reader_.read(tensor_count_) || !reader_.read(entry_count_)) return truncated("its first bytes");
    return {};
  }

  tl::unexpected<Error> big_endian() const {
    return unsupported(
        "was made for big-endian machines. Choose the ordinary (little-endian) file of this model.");
  }

  Result<void> read_entries() {
    if (entry_count_ > reader_.remaining() / kMinEntryBytes) {
      return damaged("it claims " + std::to_string(entry_count_) +
                     " metadata entries, more than it has room for");
    }
    for (uint64_t i = 0; i < entry_count_; ++i) {
      auto entry = read_entry(i);
      if (!entry) return tl::unexpected(std::move(entry.error()));
      index_.entries.push_back(*entry);
    }
    std::sort(index_.entries.begin(), index_.entries.end(),
              [](const GgufEntry& a, const GgufEntry& b) { return a.key < b.key; });
    const auto twin =
        std::adjacent_find(index_.entries.begin(), index_.entries.end(),
                           [](const GgufEntry& a, const GgufEntry& b) { return a.key == b.key; });
    if (twin != index_.entries.end()) return damaged("it holds the key " + quote(twin->key) + " twice");
    return {};
  }

  Result<GgufEntry> read_entry(uint64_t number) {
    GgufEntry entry{};
    if (!reader_.read_string(entry.key)) return truncated("metadata entry " + std::to_string(number));
    if (entry.key.empty() || entry.key.size() > kMaxKeyBytes) {
      return damaged("the key of metadata entry " + std::to_string(number) + " has an impossible length");
    }
    const std::string where = "the value of " + quote(entry.key);
    if (!reader_.read(entry.type)) return truncated(where);
    entry.count = 1;
    if (entry.type == GgufValueType::Array) {
      entry.is_array = true;
      if (!reader_.read(entry.type) || !reader_.read(entry.count)) return truncated(where);
      if (entry.type == GgufValueType::Array) {
        return unsupported("nests lists under the key " + quote(entry.key) +
                           ", which this version does not read.");
      }
    }
    entry.data = reader_.here();
    if (entry.type == GgufValueType::String) return read_strings(entry, where);

    const size_t value_bytes = gguf_value_bytes(entry.type);
    if (value_bytes == 0) {
      return damaged(where + " is of the unknown kind " + std::to_string(static_cast<uint32_t>(entry.type)));
    }
    if (entry.count > reader_.remaining() / value_bytes) return truncated(where);
    reader_.skip(entry.count * value_bytes);
    if (entry.type == GgufValueType::Bool && !entry.is_array && *entry.data > std::byte{1}) {
      return damaged(where + " is neither true nor false");
    }
    return entry;
  }

  Result<GgufEntry> read_strings(GgufEntry entry, const std::string& where) {
    std::string_view text;
    if (!entry.is_array) {
      if (!reader_.read_string(text)) return truncated(where);
      entry.data = reinterpret_cast<const std::byte*>(text.data());
      entry.count = text.size();
      return entry;
    }
    if (entry.count > reader_.remaining() / sizeof(uint64_t)) return truncated(where);
    for (uint64_t i = 0; i < entry.count; ++i) {
      if (!reader_.read_string(text)) return truncated(where);
    }
    return entry;
  }

  Result<void> read_alignment() {
    const GgufEntry* entry = index_.find_entry("general.alignment");
    if (entry == nullptr) return {};
    if (entry->is_array || entry->type != GgufValueType::U32) {
      return damaged("“general.alignment” is not a 32-bit number");
    }
    uint32_t value = 0;
    std::memcpy(&value, entry->data, sizeof value);
    if (!std::has_single_bit(value) || value < kMinAlignment || value > kMaxAlignment) {
      return damaged("its alignment of " + std::to_string(value) + " bytes is impossible");
    }
    alignment_ = value;
    return {};
  }

  Result<void> read_tensors() {
    if (tensor_count_ > reader_.remaining() / kMinTensorBytes ||
        tensor_count_ > std::numeric_limits<uint32_t>::max()) {
      return damaged("it claims " + std::to_string(tensor_count_) + " tensors, more than it has room for");
    }
    for (uint64_t i = 0; i < tensor_count_; ++i) {
      if (auto read = read_tensor(i); !read) return read;
    }
    if (const auto twin = index_.sort_names())
      return damaged("it holds the tensor " + quote(index_.tensors[*twin].name) + " twice");
    return {};
  }

  Result<void> read_tensor(uint64_t number) {
    std::string_view name;
    if (!reader_.read_string(name)) return truncated("the description of tensor " + std::to_string(number));
    if (name.empty() || name.size() > kMaxTensorNameBytes) {
      return damaged("the name of tensor " + std::to_string(number) + " has an impossible length");
    }
    const std::string tensor_name = "the tensor " + quote(name);
    const std::string where = "the description of " + tensor_name;
    uint32_t dimensions = 0;
    if (!reader_.read(dimensions)) return truncated(where);
    if (dimensions > kMaxDimensions) {
      return damaged(tensor_name + " has " + std::to_string(dimensions) +
                     " dimensions, but at most 4 are possible");
    }
    TensorView tensor;
    tensor.name = name;
    for (uint32_t d = 0; d < dimensions; ++d) {
      if (!reader_.read(tensor.shape[d])) return truncated(where);
    }
    PendingData data{};
    if (!reader_.read(tensor.dtype) || !reader_.read(data.offset)) return truncated(where);

    const auto traits = dtype_traits(tensor.dtype);
    if (!traits) {
      return unsupported("stores " + tensor_name + " in the unknown format number " +
                         std::to_string(static_cast<uint32_t>(tensor.dtype)) +
                         ". Choose a file of this model in another format, such as Q8_0.");
    }
    if (tensor.shape[0] % traits->block_elements != 0) {
      return damaged("the rows of " + tensor_name + " hold " + std::to_string(tensor.shape[0]) +
                     " values, no multiple of " + std::to_string(traits->block_elements) + " as " +
                     std::string(traits->name) + " demands");
    }
    const auto size = tensor_bytes(tensor, *traits);
    if (!size) return damaged("the dimensions of " + tensor_name + " are impossible");
    if (data.offset % alignment_ != 0)
      return damaged(tensor_name + " does not begin at a multiple of the alignment");
    data.size = *size;
    index_.tensors.push_back(std::move(tensor));
    pending_.push_back(data);
    return {};
  }

  /// Empty where a dimension is zero or the size does not fit 63 bits.
  static std::optional<uint64_t> tensor_bytes(const TensorView& tensor, const DTypeTraits& traits) {
    constexpr uint64_t kLimit = std::numeric_limits<int64_t>::max();
    uint64_t elements = 1;
    for (const uint64_t dimension : tensor.shape) {
      if (dimension == 0 || elements > kLimit / dimension) return std::nullopt;
      elements *= dimension;
    }
    const uint64_t blocks = elements / traits.block_elements;
    if (blocks > kLimit / traits.block_bytes) return std::nullopt;
    return blocks * traits.block_bytes;
  }

  Result<void> locate_tensors() {
    if (index_.tensors.empty()) return {};
    // The data begins at the first multiple of the alignment behind the descriptions.
    const uint64_t start = (reader_.position() + alignment_ - 1) / alignment_ * alignment_;
    for (size_t i = 0; i < index_.tensors.size(); ++i) {
      const uint64_t room = start <= bytes_.size() ? bytes_.size() - start : 0;
      if (pending_[i].offset > room || pending_[i].size > room - pending_[i].offset) {
        return damaged("the tensor " + quote(index_.tensors[i].name) + " lies behind the end of the file");
      }
      index_.tensors[i].data = bytes_.subspan(static_cast<size_t>(start + pending_[i].offset),
                                              static_cast<size_t>(pending_[i].size));
    }
    return {};
  }

  Result<void> refuse_overlaps() {
    std::vector<const TensorView*> order;
    order.reserve(index_.tensors.size());
    for (const auto& tensor : index_.tensors) order.push_back(&tensor);
    std::sort(order.begin(), order.end(),
              [](const TensorView* a, const TensorView* b) { return a->data.data() < b->data.data(); });
    for (size_t i = 1; i < order.size(); ++i) {
      const auto& before = *order[i - 1];
      if (before.data.data() + before.data.size() > order[i]->data.data()) {
        return damaged("the tensors " + quote(before.name) + " and " + quote(order[i]->name) +
                       " lie in the same place");
      }
    }
    return {};
  }

  std::span<const std::byte> bytes_;
  ByteReader reader_;
  const std::filesystem::path& path_;
  uint64_t tensor_count_ = 0;
  uint64_t entry_count_ = 0;
  uint64_t alignment_ = kDefaultAlignment;
  std::vector<PendingData> pending_;  // one per tensor
  GgufIndex index_;
};

}  // namespace

const GgufEntry* GgufIndex::find_entry(std::string_view key) const {
  const auto entry = std::lower_bound(entries.begin(), entries.end(), key,
                                      [](const GgufEntry& e, std::string_view k) { return e.key < k; });
  return entry != entries.end() && entry->key == key ? &*entry : nullptr;
}

const TensorView* GgufIndex::find_tensor(std::string_view name) const {
  const auto found =
      std::lower_bound(tensors_by_name.begin(), tensors_by_name.end(), name,
                       [&](uint32_t i, std::string_view wanted) { return tensors[i].name < wanted; });
  if (found == tensors_by_name.end() || tensors[*found].name != name) return nullptr;
  return &tensors[*found];
}

std::optional<uint32_t> GgufIndex::sort_names() {
  auto& order = tensors_by_name;
  order.resize(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return tensors[a].name < tensors[b].name; });
  const auto twin = std::adjacent_find(
      order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return tensors[a].name == tensors[b].name; });
  if (twin == order.end()) return std::nullopt;
  return *std::next(twin);
}

Result<GgufIndex> index_gguf(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  return Indexer(bytes, path).run();
}

}  // namespace kvasir::engine
