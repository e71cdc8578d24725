#pragma once

#include "storage/kv/disk_block_store.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kvasir::storage {

// The layout of pack files; docs/formats/kv-pack.md is its description.

inline constexpr std::string_view kRecordMagic = "KVRECORD";
inline constexpr uint32_t kPackFormatVersion = 1;
inline constexpr uint32_t kRecordLive = 0;
inline constexpr uint32_t kRecordDead = 0xFFFFFFFF;

inline constexpr size_t kMagicOffset = 0;
inline constexpr size_t kVersionOffset = 8;
inline constexpr size_t kStateOffset = 12;
inline constexpr size_t kKeyOffset = 16;
inline constexpr size_t kParentOffset = 48;
inline constexpr size_t kPayloadBytesOffset = 80;
inline constexpr size_t kPayloadChecksumOffset = 88;
inline constexpr size_t kReservedOffset = 96;
inline constexpr size_t kHeaderChecksumOffset = 120;
inline constexpr size_t kRecordHeaderBytes = 128;

/// Records begin at multiples of a cache line. A page would suit unbuffered reads, but would cost a small
/// model's blocks, which are a few pages each, more than the 5 % that may be written beside the KV itself.
inline constexpr uint64_t kRecordAlignmentBytes = 64;
/// Far above any block; a header that claims more is not believed.
inline constexpr uint64_t kMaxPayloadBytes = uint64_t{1} << 30;

struct RecordHeader {
  uint32_t state = kRecordLive;
  BlockKey key{};
  BlockKey parent{};
  uint64_t payload_bytes = 0;
  uint64_t payload_checksum = 0;
};

enum class HeaderVerdict { Valid, Invalid, UnknownVersion };

using HeaderBytes = std::array<std::byte, kRecordHeaderBytes>;

HeaderBytes encode_header(const RecordHeader& header);
/// Fills `header` only where the verdict is Valid.
HeaderVerdict decode_header(const HeaderBytes& bytes, RecordHeader& header);

/// XXH3-64.
uint64_t checksum(std::span<const std::byte> bytes);

/// Of header, payload and padding.
constexpr uint64_t record_bytes(uint64_t payload_bytes) {
  return kRecordHeaderBytes +
         (payload_bytes + kRecordAlignmentBytes - 1) / kRecordAlignmentBytes * kRecordAlignmentBytes;
}

}  // namespace kvasir::storage
