#include "storage/kv/pack_format.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace kvasir::storage {
namespace {

template <class T>
void put(HeaderBytes& bytes, size_t offset, T value) {
  for (size_t i = 0; i < sizeof value; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

template <class T>
T get(const HeaderBytes& bytes, size_t offset) {
  T value = 0;
  for (size_t i = 0; i < sizeof value; ++i) value |= std::to_integer<T>(bytes[offset + i]) << (8 * i);
  return value;
}

/// Of everything before it but the state, which is overwritten in place.
uint64_t header_checksum(HeaderBytes bytes) {
  put(bytes, kStateOffset, kRecordLive);
  return checksum(std::span(bytes).first(kHeaderChecksumOffset));
}

}  // namespace

uint64_t checksum(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

HeaderBytes encode_header(const RecordHeader& header) {
  HeaderBytes bytes{};
  std::memcpy(&bytes[kMagicOffset], kRecordMagic.data(), kRecordMagic.size());
  put(bytes, kVersionOffset, kPackFormatVersion);
  put(bytes, kStateOffset, header.state);
  std::ranges::copy(header.key, &bytes[kKeyOffset]);
  std::ranges::copy(header.parent, &bytes[kParentOffset]);
  put(bytes, kPayloadBytesOffset, header.payload_bytes);
  put(bytes, kPayloadChecksumOffset, header.payload_checksum);
  put(bytes, kHeaderChecksumOffset, header_checksum(bytes));
  return bytes;
}

HeaderVerdict decode_header(const HeaderBytes& bytes, RecordHeader& header) {
  if (std::memcmp(&bytes[kMagicOffset], kRecordMagic.data(), kRecordMagic.size()) != 0) {
    return HeaderVerdict::Invalid;
  }
  // Another version may keep its checksum elsewhere.
  if (get<uint32_t>(bytes, kVersionOffset) != kPackFormatVersion) return HeaderVerdict::UnknownVersion;
  if (get<uint64_t>(bytes, kHeaderChecksumOffset) != header_checksum(bytes)) return HeaderVerdict::Invalid;
  const auto payload_bytes = get<uint64_t>(bytes, kPayloadBytesOffset);
  if (payload_bytes > kMaxPayloadBytes) return HeaderVerdict::Invalid;
  header.state = get<uint32_t>(bytes, kStateOffset);
  std::copy_n(&bytes[kKeyOffset], header.key.size(), header.key.begin());
  std::copy_n(&bytes[kParentOffset], header.parent.size(), header.parent.begin());
  header.payload_bytes = payload_bytes;
  header.payload_checksum = get<uint64_t>(bytes, kPayloadChecksumOffset);
  return HeaderVerdict::Valid;
}

}  // namespace kvasir::storage
