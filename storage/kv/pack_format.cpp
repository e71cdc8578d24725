#include "storage/kv/pack_format.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace kvasir::storage {
namespace {

template <class T>
void put(std::span<std::byte> bytes, size_t offset, T value) {
  for (size_t i = 0; i < sizeof value; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

template <class T>
T get(std::span<const std::byte> bytes, size_t offset) {
  T value = 0;
  for (size_t i = 0; i < sizeof value; ++i) value |= std::to_integer<T>(bytes[offset + i]) << (8 * i);
  return value;
}

template <size_t N>
void put_bytes(std::span<std::byte> bytes, size_t offset, const std::array<std::byte, N>& value) {
  std::ranges::copy(value, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

template <size_t N>
void get_bytes(std::span<const std::byte> bytes, size_t offset, std::array<std::byte, N>& value) {
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), N, value.begin());
}

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
  return std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

uint64_t checksum(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// Of everything before it but the state, which is overwritten in place.
uint64_t header_checksum(std::span<const std::byte, kRecordHeaderBytes> bytes) {
  HeaderBytes live;
  std::ranges::copy(bytes, live.begin());
  put(live, kStateOffset, kRecordLive);
  return checksum(std::span(live).first(kHeaderChecksumOffset));
}

}  // namespace

PackHeaderBytes encode_pack_header(const PackHeader& header) {
  PackHeaderBytes bytes{};
  std::memcpy(&bytes[kPackMagicOffset], kPackMagic.data(), kPackMagic.size());
  put(bytes, kPackVersionOffset, kPackFormatVersion);
  put(bytes, kPackCipherOffset, static_cast<uint32_t>(header.cipher));
  put_bytes(bytes, kPackIdOffset, header.id);
  put(bytes, kPackCreatedOffset, static_cast<uint64_t>(header.created_at_ms));
  put_bytes(bytes, kPackKeyCheckOffset, header.key_check);
  put(bytes, kPackChecksumOffset, checksum(std::span(bytes).first(kPackChecksumOffset)));
  return bytes;
}

PackVerdict decode_pack_header(const PackHeaderBytes& bytes, PackHeader& header) {
  if (begins_with(bytes, kVersion1Magic)) return PackVerdict::Older;
  if (!begins_with(bytes, kPackMagic)) return PackVerdict::Damaged;
  const bool intact =
      get<uint64_t>(bytes, kPackChecksumOffset) == checksum(std::span(bytes).first(kPackChecksumOffset));
  const auto version = get<uint32_t>(bytes, kPackVersionOffset);
  // Another version may keep its checksum elsewhere.
  if (version > kPackFormatVersion) return PackVerdict::Newer;
  if (!intact) return PackVerdict::Damaged;
  if (version < kPackFormatVersion) return PackVerdict::Older;
  const auto cipher = get<uint32_t>(bytes, kPackCipherOffset);
  if (cipher > static_cast<uint32_t>(PackCipher::Aes256Gcm)) return PackVerdict::Damaged;
  header.cipher = static_cast<PackCipher>(cipher);
  get_bytes(bytes, kPackIdOffset, header.id);
  header.created_at_ms = static_cast<int64_t>(get<uint64_t>(bytes, kPackCreatedOffset));
  get_bytes(bytes, kPackKeyCheckOffset, header.key_check);
  return PackVerdict::Valid;
}

HeaderBytes encode_header(const RecordHeader& header) {
  HeaderBytes bytes{};
  std::memcpy(&bytes[kMagicOffset], kRecordMagic.data(), kRecordMagic.size());
  put(bytes, kVersionOffset, kPackFormatVersion);
  put(bytes, kStateOffset, header.state);
  put_bytes(bytes, kKeyOffset, header.key);
  put_bytes(bytes, kParentOffset, header.parent);
  put(bytes, kPayloadBytesOffset, header.payload_bytes);
  put(bytes, kKindOffset, static_cast<uint32_t>(header.kind));
  put_bytes(bytes, kSessionOffset, header.session);
  put_bytes(bytes, kPayloadCheckOffset, header.check);
  put(bytes, kHeaderChecksumOffset, header_checksum(bytes));
  return bytes;
}

HeaderVerdict decode_header(std::span<const std::byte, kRecordHeaderBytes> bytes, RecordHeader& header) {
  if (!begins_with(bytes, kRecordMagic)) return HeaderVerdict::Invalid;
  if (get<uint32_t>(bytes, kVersionOffset) != kPackFormatVersion) return HeaderVerdict::Invalid;
  if (get<uint64_t>(bytes, kHeaderChecksumOffset) != header_checksum(bytes)) return HeaderVerdict::Invalid;
  const auto payload_bytes = get<uint64_t>(bytes, kPayloadBytesOffset);
  const auto kind = get<uint32_t>(bytes, kKindOffset);
  if (payload_bytes > kMaxPayloadBytes || kind > static_cast<uint32_t>(RecordKind::Tail)) {
    return HeaderVerdict::Invalid;
  }
  header.state = get<uint32_t>(bytes, kStateOffset);
  header.kind = static_cast<RecordKind>(kind);
  get_bytes(bytes, kKeyOffset, header.key);
  get_bytes(bytes, kParentOffset, header.parent);
  header.payload_bytes = payload_bytes;
  get_bytes(bytes, kSessionOffset, header.session);
  get_bytes(bytes, kPayloadCheckOffset, header.check);
  return HeaderVerdict::Valid;
}

std::array<std::byte, kAssociatedBytes> associated_data(const RecordHeader& header) {
  RecordHeader live = header;
  live.state = kRecordLive;
  const HeaderBytes bytes = encode_header(live);
  std::array<std::byte, kAssociatedBytes> data;
  std::copy_n(bytes.begin(), data.size(), data.begin());
  return data;
}

PayloadCheck payload_checksum(std::span<const std::byte> payload) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(payload.data(), payload.size()));
  PayloadCheck check;
  static_assert(sizeof canonical.digest == sizeof check);
  std::memcpy(check.data(), canonical.digest, check.size());
  return check;
}

}  // namespace kvasir::storage
