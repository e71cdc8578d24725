#include "engine/kv/kv_block.h"

#include <algorithm>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include "engine/kv/kv_block_format.h"

#include <xxhash.h>

namespace kvasir::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "records are written as they lie in memory");

uint64_t checksum(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

KvBlockHeader make_header(const KvLayout& layout, uint32_t first_position, const Hash256& key,
                          const Hash256& parent, const Hash256& fingerprint,
                          std::span<const int32_t> token_ids) {
  KvBlockHeader header{};
  header.magic = kKvBlockMagic;
  header.version = kKvBlockVersion;
  header.kv_type = static_cast<uint32_t>(layout.type);
  header.layers = layout.layers;
  header.width = layout.width;
  header.tokens = kBlockTokens;
  header.first_position = first_position;
  header.slice_bytes = layout.slice_bytes(kBlockTokens);
  header.key = key;
  header.parent = parent;
  header.fingerprint = fingerprint;
  std::copy_n(token_ids.begin(), kBlockTokens, header.token_ids.begin());
  return header;
}

uint64_t read_u64(const std::byte* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace

std::vector<std::byte> encode_kv_block(const KvCache& cache, uint32_t first_position, const Hash256& key,
                                       const Hash256& parent, const Hash256& fingerprint,
                                       std::span<const int32_t> token_ids) {
  const KvLayout& layout = cache.layout();
  const size_t slices_offset = kv_block_slices_offset(layout.layers);
  const size_t slice_bytes = layout.slice_bytes(kBlockTokens);
  std::vector<std::byte> record(slices_offset + layout.layers * slice_bytes);

  const KvBlockHeader header = make_header(layout, first_position, key, parent, fingerprint, token_ids);
  std::memcpy(record.data(), &header, sizeof header);
  std::byte* checksums = record.data() + sizeof header;
  for (uint32_t layer = 0; layer < layout.layers; ++layer) {
    const auto slice = cache.slice(layer, first_position, kBlockTokens);
    std::copy(slice.begin(), slice.end(),
              record.begin() + static_cast<ptrdiff_t>(slices_offset + layer * slice_bytes));
    const uint64_t sum = checksum(slice);
    std::memcpy(checksums + layer * sizeof sum, &sum, sizeof sum);
  }
  const size_t head_bytes = sizeof header + layout.layers * sizeof(uint64_t);
  const uint64_t sum = checksum(std::span(record).first(head_bytes));
  std::memcpy(record.data() + head_bytes, &sum, sizeof sum);
  return record;
}

Result<void> import_kv_block(std::span<const std::byte> record, KvCache& cache, uint32_t first_position,
                             const Hash256& key, const Hash256& parent, const Hash256& fingerprint,
                             std::span<const int32_t> token_ids) {
  const auto refuse = [](const char* what) {
    return fail(ErrorCode::BadFile, std::string("A stored KV block was refused: ") + what + ".");
  };
  const KvLayout& layout = cache.layout();
  const size_t slices_offset = kv_block_slices_offset(layout.layers);
  const size_t slice_bytes = layout.slice_bytes(kBlockTokens);
  if (record.size() != slices_offset + layout.layers * slice_bytes) return refuse("its length is wrong");
  if (uint64_t{first_position} + kBlockTokens > cache.capacity())
    return refuse("it lies outside the context");

  const size_t head_bytes = sizeof(KvBlockHeader) + layout.layers * sizeof(uint64_t);
  if (checksum(record.first(head_bytes)) != read_u64(record.data() + head_bytes))
    return refuse("the checksum of its header is wrong");
  // Every field is known beforehand, so the whole header must be equal byte for byte.
  const KvBlockHeader expected = make_header(layout, first_position, key, parent, fingerprint, token_ids);
  if (std::memcmp(record.data(), &expected, sizeof expected) != 0)
    return refuse("it belongs to other tokens, another prefix or another model");

  const auto slice = [&](uint32_t layer) {
    return record.subspan(slices_offset + layer * slice_bytes, slice_bytes);
  };
  const std::byte* checksums = record.data() + sizeof(KvBlockHeader);
  for (uint32_t layer = 0; layer < layout.layers; ++layer)
    if (checksum(slice(layer)) != read_u64(checksums + layer * sizeof(uint64_t)))
      return refuse("the checksum of its values is wrong");
  for (uint32_t layer = 0; layer < layout.layers; ++layer)
    std::memcpy(cache.row(layer, first_position), slice(layer).data(), slice_bytes);
  return {};
}

}  // namespace kvasir::engine
