#include "engine/kv/block_hash.h"

#include <QtTest>
#include <algorithm>
#include <numeric>
#include <vector>

using namespace kvasir::engine;

namespace {

std::vector<int32_t> count_up(size_t tokens) {
  std::vector<int32_t> ids(tokens);
  std::iota(ids.begin(), ids.end(), 100);
  return ids;
}

BlockChain chain_of(std::span<const int32_t> ids, std::string_view secret = "secret",
                    std::string_view fingerprint = "model") {
  BlockChain chain(std::as_bytes(std::span(secret)), FieldHasher(fingerprint).finish());
  chain.extend(ids);
  return chain;
}

Hash256 content_hash(std::span<const std::byte> bytes) {
  std::vector<Hash256> chunks(content_chunks(bytes.size()));
  content_chunk_hashes(bytes, chunks);
  return content_hash_of_chunks(bytes.size(), chunks);
}

}  // namespace

class BlockHashTest : public QObject {
  Q_OBJECT

 private slots:
  void field_hash_is_sha_256_of_length_prefixed_fields();
  void borders_between_fields_matter();
  void only_full_blocks_have_keys();
  void key_depends_on_everything_before_it();
  void secret_and_fingerprint_change_every_key();
  void extending_in_steps_gives_the_same_keys();
  void messages_hashed_together_have_the_digests_of_each();
  void content_hash_is_of_the_size_and_the_hashes_of_chunks();
};

void BlockHashTest::field_hash_is_sha_256_of_length_prefixed_fields() {
  // printf '\1\0\0\0\0\0\0\0a\3\0\0\0\0\0\0\0xyz' | sha256sum
  QCOMPARE(FieldHasher("a").add("xyz").finish().hex(),
           std::string("f0fdf6fba873faf5a8c506634564b0f0d4d980a7a78dbab7104a9a969b6ce27e"));
}

void BlockHashTest::borders_between_fields_matter() {
  QVERIFY(FieldHasher("t").add("ab").add("c").finish() != FieldHasher("t").add("a").add("bc").finish());
  QVERIFY(FieldHasher("t").add("ab").finish() != FieldHasher("t").add("ab").add("").finish());
}

void BlockHashTest::only_full_blocks_have_keys() {
  QCOMPARE(chain_of(count_up(63)).keys.size(), size_t{0});
  QCOMPARE(chain_of(count_up(64)).keys.size(), size_t{1});
  QCOMPARE(chain_of(count_up(191)).keys.size(), size_t{2});
}

void BlockHashTest::key_depends_on_everything_before_it() {
  const auto ids = count_up(256);
  const BlockChain chain = chain_of(ids);
  for (const size_t changed : {0, 63, 64, 130, 255}) {
    auto other_ids = ids;
    other_ids[changed] += 1;
    const BlockChain other = chain_of(other_ids);
    for (size_t block = 0; block < chain.keys.size(); ++block)
      QCOMPARE(chain.keys[block] == other.keys[block], block < changed / kBlockTokens);
  }
  // Equal tokens in two places never share a key.
  auto twice = count_up(64);
  const auto once = twice;
  twice.insert(twice.end(), once.begin(), once.end());
  const BlockChain repeated = chain_of(twice);
  QVERIFY(repeated.keys[0] != repeated.keys[1]);
}

void BlockHashTest::secret_and_fingerprint_change_every_key() {
  const auto ids = count_up(128);
  for (size_t block = 0; block < 2; ++block) {
    QVERIFY(chain_of(ids).keys[block] != chain_of(ids, "other").keys[block]);
    QVERIFY(chain_of(ids).keys[block] != chain_of(ids, "secret", "other").keys[block]);
  }
}

void BlockHashTest::extending_in_steps_gives_the_same_keys() {
  const auto ids = count_up(320);
  BlockChain chain = chain_of(std::span(ids).first(70));
  chain.extend(std::span(ids).first(127));
  chain.extend(ids);
  QCOMPARE(chain.keys.size(), size_t{5});
  QVERIFY(chain.keys == chain_of(ids).keys);
  chain.truncate(200);
  QCOMPARE(chain.keys.size(), size_t{3});
}

/// The expected hashes are Python's: fields as above, the chunks' digests by hashlib.
void BlockHashTest::messages_hashed_together_have_the_digests_of_each() {
  for (const size_t bytes : {size_t{0}, size_t{3}, size_t{64}, size_t{640}, size_t{4096}}) {
    std::vector<std::byte> messages(7 * bytes);
    for (size_t i = 0; i < messages.size(); ++i) messages[i] = static_cast<std::byte>(i * i >> 3 ^ i);
    std::vector<Hash256> digests(7);
    sha256_of_each(messages, bytes, digests);
    for (size_t i = 0; i < digests.size(); ++i) {
      const QByteArray message(reinterpret_cast<const char*>(messages.data() + i * bytes),
                               static_cast<qsizetype>(bytes));
      QCOMPARE(digests[i].hex(),
               QCryptographicHash::hash(message, QCryptographicHash::Sha256).toHex().toStdString());
    }
  }
}

void BlockHashTest::content_hash_is_of_the_size_and_the_hashes_of_chunks() {
  QCOMPARE(content_hash({}).hex(),
           std::string("82831bf0bad57d0c02aea3e4401c23c74a561478a9bbe90c471b6538bfbf6c49"));
  std::vector<std::byte> bytes((size_t{9} << 20) + 123);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 3);
  QCOMPARE(content_chunks(bytes.size()), size_t{3});
  QCOMPARE(content_hash(bytes).hex(),
           std::string("d50f0f49bb09d3eb0778b563e09c7fd3edb6e972c446742b3209be7ee0570495"));
}

QTEST_GUILESS_MAIN(BlockHashTest)
#include "block_hash_test.moc"
