#include "engine/kv/sha256.h"

#include <openssl/evp.h>

#include <cstdint>
#include <cstring>
#include <new>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace kvasir::engine {

std::string Hash256::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

Hash256 sha256(std::span<const std::byte> message) {
  Hash256 digest;
  // Fails only where the library has no SHA-256 at all, or no memory for a context.
  if (EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(digest.bytes.data()),
                 nullptr, EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  return digest;
}

#if defined(__x86_64__)

// libcrypto hashes one message at a time, which leaves the SHA unit waiting for its own results: side by
// side, three take little longer than one. The names are FIPS 180-4's.
namespace {

constexpr size_t kBlockBytes = 64;

alignas(16) constexpr uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The working variables of each lane, in the order in which the instructions want them.
struct Lanes {
  __m128i abef[kSha256Lanes];
  __m128i cdgh[kSha256Lanes];
};

__attribute__((target("sha,sse4.1"))) Lanes initial_lanes() {
  Lanes lanes;
  for (size_t lane = 0; lane < kSha256Lanes; ++lane) {
    lanes.abef[lane] =
        _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c));
    lanes.cdgh[lane] = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
  }
  return lanes;
}

/// Takes `blocks` blocks of each message into its lane.
__attribute__((target("sha,sse4.1"))) void compress(Lanes& lanes,
                                                    const std::byte* const (&messages)[kSha256Lanes],
                                                    size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  for (size_t block = 0; block < blocks; ++block) {
    __m128i abef[kSha256Lanes];
    __m128i cdgh[kSha256Lanes];
    __m128i w[kSha256Lanes][4];  // the message schedule's last sixteen words
    for (size_t lane = 0; lane < kSha256Lanes; ++lane) {
      abef[lane] = lanes.abef[lane];
      cdgh[lane] = lanes.cdgh[lane];
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; ++i) {  // four rounds
      const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kRoundConstants + 4 * i));
      const size_t now = i % 4;
      const size_t before = (i + 3) % 4;
      const size_t next = (i + 1) % 4;
#pragma GCC unroll 3
      for (size_t lane = 0; lane < kSha256Lanes; ++lane) {
        if (i < 4) {
          const auto* words = messages[lane] + block * kBlockBytes + 16 * i;
          w[lane][i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(words)), big_endian);
        }
        const __m128i added = _mm_add_epi32(w[lane][now], constants);
        cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], added);
        if (i >= 3 && i < 15) {
          const __m128i w_7 = _mm_alignr_epi8(w[lane][now], w[lane][before], 4);
          w[lane][next] = _mm_sha256msg2_epu32(_mm_add_epi32(w[lane][next], w_7), w[lane][now]);
        }
        abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(added, 0x0e));
        if (i >= 1 && i < 13) w[lane][before] = _mm_sha256msg1_epu32(w[lane][before], w[lane][now]);
      }
    }
    for (size_t lane = 0; lane < kSha256Lanes; ++lane) {
      lanes.abef[lane] = _mm_add_epi32(lanes.abef[lane], abef[lane]);
      lanes.cdgh[lane] = _mm_add_epi32(lanes.cdgh[lane], cdgh[lane]);
    }
  }
}

__attribute__((target("sha,sse4.1"))) Hash256 digest_of(__m128i abef, __m128i cdgh) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  Hash256 digest;
  auto* out = reinterpret_cast<__m128i*>(digest.bytes.data());
  _mm_storeu_si128(out, _mm_shuffle_epi8(_mm_blend_epi16(feba, dchg, 0xf0), big_endian));
  _mm_storeu_si128(out + 1, _mm_shuffle_epi8(_mm_alignr_epi8(dchg, feba, 8), big_endian));
  return digest;
}

/// kSha256Lanes messages of `bytes` bytes, whole blocks.
void sha256_side_by_side(const std::byte* first, size_t bytes, Hash256* digests) {
  // What stands behind each message: a one bit, zeros, and its length in bits.
  std::byte padding[kBlockBytes] = {std::byte{0x80}};
  for (size_t i = 0; i < 8; ++i)
    padding[kBlockBytes - 1 - i] = static_cast<std::byte>(uint64_t{bytes} * 8 >> 8 * i);
  const std::byte* const messages[kSha256Lanes] = {first, first + bytes, first + 2 * bytes};
  Lanes lanes = initial_lanes();
  compress(lanes, messages, bytes / kBlockBytes);
  compress(lanes, {padding, padding, padding}, 1);
  for (size_t lane = 0; lane < kSha256Lanes; ++lane)
    digests[lane] = digest_of(lanes.abef[lane], lanes.cdgh[lane]);
}

bool has_sha_instructions() {
  static const bool has = [] {
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    // GCC 12's __builtin_cpu_supports has no name for it.
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_SHA) != 0 &&
           __builtin_cpu_supports("sse4.1");
  }();
  return has;
}

}  // namespace

#endif

void sha256_of_each(std::span<const std::byte> messages, size_t bytes, std::span<Hash256> digests) {
  size_t done = 0;
#if defined(__x86_64__)
  if (bytes % kBlockBytes == 0 && has_sha_instructions())
    for (; done + kSha256Lanes <= digests.size(); done += kSha256Lanes)
      sha256_side_by_side(messages.data() + done * bytes, bytes, &digests[done]);
#endif
  for (; done < digests.size(); ++done) digests[done] = sha256(messages.subspan(done * bytes, bytes));
}

}  // namespace kvasir::engine
