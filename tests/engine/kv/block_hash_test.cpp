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

QTEST_GUILESS_MAIN(BlockHashTest)
#include "block_hash_test.moc"
