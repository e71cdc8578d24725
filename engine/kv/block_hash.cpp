#include "engine/kv/block_hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <new>

namespace kvasir::engine {
namespace {

constexpr std::string_view kRootTag = "kvasir kv root";
constexpr std::string_view kBlockTag = "kvasir kv block";
constexpr std::string_view kTailTag = "kvasir kv tail";
/// Part of every key: raise it when the meaning of a key changes.
constexpr uint64_t kKeyFormat = 1;

std::array<std::byte, 8> little_endian(uint64_t value) {
  std::array<std::byte, 8> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i));
  return bytes;
}

}  // namespace

FieldHasher::FieldHasher(std::string_view tag) : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr ||
      EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  add(tag);
}

FieldHasher::~FieldHasher() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

FieldHasher& FieldHasher::add(std::span<const std::byte> field) {
  auto* context = static_cast<EVP_MD_CTX*>(context_);
  const auto length = little_endian(field.size());
  EVP_DigestUpdate(context, length.data(), length.size());
  EVP_DigestUpdate(context, field.data(), field.size());
  return *this;
}

FieldHasher& FieldHasher::add(std::string_view field) {
  return add(std::as_bytes(std::span(field)));
}

FieldHasher& FieldHasher::add_u64(uint64_t value) {
  return add(little_endian(value));
}

FieldHasher& FieldHasher::add_f32(float value) {
  return add_u64(std::bit_cast<uint32_t>(value));
}

Hash256 FieldHasher::finish() {
  Hash256 digest;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_),
                     reinterpret_cast<unsigned char*>(digest.bytes.data()), nullptr);
  return digest;
}

namespace {

Hash256 chained_key(std::string_view tag, const Hash256& parent, std::span<const int32_t> token_ids) {
  // Ids are hashed as little-endian 32-bit integers: the same key on every machine.
  std::vector<std::byte> bytes;
  bytes.reserve(4 * token_ids.size());
  for (const int32_t id : token_ids)
    for (int bit = 0; bit < 32; bit += 8)
      bytes.push_back(static_cast<std::byte>(static_cast<uint32_t>(id) >> bit));
  return FieldHasher(tag).add(parent.bytes).add(bytes).finish();
}

}  // namespace

BlockChain::BlockChain(std::span<const std::byte> profile_secret, const Hash256& fingerprint)
    : root(FieldHasher(kRootTag).add_u64(kKeyFormat).add(profile_secret).add(fingerprint.bytes).finish()) {}

void BlockChain::extend(std::span<const int32_t> token_ids) {
  const size_t full_blocks = token_ids.size() / kBlockTokens;
  while (keys.size() < full_blocks) {
    const size_t index = keys.size();
    keys.push_back(
        chained_key(kBlockTag, parent(index), token_ids.subspan(index * kBlockTokens, kBlockTokens)));
  }
}

Hash256 kv_tail_key(const Hash256& parent, std::span<const int32_t> token_ids) {
  return chained_key(kTailTag, parent, token_ids);
}

void BlockChain::truncate(size_t tokens) {
  keys.resize(std::min(keys.size(), tokens / kBlockTokens));
}

}  // namespace kvasir::engine
