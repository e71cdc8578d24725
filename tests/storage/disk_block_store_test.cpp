#include "storage/kv/disk_block_store.h"

#include "storage/kv/pack.h"
#include "tests/storage/block_records.h"
#include "tests/support/faulty_file_system.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

using namespace kvasir::storage;
using namespace kvasir::storage::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kWriteForever = "--write-forever";
const std::filesystem::path kFolder = "/kv";

/// Records are written when they are flushed, not by the clock.
DiskBlockStoreOptions patient() {
  DiskBlockStoreOptions options;
  options.group_delay = 1h;
  return options;
}

std::unique_ptr<DiskBlockStore> open_store(FileSystem& files, const std::filesystem::path& folder = kFolder,
                                           const DiskBlockStoreOptions& options = patient()) {
  auto store = DiskBlockStore::open(folder, files, options);
  if (!store) qFatal("%s", store.error().message.c_str());
  return std::move(*store);
}

std::vector<std::filesystem::path> packs_in(FileSystem& files) {
  auto paths = *files.list(kFolder);
  std::erase_if(paths, [](const auto& path) { return !pack_number(path); });
  return paths;
}

/// The life of the child process that is killed.
int write_forever(const char* folder) {
  DiskBlockStoreOptions options;
  options.group_delay = 1ms;
  options.pack_bytes = 20000;
  auto store = DiskBlockStore::open(folder, posix_file_system(), options);
  if (!store) return 1;
  const auto start = static_cast<uint32_t>((*store)->find_prefix(keys_of(100000)));
  for (uint32_t n = start;; ++n) {
    if (!write_record(**store, n)) return 1;
    if (n % 16 == 0) (*store)->flush();
    if (n == start + 64 && write(STDOUT_FILENO, "x", 1) != 1) return 1;
  }
}

}  // namespace

/// Another process, which writes to a store for ever.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& folder) {
    if (pipe(output_) != 0) return;
    child_ = fork();
    if (child_ == 0) {
      dup2(output_[1], STDOUT_FILENO);
      execl("/proc/self/exe", "writer", kWriteForever.data(), folder.c_str(), nullptr);
      _exit(1);
    }
    close(output_[1]);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    kill();
    close(output_[0]);
  }

  /// Waits until it has something on the disk.
  bool has_flushed() const {
    char byte = 0;
    return child_ > 0 && read(output_[0], &byte, 1) == 1;
  }
  /// Whether it was alive until now.
  bool kill() {
    if (child_ <= 0) return false;
    const pid_t child = std::exchange(child_, -1);
    ::kill(child, SIGKILL);
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
  }

 private:
  int output_[2] = {-1, -1};
  pid_t child_ = -1;
};

class DiskBlockStoreTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    folder_ = std::filesystem::path(temporary_->path().toStdString()) / "profile" / "kv";
  }

  void records_come_back_as_they_were_written_before_and_after_a_restart() {
    {
      auto store = open_store(posix_file_system(), folder_);
      for (uint32_t n = 0; n < 50; ++n) QVERIFY(write_record(*store, n));
      QCOMPARE(read_chain(*store, 50), int64_t{50});
      QCOMPARE(store->stats().blocks, uint64_t{0});
      store->flush();
      QCOMPARE(store->stats().blocks, uint64_t{50});
      QCOMPARE(store->stats().blocks_written, uint64_t{50});
      QCOMPARE(read_chain(*store, 50), int64_t{50});
    }
    auto store = open_store(posix_file_system(), folder_);
    QCOMPARE(store->find_prefix(keys_of(60)), size_t{50});
    QCOMPARE(read_chain(*store, 60), int64_t{50});
    QCOMPARE(store->stats().blocks, uint64_t{50});
    QCOMPARE(store->stats().bytes_on_disk, std::filesystem::file_size(folder_ / "000001.pack"));
    QVERIFY(store->health());
  }

  void an_empty_and_a_large_record_come_back() {
    const BlockKey empty = key_of(1);
    const BlockKey large = key_of(2);
    Bytes payload(5000000, std::byte{0x5A});
    payload.back() = std::byte{1};
    {
      auto store = open_store(posix_file_system(), folder_);
      QVERIFY(store->write(empty, {}, {}));
      QVERIFY(store->write(large, empty, payload));
    }
    auto store = open_store(posix_file_system(), folder_);
    QVERIFY(read_record(*store, 1) == Bytes());
    QVERIFY(read_record(*store, 2) == payload);
  }

  void a_prefix_ends_at_the_first_gap() {
    FaultyFileSystem files;
    auto store = open_store(files);
    for (uint32_t n = 0; n < 3; ++n) QVERIFY(write_record(*store, n));
    const std::vector<BlockKey> keys = {key_of(0), key_of(1), key_of(9), key_of(2)};
    QCOMPARE(store->find_prefix(keys), size_t{2});
    QCOMPARE(store->find_prefix({}), size_t{0});
    size_t accepted = 0;
    QCOMPARE(store->read(keys, [&](size_t, auto) { return ++accepted > 0; }, {}), size_t{2});
    QCOMPARE(accepted, size_t{2});
  }

  void a_record_without_its_parent_is_refused() {
    FaultyFileSystem files;
    auto store = open_store(files);
    QVERIFY(!write_record(*store, 1));
    QVERIFY(write_record(*store, 0));
    QVERIFY(write_record(*store, 1));
    store->flush();
    QVERIFY(write_record(*store, 2));
    QVERIFY(!write_record(*store, 4));
  }

  void a_key_that_is_held_is_not_written_again() {
    FaultyFileSystem files;
    auto store = open_store(files);
    QVERIFY(write_record(*store, 0));
    QVERIFY(store->write(key_of(0), {}, Bytes(10, std::byte{1})));
    store->flush();
    const auto operations = files.operations();
    QVERIFY(store->write(key_of(0), {}, Bytes(10, std::byte{1})));
    store->flush();
    QCOMPARE(files.operations(), operations);
    QVERIFY(read_record(*store, 0) == record_of(0));
    QCOMPARE(store->stats().blocks_written, uint64_t{1});
  }

  void a_full_ring_drops_records_and_their_children_until_there_is_room() {
    FaultyFileSystem files;
    auto options = patient();
    options.ring_bytes = 1000;
    auto store = open_store(files, kFolder, options);
    QVERIFY(!store->write(key_of(0), {}, Bytes(1001)));
    QVERIFY(store->write(key_of(0), {}, Bytes(400)));  // less than half a ring waits for the clock
    QVERIFY(!store->write(key_of(1), key_of(0), Bytes(601)));
    QVERIFY(!store->write(key_of(2), key_of(1), Bytes(1)));
    QCOMPARE(store->stats().blocks_dropped, uint64_t{2});
    store->flush();
    QVERIFY(store->write(key_of(1), key_of(0), Bytes(601)));
    QVERIFY(store->health());
  }

  void packs_roll_over_and_are_read_together() {
    FaultyFileSystem files;
    auto options = patient();
    options.pack_bytes = 3000;
    {
      auto store = open_store(files, kFolder, options);
      for (uint32_t n = 0; n < 60; ++n) QVERIFY(write_record(*store, n));
    }
    const auto paths = packs_in(files);
    QVERIFY(paths.size() > 5);
    for (const auto& path : paths) QVERIFY(files.contents(path).size() <= 3000);
    auto store = open_store(files, kFolder, options);
    QCOMPARE(read_chain(*store, 60), int64_t{60});
  }

  void a_pack_with_room_is_continued_after_a_restart() {
    FaultyFileSystem files;
    for (uint32_t n = 0; n < 5; ++n) {
      auto store = open_store(files);
      QVERIFY(write_record(*store, n));
    }
    QCOMPARE(packs_in(files).size(), size_t{1});
    auto store = open_store(files);
    QCOMPARE(read_chain(*store, 5), int64_t{5});
  }

  void what_is_queued_together_is_synced_once() {
    FaultyFileSystem files;
    auto store = open_store(files);
    for (uint32_t n = 0; n < 100; ++n) QVERIFY(write_record(*store, n));
    const auto before = files.syncs();
    store->flush();
    QCOMPARE(files.syncs(),
             before + 2);  // the file and, since it is new, its folder; the index is not synced
    QVERIFY(write_record(*store, 100));
    store->flush();
    QCOMPARE(files.syncs(), before + 3);
  }

  void a_record_is_written_after_the_delay_without_a_flush() {
    FaultyFileSystem files;
    auto options = patient();
    options.group_delay = 1ms;
    auto store = open_store(files, kFolder, options);
    QVERIFY(write_record(*store, 0));
    QTRY_COMPARE(store->stats().blocks, uint64_t{1});
  }

  void reading_ends_where_the_sink_or_the_token_says_so() {
    FaultyFileSystem files;
    auto store = open_store(files);
    for (uint32_t n = 0; n < 10; ++n) QVERIFY(write_record(*store, n));
    for (const bool on_disk : {false, true}) {
      if (on_disk) store->flush();
      QCOMPARE(store->read(keys_of(10), [](size_t index, auto) { return index < 4; }, {}), size_t{4});
      std::stop_source stop;
      const auto sink = [&](size_t index, auto) {
        if (index == 6) stop.request_stop();
        return true;
      };
      QCOMPARE(store->read(keys_of(10), sink, stop.get_token()), size_t{7});
    }
  }

  void a_quarantined_record_is_never_returned_again() {
    FaultyFileSystem files;
    {
      auto store = open_store(files);
      for (uint32_t n = 0; n < 4; ++n) QVERIFY(write_record(*store, n));
      store->flush();
      store->quarantine(key_of(2));
      store->quarantine(key_of(77));
      store->flush();
      QCOMPARE(store->find_prefix(keys_of(4)), size_t{2});
      QVERIFY(!read_record(*store, 2));
    }
    for (const auto& survivor : {files.after_power_loss(), files.after_kill()}) {
      auto store = open_store(*survivor);
      QVERIFY(!read_record(*store, 2));
      QVERIFY(read_record(*store, 3) == record_of(3));
      QVERIFY(write_record(*store, 2));
      store->flush();
      QCOMPARE(read_chain(*store, 4), int64_t{4});
      store.reset();
      store = open_store(*survivor);
      QCOMPARE(read_chain(*store, 4), int64_t{4});
    }
  }

  void a_record_that_is_quarantined_in_the_queue_is_not_written_nor_are_its_children() {
    FaultyFileSystem files;
    auto store = open_store(files);
    for (uint32_t n = 0; n < 5; ++n) QVERIFY(write_record(*store, n));
    QVERIFY(store->write(key_of(50), key_of(1), record_of(50)));
    store->quarantine(key_of(2));
    QCOMPARE(store->find_prefix(keys_of(5)), size_t{2});
    store->flush();
    QCOMPARE(store->stats().blocks, uint64_t{3});
    QVERIFY(!read_record(*store, 3));
    QVERIFY(read_record(*store, 50) == record_of(50));
    for (uint32_t n = 2; n < 5; ++n) QVERIFY(write_record(*store, n));
    QCOMPARE(read_chain(*store, 5), int64_t{5});
  }

  void prefetching_anything_changes_nothing() {
    auto store = open_store(posix_file_system(), folder_);
    for (uint32_t n = 0; n < 5; ++n) QVERIFY(write_record(*store, n));
    store->prefetch(keys_of(8));
    store->flush();
    store->prefetch(keys_of(8));
    store->prefetch({});
    QCOMPARE(read_chain(*store, 5), int64_t{5});
  }

  void the_folder_may_be_deleted_between_runs_and_while_it_is_open() {
    auto options = patient();
    options.pack_bytes = 2000;
    auto store = open_store(posix_file_system(), folder_, options);
    for (uint32_t n = 0; n < 4; ++n) QVERIFY(write_record(*store, n));
    store->flush();
    std::filesystem::remove_all(folder_.parent_path());
    QCOMPARE(read_chain(*store, 4), int64_t{4});
    for (uint32_t n = 4; n < 50; ++n) write_record(*store, n);
    store->flush();
    QVERIFY(!store->health());
    QVERIFY(store->health().error().message.find(folder_.string()) != std::string::npos);
    store->quarantine(key_of(0));
    store.reset();
    store = open_store(posix_file_system(), folder_, options);
    QCOMPARE(store->stats().blocks, uint64_t{0});
    QVERIFY(write_record(*store, 0));
    store->flush();
    QVERIFY(store->health());
  }

  void a_folder_that_cannot_be_made_is_an_error_that_names_it() {
    std::filesystem::create_directories(folder_.parent_path());
    std::ofstream(folder_) << "a file in its place";
    auto store = DiskBlockStore::open(folder_, posix_file_system());
    QVERIFY(!store);
    QVERIFY(store.error().message.find(folder_.string()) != std::string::npos);
  }

  void foreign_files_in_the_folder_are_left_alone() {
    FaultyFileSystem files;
    for (const char* name :
         {"notes.txt", "1.pack", "abcdef.pack", "000001.pack.bak", "0000001.pack", "-00001.pack"}) {
      files.set_contents(kFolder / name, Bytes(300, std::byte{'x'}));
    }
    auto store = open_store(files);
    QVERIFY(write_record(*store, 0));
    store->flush();
    QVERIFY(store->health());
    QCOMPARE(files.contents(kFolder / "0000001.pack").size(), size_t{300});
    QCOMPARE(packs_in(files).size(), size_t{1});
  }

  void many_threads_may_use_it_at_once() {
    constexpr uint32_t kChain = 400;
    DiskBlockStoreOptions options;
    options.group_delay = 0ms;
    options.pack_bytes = 20000;
    auto store = open_store(posix_file_system(), folder_, options);
    std::atomic<bool> wrong = false;
    std::atomic<bool> done = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (uint32_t n = 0; n < kChain; ++n) {
          // A parent that is quarantined just now is refused and written again.
          for (uint32_t m = n; !write_record(*store, n) && m > 0;) write_record(*store, --m);
        }
      });
    }
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        while (!done) {
          if (read_chain(*store, kChain) < 0) wrong = true;
          store->prefetch(keys_of(10));
        }
      });
    }
    threads.emplace_back([&] {
      std::mt19937 random(3);
      while (!done) {
        store->quarantine(key_of(random() % kChain));
        store->flush();
        if (store->stats().blocks > kChain || !store->health()) wrong = true;
      }
    });
    threads[0].join();
    threads[1].join();
    done = true;
    for (size_t i = 2; i < threads.size(); ++i) threads[i].join();
    QVERIFY(!wrong);
    for (uint32_t n = 0; n < kChain; ++n) QVERIFY(write_record(*store, n));
    QCOMPARE(read_chain(*store, kChain), int64_t{kChain});
    store.reset();
    store = open_store(posix_file_system(), folder_, options);
    QCOMPARE(read_chain(*store, kChain), int64_t{kChain});
  }

  /// The profile's lock prevents it; where it happens nevertheless, blocks may be lost.
  void two_processes_in_one_folder_never_read_anything_wrong() {
    Writer writer(folder_);
    QVERIFY(writer.has_flushed());
    for (int round = 0; round < 10; ++round) {
      auto store = open_store(posix_file_system(), folder_);
      QVERIFY(read_chain(*store, 200) >= 0);
      for (uint32_t n = 1000; n < 1010; ++n) store->write(key_of(n), {}, record_of(n));
      store->flush();
      for (uint32_t n = 1000; n < 1010; ++n) {
        const auto record = read_record(*store, n);
        QVERIFY(!record || *record == record_of(n));
      }
    }
    QVERIFY(writer.kill());
    QVERIFY(read_chain(*open_store(posix_file_system(), folder_), 200) >= 0);
  }

  void a_kill_at_any_moment_leaves_a_chain_of_right_records() {
    uint32_t before = 0;
    for (int round = 0; round < 5; ++round) {
      Writer writer(folder_);
      QVERIFY(writer.has_flushed());
      QVERIFY(writer.kill());
      auto store = open_store(posix_file_system(), folder_);
      const auto held = static_cast<uint32_t>(store->find_prefix(keys_of(100000)));
      QCOMPARE(store->stats().blocks, uint64_t{held});
      QVERIFY(held >= before + 48);  // what the child had flushed before it reported
      QCOMPARE(read_chain(*store, held), int64_t{held});
      before = held;
    }
  }

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  std::filesystem::path folder_;
};

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == kWriteForever) return write_forever(argv[2]);
  const QCoreApplication application(argc, argv);
  DiskBlockStoreTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "disk_block_store_test.moc"
