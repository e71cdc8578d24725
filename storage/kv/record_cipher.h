#pragma once

#include "storage/kv/pack_format.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <vector>

namespace kvasir::storage {

/// `count` bytes of the operating system's randomness.
void fill_randomly(std::span<std::byte> out);

/// AES-256-GCM under keys that are derived from a profile's secret (HKDF-SHA-256), one for each session of
/// each pack. The nonce is the record's offset. Without a secret payloads are only checksummed.
/// Every call may come from any thread.
class RecordCipher {
 public:
  explicit RecordCipher(std::vector<std::byte> secret) : secret_(std::move(secret)) {}

  PackCipher kind() const { return secret_.empty() ? PackCipher::None : PackCipher::Aes256Gcm; }
  KeyCheck key_check(const PackId& pack) const;
  /// Whether the records of this pack are under this secret, or under none as this.
  bool can_open(const PackHeader& pack) const;

  /// Sets `header.check`, and returns what is to be stored: `payload` itself, or its ciphertext in `buffer`.
  /// `header` is complete otherwise.
  std::span<const std::byte> seal(const PackId& pack, uint64_t offset, RecordHeader& header,
                                  std::span<const std::byte> payload, std::vector<std::byte>& buffer) const;
  /// Verifies what was stored and decrypts it where it lies. False: not what was sealed.
  bool open(const PackId& pack, uint64_t offset, const RecordHeader& header,
            std::span<std::byte> payload) const;

 private:
  using Key = std::array<std::byte, 32>;
  Key derive(std::span<const std::byte> salt, std::string_view purpose) const;
  Key key_of(const PackId& pack, const Session& session) const;

  const std::vector<std::byte> secret_;
  mutable std::mutex mutex_;
  mutable std::map<std::array<std::byte, 28>, Key> keys_;  ///< by pack and session
};

}  // namespace kvasir::storage
