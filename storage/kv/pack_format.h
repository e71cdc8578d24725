#pragma once

#include "storage/kv/disk_block_store.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kvasir::storage {

// The layout of pack files; docs/formats/kv-store.md is its description.

inline constexpr uint32_t kPackFormatVersion = 2;

/// Of a file's name; what is numbered higher is none of the store's.
inline constexpr uint32_t kMaxPackNumber = 999'999'999;

// A pack's header.
inline constexpr std::string_view kPackMagic = "KVASPACK";
inline constexpr size_t kPackMagicOffset = 0;
inline constexpr size_t kPackVersionOffset = 8;
inline constexpr size_t kPackCipherOffset = 12;
inline constexpr size_t kPackIdOffset = 16;
inline constexpr size_t kPackCreatedOffset = 32;
inline constexpr size_t kPackKeyCheckOffset = 40;
inline constexpr size_t kPackChecksumOffset = 56;
inline constexpr size_t kPackHeaderBytes = 64;
/// Version 1 had no header of its own: its packs begin with a record.
inline constexpr std::string_view kVersion1Magic = "KVRECORD";

enum class PackCipher : uint32_t { None = 0, Aes256Gcm = 1 };
using PackId = std::array<std::byte, 16>;
using KeyCheck = std::array<std::byte, 16>;

struct PackHeader {
  PackCipher cipher = PackCipher::None;
  PackId id{};
  int64_t created_at_ms = 0;
  /// Tells a pack under another secret without trying its records; zeros without a cipher.
  KeyCheck key_check{};
};

enum class PackVerdict { Valid, Damaged, Older, Newer };
using PackHeaderBytes = std::array<std::byte, kPackHeaderBytes>;

PackHeaderBytes encode_pack_header(const PackHeader& header);
/// Fills `header` only where the verdict is Valid.
PackVerdict decode_pack_header(const PackHeaderBytes& bytes, PackHeader& header);

// A record's header.
inline constexpr std::string_view kRecordMagic = "KVRECORD";
inline constexpr uint32_t kRecordLive = 0;
inline constexpr uint32_t kRecordDead = 0xFFFFFFFF;
inline constexpr size_t kMagicOffset = 0;
inline constexpr size_t kVersionOffset = 8;
inline constexpr size_t kStateOffset = 12;
inline constexpr size_t kKeyOffset = 16;
inline constexpr size_t kParentOffset = 48;
inline constexpr size_t kPayloadBytesOffset = 80;
inline constexpr size_t kKindOffset = 88;
inline constexpr size_t kSessionOffset = 92;
inline constexpr size_t kPayloadCheckOffset = 104;
inline constexpr size_t kHeaderChecksumOffset = 120;
inline constexpr size_t kRecordHeaderBytes = 128;

/// Records begin at multiples of a cache line. A page would suit unbuffered reads, but would cost a small
/// model's blocks, which are a few pages each, more than the 5 % that may be written beside the KV itself.
inline constexpr uint64_t kRecordAlignmentBytes = 64;
/// Far above any block; a header that claims more is not believed.
inline constexpr uint64_t kMaxPayloadBytes = uint64_t{1} << 30;

enum class RecordKind : uint32_t { Block = 0, Tail = 1 };
/// Random, drawn anew whenever a pack is about to be appended to: with the pack's id it selects a key, under
/// which every offset is encrypted at most once. Zeros without a cipher.
using Session = std::array<std::byte, 12>;
/// GCM's tag, or the payload's XXH3-128 (big-endian) without a cipher.
using PayloadCheck = std::array<std::byte, 16>;

struct RecordHeader {
  uint32_t state = kRecordLive;
  RecordKind kind = RecordKind::Block;
  BlockKey key{};
  BlockKey parent{};
  uint64_t payload_bytes = 0;
  Session session{};
  PayloadCheck check{};
};

enum class HeaderVerdict { Valid, Invalid };
using HeaderBytes = std::array<std::byte, kRecordHeaderBytes>;

HeaderBytes encode_header(const RecordHeader& header);
/// Fills `header` only where the verdict is Valid.
HeaderVerdict decode_header(std::span<const std::byte, kRecordHeaderBytes> bytes, RecordHeader& header);

/// What is authenticated with an encrypted payload: the header's bytes before the check, as of a live record.
inline constexpr size_t kAssociatedBytes = kPayloadCheckOffset;
std::array<std::byte, kAssociatedBytes> associated_data(const RecordHeader& header);

/// XXH3-128.
PayloadCheck payload_checksum(std::span<const std::byte> payload);

/// Of header, payload and padding.
constexpr uint64_t record_bytes(uint64_t payload_bytes) {
  return kRecordHeaderBytes +
         (payload_bytes + kRecordAlignmentBytes - 1) / kRecordAlignmentBytes * kRecordAlignmentBytes;
}

}  // namespace kvasir::storage
