#pragma once

#include "storage/kv/disk_block_store.h"
#include "storage/kv/pack_format.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// A made-up chain of records: number n's parent is n − 1, the first one's is none.
namespace kvasir::storage::testing {

using Bytes = std::vector<std::byte>;

/// Distinct for distinct numbers: the first eight bytes are an invertible function of it.
inline BlockKey key_of(uint32_t n) {
  BlockKey key;
  uint64_t mixed = n + uint64_t{1};
  for (size_t i = 0; i < key.size(); ++i) {
    if (i % 8 == 0) mixed = (mixed ^ mixed >> 31) * 0x9E3779B97F4A7C15U;
    key[i] = static_cast<std::byte>(mixed >> (8 * (i % 8)));
  }
  return key;
}

inline BlockKey parent_of(uint32_t n) {
  return n == 0 ? BlockKey{} : key_of(n - 1);
}

/// Between 1 and 700 bytes that no other number shares.
inline Bytes record_of(uint32_t n) {
  uint64_t state = n + uint64_t{1};
  const auto next = [&] {
    state += 0x9E3779B97F4A7C15U;
    const uint64_t mixed = (state ^ state >> 30) * 0xBF58476D1CE4E5B9U;
    return mixed ^ mixed >> 29;
  };
  Bytes bytes(1 + next() % 700);
  for (auto& byte : bytes) byte = static_cast<std::byte>(next());
  return bytes;
}

inline std::vector<BlockKey> keys_of(uint32_t count, uint32_t first = 0) {
  std::vector<BlockKey> keys;
  for (uint32_t n = first; n < first + count; ++n) keys.push_back(key_of(n));
  return keys;
}

inline bool write_record(DiskBlockStore& store, uint32_t n) {
  return store.write(key_of(n), parent_of(n), record_of(n));
}

/// The record's bytes; nothing where the store does not return it.
inline std::optional<Bytes> read_record(DiskBlockStore& store, uint32_t n) {
  std::optional<Bytes> found;
  const auto sink = [&](size_t, std::span<const std::byte> record) {
    found.emplace(record.begin(), record.end());
    return true;
  };
  store.read(std::vector{key_of(n)}, sink, {});
  return found;
}

/// How many of the first `count` records the store returns in one read; −1 where any of them is wrong.
inline int64_t read_chain(DiskBlockStore& store, uint32_t count) {
  bool right = true;
  const auto sink = [&](size_t index, std::span<const std::byte> record) {
    right = right && std::ranges::equal(record, record_of(static_cast<uint32_t>(index)));
    return true;
  };
  const size_t read = store.read(keys_of(count), sink, {});
  return right ? static_cast<int64_t>(read) : -1;
}

/// The beginning of a pack that is not encrypted.
inline Bytes pack_header() {
  const PackHeaderBytes bytes = encode_pack_header({PackCipher::None, PackId{std::byte{7}}, 1000, {}});
  return {bytes.begin(), bytes.end()};
}

/// What stands behind a pack's header.
inline Bytes records_in(const Bytes& pack) {
  return pack.size() < kPackHeaderBytes ? Bytes() : Bytes(pack.begin() + kPackHeaderBytes, pack.end());
}

/// A record as it lies in a pack.
inline void append_encoded(Bytes& pack, const RecordHeader& header, const Bytes& payload) {
  const HeaderBytes bytes = encode_header(header);
  pack.insert(pack.end(), bytes.begin(), bytes.end());
  pack.insert(pack.end(), payload.begin(), payload.end());
  pack.resize(pack.size() + record_bytes(payload.size()) - kRecordHeaderBytes - payload.size());
}

inline RecordHeader header_of(const BlockKey& key, const BlockKey& parent, const Bytes& payload) {
  RecordHeader header;
  header.key = key;
  header.parent = parent;
  header.payload_bytes = payload.size();
  header.check = payload_checksum(payload);
  return header;
}

inline void append_encoded(Bytes& pack, uint32_t n) {
  const Bytes payload = record_of(n);
  append_encoded(pack, header_of(key_of(n), parent_of(n), payload), payload);
}

/// The first `count` records, or those from `first` on.
inline Bytes pack_of(uint32_t count, uint32_t first = 0) {
  Bytes pack = pack_header();
  for (uint32_t n = first; n < first + count; ++n) append_encoded(pack, n);
  return pack;
}

}  // namespace kvasir::storage::testing
