#include "engine/runtime/content_hash.h"

#include <QtTest>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace kvasir::engine;

namespace {

std::string hash_of(std::span<const std::byte> bytes, std::string_view secret = "secret") {
  const ContentHasher hasher(std::as_bytes(std::span(secret)));
  std::vector<ChunkDigest> digests(content_chunks(bytes.size()));
  hasher.chunk_digests(bytes, digests);
  return hasher.hash(bytes.size(), digests).hex();
}

/// Two whole chunks and a part of one.
std::vector<std::byte> some_bytes() {
  std::vector<std::byte> bytes((size_t{9} << 20) + 123);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 3);
  return bytes;
}

}  // namespace

class ContentHashTest : public QObject {
  Q_OBJECT

 private slots:
  void hash_is_of_the_size_and_the_digests_of_chunks();
  void every_byte_counts();
  void another_secret_gives_another_hash();
};

/// The expected hashes are Python's: hashlib's SHA-256, and libxxhash called from there.
void ContentHashTest::hash_is_of_the_size_and_the_digests_of_chunks() {
  QCOMPARE(hash_of({}), std::string("82831bf0bad57d0c02aea3e4401c23c74a561478a9bbe90c471b6538bfbf6c49"));
  QCOMPARE(content_chunks(some_bytes().size()), size_t{3});
  QCOMPARE(hash_of(some_bytes()),
           std::string("e5d5ec6cece49e2fdd130e073913ee18713cc3861395bb2a1cc156d46bcde5dd"));
}

void ContentHashTest::every_byte_counts() {
  auto bytes = some_bytes();
  std::set<std::string> hashes{hash_of(bytes), hash_of(std::span(bytes).first(bytes.size() - 1))};
  for (const size_t at : {size_t{0}, kContentChunkBytes - 1, kContentChunkBytes, bytes.size() - 1}) {
    bytes[at] ^= std::byte{1};
    hashes.insert(hash_of(bytes));
    bytes[at] ^= std::byte{1};
  }
  QCOMPARE(hashes.size(), size_t{6});
}

void ContentHashTest::another_secret_gives_another_hash() {
  const auto bytes = some_bytes();
  QCOMPARE(hash_of(bytes, "other"), hash_of(bytes, "other"));
  QVERIFY(hash_of(bytes, "other") != hash_of(bytes));
}

QTEST_GUILESS_MAIN(ContentHashTest)
#include "content_hash_test.moc"
