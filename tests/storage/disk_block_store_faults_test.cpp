#include "storage/kv/disk_block_store.h"
#include "storage/kv/pack_format.h"
#include "tests/storage/block_records.h"
#include "tests/support/faulty_file_system.h"

#include <QTest>
#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <string>

using namespace kvasir::storage;
using namespace kvasir::storage::testing;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kFolder = "/kv";
const std::filesystem::path kFirst = kFolder / "000001.pack";
const std::filesystem::path kSecond = kFolder / "000002.pack";

DiskBlockStoreOptions small_packs() {
  DiskBlockStoreOptions options;
  options.group_delay = 1h;
  options.pack_bytes = 2500;
  return options;
}

std::unique_ptr<DiskBlockStore> open_store(FileSystem& files) {
  auto store = DiskBlockStore::open(kFolder, files, small_packs());
  if (!store) qFatal("%s", store.error().message.c_str());
  return std::move(*store);
}

/// Nothing wrong is returned, and no record is there without its parent.
bool is_sound(DiskBlockStore& store, uint32_t count) {
  for (uint32_t n = count; n-- > 0;) {
    const auto record = read_record(store, n);
    if (!record) continue;
    if (*record != record_of(n)) return false;
    if (n > 0 && store.find_prefix(std::vector{parent_of(n)}) == 0) return false;
  }
  return true;
}

/// After whatever happened: new records are taken, and are there after the next start.
bool goes_on(FileSystem& files, uint32_t count) {
  {
    auto store = open_store(files);
    for (uint32_t n = 0; n < count; ++n) {
      if (!write_record(*store, n)) return false;
    }
    store->flush();
    // Payloads that were damaged are found out by the first reading, and then written anew.
    for (uint32_t attempt = 0; attempt < 2 * count; ++attempt) {
      const int64_t right = read_chain(*store, count);
      if (right < 0) return false;
      if (right < count && !write_record(*store, static_cast<uint32_t>(right))) return false;
    }
  }
  auto store = open_store(files);
  return read_chain(*store, count) == count;
}

/// What the fault tests do to the disk: ten records in four groups over several packs, one of them
/// quarantined. Returns how many were flushed while all was well.
uint32_t work(FileSystem& files) {
  auto opened = DiskBlockStore::open(kFolder, files, small_packs());
  if (!opened) return 0;
  DiskBlockStore& store = **opened;
  uint32_t flushed = 0;
  for (uint32_t n = 0; n < 10; ++n) {
    write_record(store, n);
    if (n % 3 != 2) continue;
    store.flush();
    if (store.health()) flushed = n + 1;
  }
  store.flush();
  store.quarantine(key_of(9));
  store.flush();
  return flushed;
}

}  // namespace

class DiskBlockStoreFaultsTest : public QObject {
  Q_OBJECT

 private slots:
  void a_pack_cut_anywhere_in_its_last_record_gives_exactly_the_complete_ones() {
    const Bytes two = pack_of(2);
    const Bytes three = pack_of(3);
    std::set<size_t> sizes = {three.size() - 1, three.size()};
    for (size_t i = 0; i <= kRecordHeaderBytes; ++i) sizes.insert(two.size() + i);
    for (size_t size = two.size(); size < three.size(); size += 13) sizes.insert(size);
    for (const size_t size : sizes) {
      FaultyFileSystem files;
      files.set_contents(kFirst, {three.begin(), three.begin() + static_cast<std::ptrdiff_t>(size)});
      const int64_t complete = size == three.size() ? 3 : 2;
      {
        auto store = open_store(files);
        QCOMPARE(store->stats().blocks, static_cast<uint64_t>(complete));
        QCOMPARE(read_chain(*store, 3), complete);
        QCOMPARE(files.contents(kFirst).size(), complete == 3 ? three.size() : two.size());
        QVERIFY(write_record(*store, 2));
      }
      QVERIFY(files.contents(kFirst) == three);
    }
  }

  void a_flip_in_any_byte_never_gives_a_wrong_record() {
    const Bytes whole = pack_of(3);
    const size_t begin = pack_of(1).size();
    const size_t end = pack_of(2).size();
    const size_t payload_end = begin + kRecordHeaderBytes + record_of(1).size();
    std::mt19937 random(5);
    // Every byte of the header, and some of the payload.
    for (size_t at = begin; at < end; at += at < begin + kRecordHeaderBytes ? 1 : 11) {
      FaultyFileSystem files;
      Bytes damaged = whole;
      damaged[at] ^= static_cast<std::byte>(1 + random() % 255);
      files.set_contents(kFirst, damaged);
      {
        auto store = open_store(files);
        const auto other = read_record(*store, 0);
        const auto hit = read_record(*store, 1);
        const auto next = read_record(*store, 2);
        QVERIFY(other == record_of(0));
        QVERIFY(!next || *next == record_of(2));
        // Only the padding does not matter.
        QCOMPARE(hit.has_value(), at >= payload_end);
        const bool in_header = at < begin + kRecordHeaderBytes;
        const bool in_state = at >= begin + kStateOffset && at < begin + kKeyOffset;
        QCOMPARE(next.has_value(), !in_header || in_state);
      }
      QVERIFY(goes_on(files, 4));
    }
  }

  void a_record_with_a_wrong_checksum_is_quarantined_for_good() {
    FaultyFileSystem files;
    Bytes pack = pack_of(3);
    pack[kPackHeaderBytes + kRecordHeaderBytes] ^= std::byte{1};
    files.set_contents(kFirst, pack);
    {
      auto store = open_store(files);
      QCOMPARE(store->find_prefix(keys_of(3)), size_t{3});
      QCOMPARE(read_chain(*store, 3), int64_t{0});
      QCOMPARE(store->find_prefix(keys_of(3)), size_t{0});
      QVERIFY(store->health());
    }
    auto survivor = files.after_power_loss();
    auto store = open_store(*survivor);
    QCOMPARE(store->find_prefix(keys_of(3)), size_t{0});
    QCOMPARE(store->stats().blocks, uint64_t{2});
    QVERIFY(write_record(*store, 0));
    QCOMPARE(read_chain(*store, 3), int64_t{3});
  }

  void swapped_payloads_are_not_returned() {
    Bytes pack = pack_header();
    const Bytes first(100, std::byte{1});
    const Bytes second(100, std::byte{2});
    append_encoded(pack, header_of(key_of(0), {}, second), first);
    append_encoded(pack, header_of(key_of(1), key_of(0), first), second);
    FaultyFileSystem files;
    files.set_contents(kFirst, pack);
    auto store = open_store(files);
    QVERIFY(!read_record(*store, 0));
    QVERIFY(!read_record(*store, 1));
  }

  void garbage_ends_a_pack_which_is_left_as_it_is_and_the_next_packs_are_read() {
    for (const std::byte filler : {std::byte{0}, std::byte{0xA5}}) {
      FaultyFileSystem files;
      Bytes first = pack_of(2);
      first.resize(first.size() + 300, filler);
      append_encoded(first, 2);
      files.set_contents(kFirst, first);
      files.set_contents(kSecond, pack_of(2, 3));
      {
        auto store = open_store(files);
        QCOMPARE(store->stats().blocks, uint64_t{4});
        QVERIFY(!read_record(*store, 2));
        QVERIFY(read_record(*store, 3) == record_of(3));
        QVERIFY(write_record(*store, 2));
        QVERIFY(write_record(*store, 5));
      }
      QVERIFY(files.contents(kFirst) == first);
      QCOMPARE(read_chain(*open_store(files), 6), int64_t{6});
    }
  }

  void a_damaged_newest_pack_is_followed_by_another() {
    FaultyFileSystem files;
    Bytes first = pack_of(2);
    first.resize(first.size() + 300);
    files.set_contents(kFirst, first);
    {
      auto store = open_store(files);
      QVERIFY(write_record(*store, 2));
    }
    QVERIFY(files.contents(kFirst) == first);
    QVERIFY(records_in(files.contents(kSecond)) == records_in(pack_of(1, 2)));
  }

  void a_pack_of_another_version_is_ignored_and_left_as_it_is() {
    FaultyFileSystem files;
    Bytes first = pack_of(2);
    first[kPackVersionOffset] = std::byte{kPackFormatVersion + 1};
    first.resize(first.size() + 7);
    files.set_contents(kFirst, first);
    {
      auto store = open_store(files);
      QCOMPARE(store->stats().packs_skipped, uint64_t{1});
      QCOMPARE(store->stats().blocks, uint64_t{0});
      QVERIFY(write_record(*store, 0));
    }
    QVERIFY(files.contents(kFirst) == first);
    QVERIFY(records_in(files.contents(kSecond)) == records_in(pack_of(1)));
  }

  void of_two_records_with_one_key_the_first_is_used() {
    FaultyFileSystem files;
    Bytes pack = pack_of(1);
    const Bytes other(50, std::byte{9});
    append_encoded(pack, header_of(key_of(0), {}, other), other);
    files.set_contents(kFirst, pack);
    files.set_contents(kSecond, pack);
    auto store = open_store(files);
    QCOMPARE(store->stats().blocks, uint64_t{1});
    QVERIFY(read_record(*store, 0) == record_of(0));
  }

  void a_header_that_claims_an_absurd_length_is_not_believed() {
    for (const uint64_t length : {kMaxPayloadBytes + 1, UINT64_MAX, UINT64_MAX - 63, uint64_t{1} << 63}) {
      FaultyFileSystem files;
      Bytes pack = pack_of(1);
      RecordHeader absurd = header_of(key_of(1), key_of(0), {});
      absurd.payload_bytes = length;
      const HeaderBytes header = encode_header(absurd);
      pack.insert(pack.end(), header.begin(), header.end());
      files.set_contents(kFirst, pack);
      auto store = open_store(files);
      QCOMPARE(store->stats().blocks, uint64_t{1});
      QVERIFY(files.contents(kFirst) == pack);
    }
  }

  void random_files_are_survived() {
    std::mt19937 random(17);
    for (int round = 0; round < 200; ++round) {
      FaultyFileSystem files;
      Bytes pack = pack_of(4);
      const size_t hits = 1 + random() % 40;
      for (size_t i = 0; i < hits; ++i) pack[random() % pack.size()] = static_cast<std::byte>(random());
      pack.resize(random() % (pack.size() + 100));
      files.set_contents(kFirst, pack);
      {
        auto store = open_store(files);
        for (uint32_t n = 0; n < 4; ++n) {
          const auto record = read_record(*store, n);
          QVERIFY(!record || *record == record_of(n));
        }
      }
      QVERIFY(goes_on(files, 5));
    }
  }

  void an_unreadable_pack_is_skipped() {
    FaultyFileSystem files;
    files.set_contents(kFirst, pack_of(2));
    files.set_contents(kSecond, pack_of(2, 2));
    files.make_unreadable(kSecond);
    auto store = open_store(files);
    QCOMPARE(store->stats().packs_skipped, uint64_t{1});
    QCOMPARE(read_chain(*store, 4), int64_t{2});
    QVERIFY(write_record(*store, 2));
    store->flush();
    QVERIFY(store->health());
    QVERIFY(files.contents(kSecond) == pack_of(2, 2));
  }

  void a_read_only_pack_is_read_but_neither_appended_to_nor_marked() {
    FaultyFileSystem files;
    Bytes pack = pack_of(2);
    pack[kPackHeaderBytes + kRecordHeaderBytes] ^= std::byte{1};
    files.set_contents(kFirst, pack);
    files.make_read_only(kFirst);
    auto store = open_store(files);
    QVERIFY(read_record(*store, 1) == record_of(1));
    QVERIFY(!read_record(*store, 0));
    QCOMPARE(store->find_prefix(keys_of(2)), size_t{0});
    QVERIFY(write_record(*store, 0));
    store->flush();
    QVERIFY(store->health());
    QCOMPARE(read_chain(*store, 2), int64_t{2});
    QVERIFY(files.contents(kFirst) == pack);
  }

  void an_input_error_is_a_miss_that_passes() {
    FaultyFileSystem files;
    files.set_contents(kFirst, pack_of(2));
    auto store = open_store(files);
    files.fail_reads(true);
    QCOMPARE(read_chain(*store, 2), int64_t{0});
    files.fail_reads(false);
    QCOMPARE(read_chain(*store, 2), int64_t{2});
    QVERIFY(store->health());
  }

  void an_input_error_while_opening_skips_the_pack() {
    FaultyFileSystem files;
    files.set_contents(kFirst, pack_of(2));
    files.fail_reads(true);
    auto store = open_store(files);
    QCOMPARE(store->stats().packs_skipped, uint64_t{1});
    QVERIFY(write_record(*store, 0));
    store->flush();
    QVERIFY(files.contents(kFirst) == pack_of(2));
  }

  void a_pack_shortened_while_it_is_open_gives_misses() {
    FaultyFileSystem files;
    files.set_contents(kFirst, pack_of(3));
    auto store = open_store(files);
    const auto file = *files.open(kFirst, false);
    QVERIFY(file->truncate(pack_of(1).size() + 10));
    QCOMPARE(read_chain(*store, 3), int64_t{1});
    QVERIFY(!read_record(*store, 2));
  }

  void what_was_not_synced_does_not_survive_a_power_loss_and_what_was_does() {
    FaultyFileSystem files;
    auto store = open_store(files);
    for (uint32_t n = 0; n < 8; ++n) QVERIFY(write_record(*store, n));
    QCOMPARE(read_chain(*open_store(*files.after_power_loss()), 8), int64_t{0});
    store->flush();
    QCOMPARE(read_chain(*open_store(*files.after_power_loss()), 8), int64_t{8});
  }

  void a_failure_at_any_change_loses_at_most_what_was_not_flushed() {
    FaultyFileSystem healthy;
    QCOMPARE(work(healthy), 9U);
    const uint64_t operations = healthy.operations();
    QVERIFY(operations > 30);
    for (const auto& [code, failures] :
         {std::pair(ErrorCode::Io, uint64_t{1}), std::pair(ErrorCode::DiskFull, UINT64_MAX)}) {
      for (uint64_t at = 0; at < operations; ++at) {
        FaultyFileSystem files;
        files.fail_after(at, code, failures);
        const uint32_t flushed = work(files);
        for (const auto& survivor : {files.after_power_loss(), files.after_kill()}) {
          auto store = open_store(*survivor);
          QVERIFY(is_sound(*store, 10));
          QVERIFY(read_chain(*store, 10) >= static_cast<int64_t>(flushed));
        }
      }
    }
  }

  void power_lost_at_any_change_in_any_order_never_gives_a_wrong_record() {
    FaultyFileSystem healthy;
    work(healthy);
    const uint64_t operations = healthy.operations();
    std::mt19937 random(23);
    for (uint64_t at = 0; at <= operations; ++at) {
      FaultyFileSystem files;
      files.fail_after(at, ErrorCode::Io);
      const uint32_t flushed = work(files);
      const auto survivor = files.after_power_loss(random);
      {
        auto store = open_store(*survivor);
        QVERIFY(is_sound(*store, 10));
        QVERIFY(read_chain(*store, 10) >= static_cast<int64_t>(flushed));
      }
      QVERIFY(goes_on(*survivor, 12));
    }
  }

  void a_failed_sync_ends_writing_and_says_so() {
    FaultyFileSystem files;
    auto store = open_store(files);
    for (uint32_t n = 0; n < 3; ++n) QVERIFY(write_record(*store, n));
    store->flush();
    files.fail_after(3, ErrorCode::Io, 1);  // header, payload and padding pass, the sync does not
    QVERIFY(write_record(*store, 3));
    store->flush();
    QVERIFY(!store->health());
    QCOMPARE(store->health().error().code, ErrorCode::Io);
    QCOMPARE(store->stats().blocks, uint64_t{3});
    QCOMPARE(store->stats().blocks_dropped, uint64_t{1});
    const Bytes pack = files.contents(kFirst);
    QVERIFY(!write_record(*store, 3));
    store->quarantine(key_of(2));
    QCOMPARE(read_chain(*store, 4), int64_t{2});
    store.reset();
    QVERIFY(files.contents(kFirst) == pack);
  }

  void the_last_of_a_disk_is_left_free() {
    FaultyFileSystem files;
    const uint64_t stays_free = small_packs().limits.min_free_bytes;
    {
      auto store = open_store(files);
      files.set_free_bytes(stays_free + records_in(pack_of(2)).size());
      QVERIFY(write_record(*store, 0) && write_record(*store, 1));
      store->flush();
      QVERIFY(store->health());
      files.set_free_bytes(stays_free + records_in(pack_of(1, 2)).size() - 1);
      QVERIFY(write_record(*store, 2));
      store->flush();
      QVERIFY(!store->health());
      QVERIFY(store->health().error().code == ErrorCode::DiskFull);
      QCOMPARE(read_chain(*store, 3), int64_t{2});
    }
    QVERIFY(records_in(files.contents(kFirst)) == records_in(pack_of(2)));
    files.set_free_bytes(0);
    auto store = open_store(files);
    QCOMPARE(read_chain(*store, 2), int64_t{2});
  }

  void a_full_disk_ends_writing_says_so_and_drops_what_is_queued() {
    FaultyFileSystem files;
    auto store = open_store(files);
    QVERIFY(write_record(*store, 0));
    store->flush();
    files.fail_after(1, ErrorCode::DiskFull);
    for (uint32_t n = 1; n < 6; ++n) QVERIFY(write_record(*store, n));
    store->flush();
    QCOMPARE(store->health().error().code, ErrorCode::DiskFull);
    QCOMPARE(store->stats().blocks_dropped, uint64_t{5});
    QVERIFY(!write_record(*store, 1));
    QCOMPARE(store->stats().blocks_dropped, uint64_t{6});
    QCOMPARE(read_chain(*store, 6), int64_t{1});
    store.reset();
    files.fail_after(UINT64_MAX, ErrorCode::Io);
    QVERIFY(goes_on(files, 6));
  }
};

QTEST_GUILESS_MAIN(DiskBlockStoreFaultsTest)
#include "disk_block_store_faults_test.moc"
