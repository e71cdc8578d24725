#include "engine/kv/sha256.h"

#include <openssl/evp.h>

#include <new>

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

}  // namespace kvasir::engine
