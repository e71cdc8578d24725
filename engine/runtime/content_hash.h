#pragma once

#include "engine/kv/sha256.h"

#include <array>
#include <cstddef>
#include <span>

namespace kvasir::engine {

/// Large enough that the digests' own hash is nothing beside the chunks.
inline constexpr size_t kContentChunkBytes = size_t{4} << 20;
constexpr size_t content_chunks(size_t bytes) {
  return (bytes + kContentChunkBytes - 1) / kContentChunkBytes;
}

struct ChunkDigest {
  std::array<std::byte, 16> bytes{};
};

/// The content hash of a model's file, whatever it is called: a tree, so that the file can be hashed while it
/// is read. Chunks are hashed by XXH3-128, which takes a fraction of what reading them does, their digests by
/// SHA-256.
///
/// XXH3 is fast, not cryptographic: who knows its key can make two files of one hash. The key is made of the
/// profile's secret, and neither it nor the hash ever leaves the profile: who makes a file can't aim it at
/// another one's KV. Hashes of one file under different secrets are different.
class ContentHasher {
 public:
  explicit ContentHasher(std::span<const std::byte> profile_secret);

  /// digests[i] is of bytes [i · kContentChunkBytes, …) up to the next chunk or the end; any thread.
  /// {content_chunks(bytes)}
  void chunk_digests(std::span<const std::byte> bytes, std::span<ChunkDigest> digests) const;
  /// Of `bytes` bytes, from the digests of all their chunks, in order.
  Hash256 hash(size_t bytes, std::span<const ChunkDigest> digests) const;

 private:
  std::array<std::byte, 192> key_;  ///< what XXH3 calls its secret
};

}  // namespace kvasir::engine
