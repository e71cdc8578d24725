#include "storage/kv/record_cipher.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace kvasir::storage {
namespace {

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

/// What fails only where libcrypto lacks memory or the algorithm: nothing could be done about it.
void require(bool succeeded) {
  if (!succeeded) std::abort();
}

unsigned char* uchar(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}

const unsigned char* uchar(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

std::array<std::byte, 12> nonce_of(uint64_t offset) {
  std::array<std::byte, 12> nonce{};
  for (size_t i = 0; i < sizeof offset; ++i) nonce[i] = static_cast<std::byte>(offset >> (8 * i));
  return nonce;
}

enum class Direction { Decrypt, Encrypt };

/// `in` under a record's key, nonce and associated data, into `out`, which may be the same bytes. What is
/// left is the tag, to be read or compared.
CipherContext run_cipher(Direction direction, std::span<const std::byte> key, uint64_t offset,
                         const RecordHeader& header, std::span<const std::byte> in, std::byte* out) {
  CipherContext context(EVP_CIPHER_CTX_new());
  const auto nonce = nonce_of(offset);
  const auto associated = associated_data(header);
  int length = 0;
  require(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, uchar(key.data()), uchar(nonce.data()),
                            direction == Direction::Encrypt ? 1 : 0));
  require(EVP_CipherUpdate(context.get(), nullptr, &length, uchar(associated.data()),
                           static_cast<int>(associated.size())));
  // libcrypto takes an empty buffer for associated data.
  if (!in.empty()) {
    require(
        EVP_CipherUpdate(context.get(), uchar(out), &length, uchar(in.data()), static_cast<int>(in.size())));
  }
  return context;
}

}  // namespace

void fill_randomly(std::span<std::byte> out) {
  require(RAND_bytes(uchar(out.data()), static_cast<int>(out.size())) == 1);
}

RecordCipher::Key RecordCipher::derive(std::span<const std::byte> salt, std::string_view purpose) const {
  Key key;
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  char digest[] = "SHA256";
  const auto octets = [](const char* name, const void* data, size_t bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(data), bytes);
  };
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                   octets(OSSL_KDF_PARAM_KEY, secret_.data(), secret_.size()),
                                   octets(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
                                   octets(OSSL_KDF_PARAM_INFO, purpose.data(), purpose.size()),
                                   OSSL_PARAM_construct_end()};
  require(EVP_KDF_derive(context, uchar(key.data()), key.size(), parameters) == 1);
  EVP_KDF_CTX_free(context);
  return key;
}

KeyCheck RecordCipher::key_check(const PackId& pack) const {
  KeyCheck check{};
  if (!secret_.empty()) std::copy_n(derive(pack, "kvasir pack check").begin(), check.size(), check.begin());
  return check;
}

bool RecordCipher::can_open(const PackHeader& pack) const {
  return pack.cipher == kind() && pack.key_check == key_check(pack.id);
}

RecordCipher::Key RecordCipher::key_of(const PackId& pack, const Session& session) const {
  std::array<std::byte, sizeof(PackId) + sizeof(Session)> salt;
  std::ranges::copy(session, std::ranges::copy(pack, salt.begin()).out);
  const std::lock_guard lock(mutex_);
  const auto known = keys_.find(salt);
  if (known != keys_.end()) return known->second;
  return keys_.emplace(salt, derive(salt, "kvasir pack records")).first->second;
}

std::span<const std::byte> RecordCipher::seal(const PackId& pack, uint64_t offset, RecordHeader& header,
                                              std::span<const std::byte> payload,
                                              std::vector<std::byte>& buffer) const {
  if (secret_.empty()) {
    header.check = payload_checksum(payload);
    return payload;
  }
  buffer.resize(payload.size());
  const auto context =
      run_cipher(Direction::Encrypt, key_of(pack, header.session), offset, header, payload, buffer.data());
  unsigned char none[16];
  int length = 0;
  require(EVP_CipherFinal_ex(context.get(), none, &length));
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(header.check.size()),
                              header.check.data()));
  return buffer;
}

bool RecordCipher::open(const PackId& pack, uint64_t offset, const RecordHeader& header,
                        std::span<std::byte> payload) const {
  if (secret_.empty()) return header.check == payload_checksum(payload);
  PayloadCheck tag = header.check;
  const auto context =
      run_cipher(Direction::Decrypt, key_of(pack, header.session), offset, header, payload, payload.data());
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()), tag.data()));
  unsigned char none[16];
  int length = 0;
  return EVP_CipherFinal_ex(context.get(), none, &length) == 1;
}

}  // namespace kvasir::storage
