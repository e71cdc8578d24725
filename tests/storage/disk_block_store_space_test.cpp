// Owners, tails, and what keeps the store within its limits.
#include "storage/kv/disk_block_store.h"
#include "storage/kv/pack.h"
#include "tests/storage/block_records.h"
#include "tests/support/faulty_file_system.h"

#include <QTest>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>

using namespace kvasir::storage;
using namespace kvasir::storage::testing;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kFolder = "/kv";
constexpr uint64_t kKilobyteRecord = record_bytes(1000);

uint64_t pack_bytes_in(FaultyFileSystem& files) {
  uint64_t bytes = 0;
  const auto paths = *files.list(kFolder);
  for (const auto& path : paths) {
    if (pack_number(path)) bytes += files.contents(path).size();
  }
  return bytes;
}

}  // namespace

class DiskBlockStoreSpaceTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    store_.reset();
    time_ = std::chrono::system_clock::time_point(std::chrono::hours(24 * 20000));
    options_ = {};
    options_.group_delay = 1h;
    options_.retry_delay = 0ms;
    options_.pack_bytes = kPackHeaderBytes + 4 * kKilobyteRecord;
    options_.now = [this] { return time_.load(); };
    files_ = std::make_unique<FaultyFileSystem>();
    reopen();
  }
  void cleanup() { store_.reset(); }

  // Chains are told by numbers: `chain(10, 3)` is 10 ← 11 ← 12.

  void an_owner_uses_the_chain_that_it_claims() {
    chain(0, 4);
    store_->claim("a", key_of(3));
    QCOMPARE(usage("a").blocks, uint64_t{0});  // none is durable yet
    store_->flush();
    QCOMPARE(usage("a").blocks, uint64_t{4});
    QCOMPARE(usage("a").bytes, 4 * kKilobyteRecord);
    QCOMPARE(usage("a").own_bytes, 4 * kKilobyteRecord);
    add(4, 3);
    store_->claim("a", key_of(4));
    store_->claim("a", key_of(2));   // inside
    store_->claim("a", key_of(99));  // nowhere
    store_->flush();
    QCOMPARE(usage("a").blocks, uint64_t{5});
    reopen();
    QCOMPARE(usage("a").blocks, uint64_t{5});
    QCOMPARE(store_->usage().size(), size_t{1});
  }

  void what_two_owners_share_is_own_to_neither() {
    chain(0, 4);
    add(10, 1);
    store_->claim("a", key_of(3));
    store_->claim("b", key_of(10));
    store_->flush();
    QCOMPARE(usage("a").own_bytes, 2 * kKilobyteRecord);
    QCOMPARE(usage("b").bytes, 3 * kKilobyteRecord);
    QCOMPARE(usage("b").own_bytes, kKilobyteRecord);
  }

  void releasing_an_owner_deletes_what_only_it_used() {
    chain(0, 6);
    add(10, 2);  // a branch of b's
    add(20, 5);  // continued by nobody
    add(21, 20);
    store_->claim("a", key_of(5));
    store_->claim("b", key_of(10));
    QVERIFY(store_->write_tail("a", key_of(5), Bytes(50)));
    QVERIFY(store_->write_tail("b", key_of(10), Bytes(60)));
    store_->flush();
    store_->release("a");
    for (int reopened = 0; reopened < 2; ++reopened) {
      QVERIFY(held({0, 1, 2, 10}));
      for (const uint32_t n : {3, 4, 5, 20, 21}) QVERIFY(!held({n}));
      QVERIFY(!store_->read_tail("a"));
      QVERIFY(store_->read_tail("b") == Bytes(60));
      QCOMPARE(store_->usage().size(), size_t{1});
      QCOMPARE(usage("b").blocks, uint64_t{4});
      reopen();
    }
    store_->release("b");
    store_->flush();
    QCOMPARE(store_->stats().blocks, uint64_t{0});
    QCOMPARE(pack_bytes_in(*files_), uint64_t{0});
    store_->release("nobody");
  }

  void what_is_released_in_the_queue_is_never_written() {
    chain(0, 3);
    store_->claim("a", key_of(2));
    QVERIFY(store_->write_tail("a", key_of(2), Bytes(5)));
    store_->release("a");
    store_->flush();
    QCOMPARE(store_->stats().blocks_written, uint64_t{0});
    QVERIFY(!store_->read_tail("a"));
  }

  void branches_of_one_owner_are_all_its_own() {
    chain(0, 3);
    add(10, 1);
    store_->claim("a", key_of(2));
    store_->claim("a", key_of(10));
    store_->flush();
    reopen();
    QCOMPARE(usage("a").blocks, uint64_t{4});
    store_->release("a");
    store_->flush();
    QCOMPARE(store_->stats().blocks, uint64_t{0});
  }

  void a_lost_block_shortens_the_chains_that_end_with_it() {
    chain(0, 4);
    store_->claim("a", key_of(3));
    store_->flush();
    store_->quarantine(std::vector{key_of(2), key_of(3)});
    QCOMPARE(usage("a").blocks, uint64_t{2});
    store_->flush();
    reopen();
    QCOMPARE(usage("a").blocks, uint64_t{2});
    store_->release("a");
    store_->flush();
    QCOMPARE(store_->stats().blocks, uint64_t{0});
  }

  void the_newest_tail_is_read_and_takes_the_former_ones_place() {
    chain(0, 2);
    QVERIFY(!store_->read_tail("a"));
    QVERIFY(!store_->write_tail("a", key_of(50), Bytes(1)));  // behind nothing
    QVERIFY(!store_->write_tail("", key_of(1), Bytes(1)));
    for (int i = 1; i <= 5; ++i) {
      QVERIFY(store_->write_tail("a", key_of(1), Bytes(static_cast<size_t>(i), std::byte{9})));
      QCOMPARE(store_->read_tail("a")->size(), static_cast<size_t>(i));
      if (i != 2) store_->flush();  // the second is replaced while it is queued
    }
    QCOMPARE(store_->stats().tails, uint64_t{1});
    QCOMPARE(store_->stats().blocks, uint64_t{2});
    QCOMPARE(store_->stats().blocks_written, uint64_t{6});
    // Also where the index has not been told.
    for (const auto& survivor : {files_->after_kill(), files_->after_power_loss(), without_index()}) {
      auto store = open(*survivor);
      QCOMPARE(store->read_tail("a")->size(), size_t{5});
      QCOMPARE(store->stats().tails, uint64_t{1});
      QCOMPARE(store->stats().blocks, uint64_t{2});
    }
  }

  void a_tail_is_written_when_another_chat_has_one_after_a_while_and_at_the_end() {
    chain(0, 2);
    options_.group_delay = 0ms;
    reopen();
    const auto on_the_disk = [&](const BlockOwner& owner) {
      return open(*files_->after_kill())->read_tail(owner);
    };
    QVERIFY(store_->write_tail("a", key_of(1), Bytes(10)));
    store_->tidy();
    QVERIFY(!on_the_disk("a"));
    QVERIFY(store_->write_tail("b", key_of(1), Bytes(20)));
    QTRY_VERIFY(on_the_disk("a") == Bytes(10));
    QVERIFY(!on_the_disk("b"));
    reopen();
    QVERIFY(store_->read_tail("b") == Bytes(20));
    options_.tail_delay = 1ms;
    reopen();
    QVERIFY(store_->write_tail("b", key_of(1), Bytes(30)));
    QTRY_VERIFY(on_the_disk("b") == Bytes(30));
  }

  void a_tail_goes_with_the_block_that_it_continues() {
    chain(0, 2);
    QVERIFY(store_->write_tail("a", key_of(1), Bytes(10)));
    store_->quarantine(key_of(1));
    QVERIFY(!store_->read_tail("a"));
    files_->set_free_bytes(0);
    chain(0, 2);
    QVERIFY(store_->write_tail("a", key_of(1), Bytes(10)));
    add(2, 1);
    store_->flush();
    QVERIFY(!store_->read_tail("a"));
    QVERIFY(!held({0}));
  }

  // Of 20 tokens each, of 1,000 bytes each.
  void many_short_turns_write_little_more_than_their_kv() {
    constexpr uint32_t kTurns = 300, kTurnTokens = 20, kBlockTokens = 64, kTokenBytes = 1000;
    for (const bool left_after_each_turn : {false, true}) {
      init();
      options_.pack_bytes = uint64_t{64} << 20;
      options_.replaced_tail_bytes = 0;
      reopen();
      uint32_t tails = 0;
      for (uint32_t turn = 1; turn <= kTurns; ++turn) {
        const uint32_t tokens = turn * kTurnTokens;
        const uint32_t blocks = tokens / kBlockTokens;
        for (uint32_t n = (tokens - kTurnTokens) / kBlockTokens; n < blocks; ++n)
          QVERIFY(store_->write(key_of(n), parent_of(n), Bytes(kBlockTokens * kTokenBytes)));
        const BlockKey parent = parent_of(blocks);
        const Bytes tail(tokens % kBlockTokens * kTokenBytes + 1);
        QVERIFY(store_->write_tail("chat", parent, tail));
        QVERIFY(store_->read_tail("chat") == tail);
        if (left_after_each_turn) reopen();
        tails += store_->read_tail("chat") == tail;
        // And the first tail, which cost nothing when it was written.
        const double allowed = 1.05 * tokens * kTokenBytes + kBlockTokens * kTokenBytes;
        QVERIFY2(double(store_->stats().bytes_written) <= allowed, qPrintable(QString::number(turn)));
      }
      // Not so often that it is of no use.
      QVERIFY2(tails >= kTurns / (left_after_each_turn ? 20 : 1), qPrintable(QString::number(tails)));
      reopen();
      const double written = double(store_->stats().bytes_written) / (kTurns * kTurnTokens * kTokenBytes);
      QVERIFY2(written <= 1.05, qPrintable(QString::number(written)));
    }
  }

  void the_quota_is_kept_by_deleting_what_was_not_used_for_longest_and_never_a_head_before_its_tail() {
    options_.limits.quota_bytes = 40 * kKilobyteRecord;
    reopen();
    for (uint32_t i = 0; i < 30; ++i) {
      pass_time(1min);
      chain(100 * i, 4);
      store_->flush();
      QVERIFY(read(0));  // the first chain's head is used again and again
      QVERIFY(pack_bytes_in(*files_) <= options_.limits.quota_bytes);
      QVERIFY(held({100 * i, 100 * i + 1, 100 * i + 2, 100 * i + 3}));
      for (uint32_t j = 0; j <= i; ++j) {
        const auto left = store_->find_prefix(keys_of(4, 100 * j));
        for (uint32_t n = static_cast<uint32_t>(left); n < 4; ++n) QVERIFY(!held({100 * j + n}));
      }
    }
    const auto stats = store_->stats();
    QVERIFY(stats.saving == Saving::On);
    QVERIFY(stats.blocks >= 20);
    QVERIFY(stats.blocks_evicted >= 80);
    QCOMPARE(stats.bytes_on_disk, pack_bytes_in(*files_));
    QVERIFY(held({0}));
    reopen();
    QCOMPARE(store_->stats().blocks, stats.blocks);
  }

  void what_a_queued_block_continues_is_not_evicted() {
    options_.limits.quota_bytes = 12 * kKilobyteRecord;
    reopen();
    chain(0, 2);  // the oldest
    store_->flush();
    for (uint32_t i = 1; i < 8; ++i) {
      pass_time(1min);
      chain(100 * i, 1);
      store_->flush();
    }
    chain(1000, 5);
    add(2, 1);
    store_->flush();
    QVERIFY(held({0, 1, 2}));
    QVERIFY(store_->stats().blocks_evicted > 0);
  }

  void a_pinned_chain_is_never_evicted() {
    options_.limits.quota_bytes = 20 * kKilobyteRecord;
    reopen();
    chain(0, 12);
    store_->claim("dear", key_of(11));
    QVERIFY(store_->write_tail("dear", key_of(11), Bytes(700)));
    store_->pin("dear", true);
    for (uint32_t i = 1; i < 10; ++i) {
      pass_time(48h * 30);
      if (i == 5) reopen();
      chain(100 * i, 3);
      store_->flush();
      store_->tidy();
      QCOMPARE(store_->find_prefix(keys_of(12)), size_t{12});
      QVERIFY(store_->read_tail("dear").has_value());
    }
    QVERIFY(usage("dear").pinned);
    chain(5000, 12);  // more than there is beside it
    store_->flush();
    QVERIFY(store_->stats().saving == Saving::QuotaFull);
    QVERIFY(!store_->health());
    store_->pin("dear", false);
    chain(5000, 12);
    store_->flush();
    QVERIFY(store_->health());
    QCOMPARE(store_->find_prefix(keys_of(12, 5000)), size_t{12});
  }

  void what_nobody_used_for_its_time_to_live_is_deleted() {
    chain(0, 4);
    store_->flush();
    pass_time(24h * 29);
    QVERIFY(read(0) && read(1));
    pass_time(24h * 2);
    reopen();  // uses are remembered
    chain(100, 2);
    store_->flush();
    store_->tidy();
    QVERIFY(held({0, 1, 100, 101}));
    QVERIFY(!held({2}) && !held({3}));
    QCOMPARE(store_->stats().blocks_expired, uint64_t{2});
  }

  void a_pack_that_is_mostly_dead_is_compacted_and_one_that_is_dead_is_removed() {
    chain(0, 12);
    store_->flush();
    store_->quarantine(keys_of(3, 0));  // of four in the first pack
    store_->quarantine(keys_of(4, 4));  // the second one
    store_->flush();
    store_->tidy();
    QCOMPARE(store_->stats().packs_compacted, uint64_t{1});
    QCOMPARE(store_->stats().bytes_compacted, kKilobyteRecord);
    QCOMPARE(store_->stats().packs, uint64_t{2});
    QVERIFY(pack_bytes_in(*files_) <= 2 * kPackHeaderBytes + 5 * kKilobyteRecord);
    for (const uint32_t n : {3, 8, 9, 10, 11}) QVERIFY(read(n));
    for (const auto& survivor : {files_->after_kill(), files_->after_power_loss(), without_index()}) {
      auto store = open(*survivor);
      QCOMPARE(store->stats().blocks, uint64_t{5});
      for (const uint32_t n : {3, 8, 9, 10, 11}) QVERIFY(is_record(*store, n));
    }
  }

  void compaction_that_fails_at_any_change_loses_nothing() {
    for (uint64_t at = 0;; ++at) {
      init();
      chain(0, 8);
      QVERIFY(store_->write_tail("a", key_of(7), Bytes(300)));
      store_->flush();
      store_->quarantine(keys_of(3, 0));
      store_->flush();
      const uint64_t before = files_->operations();
      files_->fail_after(at, ErrorCode::Io);
      store_->tidy();
      const bool all_passed = files_->operations() <= before + at;
      for (const auto& survivor : {files_->after_kill(), files_->after_power_loss()}) {
        auto store = open(*survivor);
        for (uint32_t n = 3; n < 8; ++n) QVERIFY(is_record(*store, n));
        for (uint32_t n = 0; n < 3; ++n) QCOMPARE(store->find_prefix(std::vector{key_of(n)}), size_t{0});
        QCOMPARE(store->read_tail("a")->size(), size_t{300});
        QCOMPARE(store->stats().blocks, uint64_t{5});
      }
      if (all_passed) break;
    }
    QCOMPARE(store_->stats().packs_compacted, uint64_t{1});
  }

  void a_pack_that_cannot_be_read_is_not_compacted() {
    chain(0, 8);
    store_->flush();
    store_->quarantine(keys_of(3, 0));
    store_->flush();
    files_->fail_reads(true);
    store_->tidy();
    files_->fail_reads(false);
    QVERIFY(store_->health());
    QCOMPARE(store_->stats().packs_compacted, uint64_t{0});
    QVERIFY(read(3));
  }

  void saving_goes_on_when_there_is_space_again() {
    for (const bool by_error : {false, true}) {
      init();
      chain(0, 2);
      store_->flush();
      if (by_error) {
        files_->fail_after(1, ErrorCode::DiskFull);
      } else {
        files_->set_free_bytes(options_.limits.min_free_bytes - 1);
      }
      chain(10, 4);
      store_->claim("a", key_of(13));
      store_->flush();
      QVERIFY(store_->stats().saving == Saving::DiskFull);
      QCOMPARE(store_->health().error().code, ErrorCode::DiskFull);
      QCOMPARE(store_->stats().blocks_dropped, uint64_t{4});
      QVERIFY(read(0) && read(1) && !held({10}));
      files_->fail_after(UINT64_MAX, ErrorCode::Io);
      files_->set_free_bytes(uint64_t{1} << 40);
      chain(10, 4);
      store_->flush();
      QVERIFY(store_->health());
      QVERIFY(store_->stats().saving == Saving::On);
      reopen();
      QVERIFY(read(0) && read(1));
      QCOMPARE(store_->find_prefix(keys_of(4, 10)), size_t{4});
      QCOMPARE(store_->stats().bytes_on_disk, pack_bytes_in(*files_));
    }
  }

  void a_full_disk_is_not_asked_again_before_its_time() {
    options_.retry_delay = 1h;
    reopen();
    files_->set_free_bytes(0);
    chain(0, 1);
    store_->flush();
    files_->set_free_bytes(uint64_t{1} << 40);
    QVERIFY(!write(0, std::nullopt));
    QVERIFY(store_->stats().saving == Saving::DiskFull);
    store_->set_limits(options_.limits);  // a person changed something: now it is
    chain(0, 1);
    store_->flush();
    QVERIFY(store_->stats().saving == Saving::On);
  }

  void the_daily_budget_holds_until_midnight_also_over_a_restart() {
    options_.limits.daily_write_bytes = 5 * kKilobyteRecord;
    reopen();
    chain(0, 4);
    store_->flush();
    reopen();
    chain(10, 2);
    store_->flush();
    QVERIFY(store_->stats().saving == Saving::DailyBudget);
    QVERIFY(store_->health());
    QCOMPARE(store_->stats().bytes_written_today, 4 * kKilobyteRecord);
    QVERIFY(!held({10}));
    pass_time(24h);
    QCOMPARE(store_->stats().bytes_written_today, uint64_t{0});
    chain(10, 2);
    store_->flush();
    QVERIFY(store_->stats().saving == Saving::On);
    QVERIFY(held({10, 11}));
  }

  void a_smaller_quota_takes_effect_at_once() {
    chain(0, 20);
    store_->flush();
    auto limits = options_.limits;
    limits.quota_bytes = 10 * kKilobyteRecord;
    store_->set_limits(limits);
    store_->tidy();
    QVERIFY(pack_bytes_in(*files_) <= limits.quota_bytes);
    const size_t left = store_->find_prefix(keys_of(20));
    QVERIFY(left >= 5 && left < 10);
    QCOMPARE(store_->stats().blocks, left);
    QCOMPARE(store_->stats().quota_bytes, limits.quota_bytes);
  }

  void what_was_saved_is_counted_for_the_owner_and_in_all() {
    store_->report_reuse("a", 6400, 12s);
    store_->report_reuse("b", 100, 1s);
    store_->report_reuse("a", 64, 500ms);
    store_->flush();
    reopen();
    QCOMPARE(usage("a").reused_tokens, uint64_t{6464});
    QCOMPARE(usage("a").saved_ms, uint64_t{12500});
    QVERIFY(usage("a").last_used == time_.load());
    QCOMPARE(store_->stats().reused_tokens, uint64_t{6564});
    store_->release("a");
    QCOMPARE(store_->stats().saved_ms, uint64_t{13500});
  }

  void clearing_leaves_nothing_but_the_totals() {
    chain(0, 10);
    store_->claim("a", key_of(9));
    store_->pin("a", true);
    store_->report_reuse("a", 10, 1s);
    store_->flush();
    chain(100, 2);  // queued
    store_->clear();
    QCOMPARE(store_->find_prefix(keys_of(10)), size_t{0});
    store_->flush();
    QCOMPARE(pack_bytes_in(*files_), uint64_t{0});
    for (int reopened = 0; reopened < 2; ++reopened) {
      QCOMPARE(store_->stats().blocks, uint64_t{0});
      QVERIFY(!held({100}));
      QVERIFY(store_->usage().empty());
      QCOMPARE(store_->stats().reused_tokens, uint64_t{10});
      reopen();
    }
    chain(0, 10);
    QCOMPARE(store_->find_prefix(keys_of(10)), size_t{10});
  }

 private:
  void pass_time(std::chrono::system_clock::duration time) { time_ = time_.load() + time; }
  std::unique_ptr<DiskBlockStore> open(FileSystem& files) {
    auto store = DiskBlockStore::open(kFolder, files, options_);
    if (!store) qFatal("%s", store.error().message.c_str());
    return std::move(*store);
  }
  void reopen() {
    store_.reset();
    store_ = open(*files_);
  }
  /// The packs alone.
  std::unique_ptr<FaultyFileSystem> without_index() {
    auto survivor = files_->after_kill();
    const auto paths = *survivor->list(kFolder);
    for (const auto& path : paths) {
      if (!pack_number(path)) (void)survivor->remove(path);
    }
    return survivor;
  }

  static Bytes kilobyte(uint32_t n) {
    Bytes bytes = record_of(n);
    bytes.resize(1000, static_cast<std::byte>(n));
    return bytes;
  }
  bool write(uint32_t n, std::optional<uint32_t> parent) {
    return store_->write(key_of(n), parent ? key_of(*parent) : BlockKey{}, kilobyte(n));
  }
  void add(uint32_t n, uint32_t parent) { QVERIFY(write(n, parent)); }
  void chain(uint32_t first, uint32_t count) {
    for (uint32_t n = first; n < first + count; ++n) {
      QVERIFY(write(n, n == first ? std::nullopt : std::optional(n - 1)));
    }
  }
  bool held(const std::vector<uint32_t>& numbers) {
    return std::ranges::all_of(numbers,
                               [&](uint32_t n) { return store_->find_prefix(std::vector{key_of(n)}) == 1; });
  }
  static bool is_record(DiskBlockStore& store, uint32_t n) { return read_record(store, n) == kilobyte(n); }
  bool read(uint32_t n) { return is_record(*store_, n); }
  BlockOwnerUsage usage(const BlockOwner& owner) {
    const auto all = store_->usage();
    const auto found = std::ranges::find(all, owner, &BlockOwnerUsage::owner);
    return found != all.end() ? *found : BlockOwnerUsage();
  }

  std::atomic<std::chrono::system_clock::time_point> time_;  ///< asked for by the writer thread too
  DiskBlockStoreOptions options_;
  std::unique_ptr<FaultyFileSystem> files_;
  std::unique_ptr<DiskBlockStore> store_;
};

QTEST_GUILESS_MAIN(DiskBlockStoreSpaceTest)
#include "disk_block_store_space_test.moc"
