#include "storage/fs/file_system.h"

#include "storage/fs/lock_file.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

using namespace kvasir::storage;

class FileSystemTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    temporary_ = std::make_unique<QTemporaryDir>();
    folder_ = std::filesystem::path(temporary_->path().toStdString());
    lock_ = folder_ / "lock";
  }

  void bytes_come_back_from_where_they_were_written() {
    auto file = *files_.open(folder_ / "a", true);
    std::vector<std::byte> bytes(100000);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
    QVERIFY(file->write(1000, bytes));
    QVERIFY(file->sync());
    QCOMPARE(*file->size(), uint64_t{101000});
    std::vector<std::byte> back(bytes.size());
    QVERIFY(file->read(1000, back));
    QVERIFY(back == bytes);
    file->read_ahead(0, 101000);
    QVERIFY(file->truncate(2000));
    QCOMPARE(*(*files_.open(folder_ / "a", false))->size(), uint64_t{2000});
  }

  void reading_beyond_the_end_is_corrupt_and_names_the_file() {
    auto file = *files_.open(folder_ / "short", true);
    QVERIFY(file->write(0, std::array{std::byte{1}, std::byte{2}}));
    std::array<std::byte, 3> out;
    auto read = file->read(0, out);
    QCOMPARE(read.error().code, ErrorCode::Corrupt);
    QVERIFY(read.error().message.find("short") != std::string::npos);
  }

  void a_missing_file_is_not_found_unless_it_is_created() {
    QCOMPARE(files_.open(folder_ / "none", false).error().code, ErrorCode::NotFound);
    QVERIFY(files_.open(folder_ / "none", true));
    struct stat status = {};
    QCOMPARE(::stat((folder_ / "none").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 077, mode_t{0});
    QVERIFY(files_.remove(folder_ / "none"));
    QCOMPARE(files_.remove(folder_ / "none").error().code, ErrorCode::NotFound);
  }

  void what_is_not_an_ordinary_file_is_refused() {
    QCOMPARE(files_.open(folder_, false).error().code, ErrorCode::Io);
    QCOMPARE(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    QCOMPARE(files_.open(folder_ / "pipe", false).error().code, ErrorCode::Io);
  }

  void directories_are_created_with_their_parents_and_listed() {
    const auto deep = folder_ / "x" / "y" / "z";
    QVERIFY(files_.create_directories(deep));
    QVERIFY(files_.create_directories(deep));
    QVERIFY(files_.open(deep / "1", true));
    QVERIFY(files_.open(deep / "2", true));
    QVERIFY(files_.sync_directory(deep));
    auto listed = *files_.list(deep);
    std::ranges::sort(listed);
    QVERIFY(listed == std::vector<std::filesystem::path>({deep / "1", deep / "2"}));
    QCOMPARE(files_.list(folder_ / "none").error().code, ErrorCode::NotFound);
    QVERIFY(!files_.sync_directory(folder_ / "none"));
    auto below_a_file = files_.create_directories(deep / "1" / "sub");
    QVERIFY(!below_a_file);
    QVERIFY(below_a_file.error().message.find("1") != std::string::npos);
  }

  void a_write_that_the_system_refuses_names_the_file() {
    auto file = *files_.open(folder_ / "a", true);
    auto written = file->write(uint64_t{1} << 62, std::array{std::byte{1}});
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::Io);
    QVERIFY(written.error().message.find((folder_ / "a").string()) != std::string::npos);
  }

  void a_second_lock_is_refused_in_the_same_process_and_names_the_owner() {
    auto first = LockFile::acquire(lock_);
    QVERIFY(first);
    auto second = LockFile::acquire(lock_);
    QVERIFY(!second);
    QCOMPARE(second.error().code, ErrorCode::InUse);
    QVERIFY(second.error().message.find(folder_.string() + " is in use") != std::string::npos);
    QVERIFY(second.error().message.find("(process " + std::to_string(getpid()) + ")") != std::string::npos);
  }

  void a_lock_is_free_once_its_owner_let_go() {
    { QVERIFY(LockFile::acquire(lock_)); }
    auto again = LockFile::acquire(lock_);
    QVERIFY(again);
    LockFile moved = std::move(*again);
    QVERIFY(!LockFile::acquire(lock_));
  }

  void a_lock_ends_with_its_process_even_by_kill_9() {
    int ready[2];
    QCOMPARE(pipe(ready), 0);
    const pid_t child = fork();
    QVERIFY(child >= 0);
    if (child == 0) {
      auto lock = LockFile::acquire(lock_);
      const char outcome = lock ? 'y' : 'n';
      if (write(ready[1], &outcome, 1) != 1) _exit(1);
      for (;;) pause();
    }
    char outcome = 0;
    QCOMPARE(read(ready[0], &outcome, 1), ssize_t{1});
    QCOMPARE(outcome, 'y');
    auto refused = LockFile::acquire(lock_);
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("(process " + std::to_string(child) + ")") != std::string::npos);
    kill(child, SIGKILL);
    QCOMPARE(waitpid(child, nullptr, 0), child);
    close(ready[0]);
    close(ready[1]);
    auto lock = LockFile::acquire(lock_);
    QVERIFY(lock);
    int owner = 0;
    std::ifstream(lock_) >> owner;
    QCOMPARE(owner, getpid());
  }

  void a_lock_file_that_was_removed_protects_nothing_so_another_is_made() {
    auto first = LockFile::acquire(lock_);
    QVERIFY(std::filesystem::remove(lock_));
    QVERIFY(LockFile::acquire(lock_));
  }

  void garbage_in_the_lock_file_does_not_matter() {
    std::ofstream(lock_) << "not a number";
    auto first = LockFile::acquire(lock_);
    QVERIFY(first);
    std::ofstream(lock_) << "not a number";
    auto second = LockFile::acquire(lock_);
    QVERIFY(!second);
    QVERIFY(second.error().message.find("another Kvasir. Close it") != std::string::npos);
  }

  void a_lock_in_a_missing_folder_is_an_error_that_names_it() {
    auto lock = LockFile::acquire(folder_ / "none" / "lock");
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::Io);
    QVERIFY(lock.error().message.find((folder_ / "none" / "lock").string()) != std::string::npos);
  }

 private:
  FileSystem& files_ = posix_file_system();
  std::unique_ptr<QTemporaryDir> temporary_;
  std::filesystem::path folder_;
  std::filesystem::path lock_;
};

QTEST_GUILESS_MAIN(FileSystemTest)
#include "file_system_test.moc"
