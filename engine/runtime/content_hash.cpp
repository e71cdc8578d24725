#include "engine/runtime/content_hash.h"

#include "engine/kv/block_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace kvasir::engine {

ContentHasher::ContentHasher(std::span<const std::byte> profile_secret) {
  static_assert(sizeof key_ >= XXH3_SECRET_SIZE_MIN && sizeof key_ % sizeof(Hash256) == 0);
  for (size_t i = 0; i < key_.size(); i += sizeof(Hash256)) {
    const Hash256 part = FieldHasher("kvasir content key").add(profile_secret).add_u64(i).finish();
    std::ranges::copy(part.bytes, key_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void ContentHasher::chunk_digests(std::span<const std::byte> bytes, std::span<ChunkDigest> digests) const {
  for (size_t i = 0; i < digests.size(); ++i) {
    const size_t first = i * kContentChunkBytes;
    const auto chunk = bytes.subspan(first, std::min(kContentChunkBytes, bytes.size() - first));
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical,
                             XXH3_128bits_withSecret(chunk.data(), chunk.size(), key_.data(), key_.size()));
    static_assert(sizeof canonical.digest == sizeof(ChunkDigest));
    std::memcpy(digests[i].bytes.data(), canonical.digest, sizeof canonical.digest);
  }
}

Hash256 ContentHasher::hash(size_t bytes, std::span<const ChunkDigest> digests) const {
  return FieldHasher("kvasir model content").add_u64(bytes).add(std::as_bytes(digests)).finish();
}

}  // namespace kvasir::engine
