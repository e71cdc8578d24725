#include "engine/kv/kv_block.h"

#include "engine/kv/kv_block_format.h"

#include <QtTest>
#include <cstring>
#include <random>

using namespace kvasir::engine;

namespace {

constexpr KvLayout kLayout{.layers = 3, .width = 20, .type = KvType::F16};

std::vector<int32_t> make_ids(int32_t first) {
  std::vector<int32_t> ids(kBlockTokens);
  for (uint32_t i = 0; i < kBlockTokens; ++i) ids[i] = first + static_cast<int32_t>(i * i);
  return ids;
}

Hash256 make_hash(std::string_view name) {
  return FieldHasher(name).finish();
}

KvCache make_cache(bool filled) {
  KvCache cache = std::move(*KvCache::create(kLayout, 3 * kBlockTokens));
  std::mt19937 random(1);
  if (filled)
    for (uint32_t layer = 0; layer < kLayout.layers; ++layer)
      for (uint32_t position = 0; position < cache.capacity(); ++position)
        for (size_t i = 0; i < kLayout.row_bytes(); ++i)
          cache.row(layer, position)[i] = static_cast<std::byte>(random());
  return cache;
}

struct Block {
  uint32_t position = kBlockTokens;
  Hash256 key = make_hash("key");
  Hash256 parent = make_hash("parent");
  Hash256 fingerprint = make_hash("fingerprint");
  std::vector<int32_t> ids = make_ids(7);

  std::vector<std::byte> encode(const KvCache& cache) const {
    return encode_kv_block(cache, position, key, parent, fingerprint, ids).value();
  }
  bool import_into(KvCache& cache, std::span<const std::byte> record) const {
    return import_kv_block(record, cache, position, key, parent, fingerprint, ids).has_value();
  }
};

/// What follows a block: its first 40 ids.
struct Tail : Block {
  std::span<const int32_t> own_ids() const { return std::span(ids).first(40); }
  std::vector<std::byte> encode(const KvCache& cache) const {
    return encode_kv_tail(cache, position, parent, fingerprint, own_ids()).value();
  }
  /// How many tokens came; 0 where it was refused.
  uint32_t import_into(KvCache& cache, std::span<const std::byte> record,
                       std::span<const int32_t> wanted) const {
    return import_kv_tail(record, cache, position, parent, fingerprint, wanted).value_or(0);
  }
};

bool all_zero(const KvCache& cache) {
  for (uint32_t layer = 0; layer < kLayout.layers; ++layer)
    for (const std::byte byte : cache.slice(layer, 0, cache.capacity()))
      if (byte != std::byte{}) return false;
  return true;
}

}  // namespace

class KvBlockTest : public QObject {
  Q_OBJECT

 private slots:
  void imported_rows_equal_the_exported_ones();
  void any_flipped_bit_is_refused_and_leaves_the_cache_alone();
  void truncated_and_lengthened_records_are_refused();
  void every_expected_field_matters();
  void record_begins_as_the_format_page_says();
  void tail_gives_the_rows_of_the_common_prefix();
  void any_flipped_bit_of_a_tail_is_refused();
  void tail_of_another_prefix_model_or_place_is_refused();
  void tail_that_lies_about_its_length_is_refused();
};

void KvBlockTest::imported_rows_equal_the_exported_ones() {
  const KvCache source = make_cache(true);
  KvCache target = make_cache(false);
  const Block block;
  QVERIFY(block.import_into(target, block.encode(source)));
  for (uint32_t layer = 0; layer < kLayout.layers; ++layer) {
    const auto from = source.slice(layer, block.position, kBlockTokens);
    const auto to = target.slice(layer, block.position, kBlockTokens);
    QVERIFY(std::equal(from.begin(), from.end(), to.begin()));
    QVERIFY(std::ranges::all_of(target.slice(layer, 0, kBlockTokens),
                                [](std::byte b) { return b == std::byte{}; }));
  }
  QCOMPARE(target.length(), 0u);
}

void KvBlockTest::any_flipped_bit_is_refused_and_leaves_the_cache_alone() {
  const KvCache source = make_cache(true);
  KvCache target = make_cache(false);
  const Block block;
  auto record = block.encode(source);
  const size_t padding = sizeof(KvBlockHeader) + (kLayout.layers + 1) * sizeof(uint64_t);
  for (size_t i = 0; i < record.size(); ++i) {
    if (i >= padding && i < kv_block_slices_offset(kLayout.layers)) continue;  // carries nothing
    record[i] ^= std::byte{4};
    QVERIFY2(!block.import_into(target, record), std::to_string(i).c_str());
    record[i] ^= std::byte{4};
  }
  QVERIFY(all_zero(target));
  QVERIFY(block.import_into(target, record));
}

void KvBlockTest::truncated_and_lengthened_records_are_refused() {
  const KvCache source = make_cache(true);
  KvCache target = make_cache(false);
  const Block block;
  auto record = block.encode(source);
  for (size_t length = 0; length < record.size(); length += 37)
    QVERIFY(!block.import_into(target, std::span(record).first(length)));
  record.push_back(std::byte{});
  QVERIFY(!block.import_into(target, record));
}

void KvBlockTest::every_expected_field_matters() {
  const KvCache source = make_cache(true);
  KvCache target = make_cache(false);
  const Block block;
  const auto record = block.encode(source);
  const auto refused = [&](auto change) {
    Block other = block;
    change(other);
    return !other.import_into(target, record);
  };
  QVERIFY(refused([](Block& b) { b.position = 0; }));
  QVERIFY(refused([](Block& b) { b.position = 3 * kBlockTokens; }));  // behind the cache's end
  QVERIFY(refused([](Block& b) { b.key = make_hash("other"); }));
  QVERIFY(refused([](Block& b) { b.parent = make_hash("other"); }));
  QVERIFY(refused([](Block& b) { b.fingerprint = make_hash("other"); }));
  for (uint32_t i = 0; i < kBlockTokens; ++i) QVERIFY(refused([i](Block& b) { ++b.ids[i]; }));
  KvCache wider =
      std::move(*KvCache::create({.layers = 3, .width = 40, .type = KvType::F16}, 3 * kBlockTokens));
  QVERIFY(!block.import_into(wider, record));
  KvCache wider_values =
      std::move(*KvCache::create({.layers = 3, .width = 10, .type = KvType::F32}, 3 * kBlockTokens));
  QVERIFY(!block.import_into(wider_values, record));  // the same number of bytes
  QVERIFY(all_zero(target));
}

void KvBlockTest::record_begins_as_the_format_page_says() {
  const Block block;
  const auto record = block.encode(make_cache(true));
  const auto u32 = [&](size_t offset) {
    uint32_t value;
    std::memcpy(&value, record.data() + offset, sizeof value);
    return value;
  };
  QVERIFY(std::memcmp(record.data(), "KVBLOCK\0", 8) == 0);
  QCOMPARE(u32(8), 1u);
  QCOMPARE(u32(12), 1u);
  QCOMPARE(u32(16), kLayout.layers);
  QCOMPARE(u32(20), kLayout.width);
  QCOMPARE(u32(24), 64u);
  QCOMPARE(u32(28), block.position);
  QCOMPARE(u32(32), 64u * kLayout.width * 2);
  QVERIFY(std::memcmp(record.data() + 40, &block.key, 32) == 0);
  QVERIFY(std::memcmp(record.data() + 72, &block.parent, 32) == 0);
  QVERIFY(std::memcmp(record.data() + 104, &block.fingerprint, 32) == 0);
  QVERIFY(std::memcmp(record.data() + 136, block.ids.data(), 256) == 0);
}

void KvBlockTest::tail_gives_the_rows_of_the_common_prefix() {
  const KvCache source = make_cache(true);
  const Tail tail;
  const auto record = tail.encode(source);
  for (const uint32_t common : {0u, 1u, 17u, 40u}) {
    KvCache target = make_cache(false);
    std::vector<int32_t> wanted = tail.ids;
    wanted[common] ^= 1;
    QCOMPARE(tail.import_into(target, record, wanted), common);
    QCOMPARE(tail.import_into(target, record, std::span(tail.ids).first(common)), common);
    for (uint32_t layer = 0; layer < kLayout.layers; ++layer) {
      const auto from = source.slice(layer, tail.position, common);
      QVERIFY(std::ranges::equal(from, target.slice(layer, tail.position, common)));
      QVERIFY(std::ranges::all_of(target.slice(layer, tail.position + common, kBlockTokens - common),
                                  [](std::byte b) { return b == std::byte{}; }));
    }
    QCOMPARE(target.length(), 0u);
  }
}

void KvBlockTest::any_flipped_bit_of_a_tail_is_refused() {
  const KvCache source = make_cache(true);
  KvCache target = make_cache(false);
  const Tail tail;
  auto record = tail.encode(source);
  const size_t padding = sizeof(KvBlockHeader) + (kLayout.layers + 1) * sizeof(uint64_t);
  for (size_t i = 0; i < record.size(); ++i) {
    if (i >= padding && i < kv_block_slices_offset(kLayout.layers)) continue;  // carries nothing
    record[i] ^= std::byte{4};
    QVERIFY2(tail.import_into(target, record, tail.ids) == 0, std::to_string(i).c_str());
    record[i] ^= std::byte{4};
  }
  for (size_t length = 0; length < record.size(); length += 37)
    QCOMPARE(tail.import_into(target, std::span(record).first(length), tail.ids), 0u);
  QVERIFY(all_zero(target));
  QCOMPARE(tail.import_into(target, record, tail.ids), 40u);
}

void KvBlockTest::tail_of_another_prefix_model_or_place_is_refused() {
  KvCache target = make_cache(false);
  const Tail tail;
  const auto record = tail.encode(make_cache(true));
  const auto refused = [&](auto change) {
    Tail other = tail;
    change(other);
    return other.import_into(target, record, other.ids) == 0;
  };
  QVERIFY(refused([](Tail& t) { t.position = 0; }));
  QVERIFY(refused([](Tail& t) { t.position = 3 * kBlockTokens; }));  // behind the cache's end
  QVERIFY(refused([](Tail& t) { t.parent = make_hash("other"); }));
  QVERIFY(refused([](Tail& t) { t.fingerprint = make_hash("other"); }));
  // A block is no tail, and a tail no block.
  QCOMPARE(tail.import_into(target, Block{}.encode(make_cache(true)), tail.ids), 0u);
  QVERIFY(!Block{}.import_into(target, record));
  QVERIFY(all_zero(target));
}

void KvBlockTest::tail_that_lies_about_its_length_is_refused() {
  KvCache target = make_cache(false);
  const Tail tail;
  const auto record = tail.encode(make_cache(true));
  for (const uint32_t tokens : {0u, 1u, 39u, 41u, 63u, 64u, 65u, 1u << 31, UINT32_MAX}) {
    auto lying = record;
    std::memcpy(lying.data() + offsetof(KvBlockHeader, tokens), &tokens, sizeof tokens);
    for (const size_t length : {lying.size(), sizeof(KvBlockHeader), size_t{4096}}) {
      lying.resize(length);
      QCOMPARE(tail.import_into(target, lying, tail.ids), 0u);
    }
  }
  QVERIFY(all_zero(target));
}

QTEST_GUILESS_MAIN(KvBlockTest)
#include "kv_block_test.moc"
