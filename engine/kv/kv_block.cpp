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
  const auto tokens = static_cast<uint32_t>(token_ids.size());
  KvBlockHeader header{};
  header.magic = kKvBlockMagic;
  header.version = kKvBlockVersion;
  header.kv_type = static_cast<uint32_t>(layout.type);
  header.layers = layout.layers;
  header.width = layout.width;
  header.tokens = tokens;
  header.first_position = first_position;
  header.slice_bytes = layout.slice_bytes(tokens);
  header.key = key;
  header.parent = parent;
  header.fingerprint = fingerprint;
  std::ranges::copy(token_ids, header.token_ids.begin());
  return header;
}

uint64_t read_u64(const std::byte* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

tl::unexpected<Error> refuse(const char* what) {
  return fail(ErrorCode::BadFile, std::string("A stored KV block was refused: ") + what + ".");
}

size_t head_bytes(const KvLayout& layout) {
  return sizeof(KvBlockHeader) + layout.layers * sizeof(uint64_t);
}

size_t record_bytes(const KvLayout& layout, uint32_t tokens) {
  return kv_block_slices_offset(layout.layers) + layout.layers * layout.slice_bytes(tokens);
}

std::span<const std::byte> slice_of(std::span<const std::byte> record, const KvLayout& layout, uint32_t layer,
                                    uint32_t tokens) {
  const size_t slice_bytes = layout.slice_bytes(tokens);
  return record.subspan(kv_block_slices_offset(layout.layers) + layer * slice_bytes, slice_bytes);
}

Result<std::vector<std::byte>> encode(const KvCache& cache, const KvBlockHeader& header) {
  const KvLayout& layout = cache.layout();
  std::vector<std::byte> record(record_bytes(layout, header.tokens));
  std::memcpy(record.data(), &header, sizeof header);
  std::byte* const slices = record.data() + kv_block_slices_offset(layout.layers);
  if (auto read = cache.read_rows(header.first_position, header.tokens, slices); !read)
    return tl::unexpected(read.error());
  for (uint32_t layer = 0; layer < layout.layers; ++layer) {
    const uint64_t sum = checksum(slice_of(record, layout, layer, header.tokens));
    std::memcpy(record.data() + sizeof header + layer * sizeof sum, &sum, sizeof sum);
  }
  const uint64_t sum = checksum(std::span(record).first(head_bytes(layout)));
  std::memcpy(record.data() + head_bytes(layout), &sum, sizeof sum);
  return record;
}

/// Checks a record of `expected.tokens` tokens whose length is right. Every field is known beforehand, so the
/// whole header must be equal byte for byte.
Result<void> verify(std::span<const std::byte> record, const KvLayout& layout,
                    const KvBlockHeader& expected) {
  const size_t head = head_bytes(layout);
  if (checksum(record.first(head)) != read_u64(record.data() + head))
    return refuse("the checksum of its header is wrong");
  if (std::memcmp(record.data(), &expected, sizeof expected) != 0)
    return refuse("it belongs to other tokens, another prefix or another model");
  const std::byte* checksums = record.data() + sizeof expected;
  for (uint32_t layer = 0; layer < layout.layers; ++layer)
    if (checksum(slice_of(record, layout, layer, expected.tokens)) !=
        read_u64(checksums + layer * sizeof(uint64_t)))
      return refuse("the checksum of its values is wrong");
  return {};
}

/// The rows of a verified record's first `count` tokens.
Result<void> copy_rows(std::span<const std::byte> record, KvCache& cache, uint32_t first_position,
                       uint32_t tokens, uint32_t count) {
  return cache.write_rows(first_position, count,
                          record.data() + kv_block_slices_offset(cache.layout().layers), tokens);
}

}  // namespace

Result<std::vector<std::byte>> encode_kv_block(const KvCache& cache, uint32_t first_position,
                                               const Hash256& key, const Hash256& parent,
                                               const Hash256& fingerprint,
                                               std::span<const int32_t> token_ids) {
  return encode(cache, make_header(cache.layout(), first_position, key, parent, fingerprint, token_ids));
}

Result<void> import_kv_block(std::span<const std::byte> record, KvCache& cache, uint32_t first_position,
                             const Hash256& key, const Hash256& parent, const Hash256& fingerprint,
                             std::span<const int32_t> token_ids) {
  const KvLayout& layout = cache.layout();
  if (record.size() != record_bytes(layout, kBlockTokens)) return refuse("its length is wrong");
  if (uint64_t{first_position} + kBlockTokens > cache.capacity())
    return refuse("it lies outside the context");
  const auto expected = make_header(layout, first_position, key, parent, fingerprint, token_ids);
  if (auto verified = verify(record, layout, expected); !verified) return verified;
  return copy_rows(record, cache, first_position, kBlockTokens, kBlockTokens);
}

Result<std::vector<std::byte>> encode_kv_tail(const KvCache& cache, uint32_t first_position,
                                              const Hash256& parent, const Hash256& fingerprint,
                                              std::span<const int32_t> token_ids) {
  return encode(cache, make_header(cache.layout(), first_position, kv_tail_key(parent, token_ids), parent,
                                   fingerprint, token_ids));
}

Result<uint32_t> import_kv_tail(std::span<const std::byte> record, KvCache& cache, uint32_t first_position,
                                const Hash256& parent, const Hash256& fingerprint,
                                std::span<const int32_t> wanted_ids) {
  const KvLayout& layout = cache.layout();
  KvBlockHeader header;
  if (record.size() < sizeof header) return refuse("its length is wrong");
  std::memcpy(&header, record.data(), sizeof header);
  const uint32_t tokens = header.tokens;
  if (tokens == 0 || tokens >= kBlockTokens) return refuse("it is no tail");
  if (record.size() != record_bytes(layout, tokens)) return refuse("its length is wrong");

  const auto ids = std::span(header.token_ids).first(tokens);
  const auto expected =
      make_header(layout, first_position, kv_tail_key(parent, ids), parent, fingerprint, ids);
  if (auto verified = verify(record, layout, expected); !verified) return tl::unexpected(verified.error());

  const auto common = static_cast<uint32_t>(std::ranges::mismatch(ids, wanted_ids).in1 - ids.begin());
  if (uint64_t{first_position} + common > cache.capacity()) return refuse("it lies outside the context");
  if (auto copied = copy_rows(record, cache, first_position, tokens, common); !copied)
    return tl::unexpected(copied.error());
  return common;
}

}  // namespace kvasir::engine
