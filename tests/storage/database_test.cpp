#include "storage/sqlite/database.h"

#include "storage/schema/migrations.h"
#include "storage/sqlite/transaction.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QTest>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

using namespace kvasir::storage;

namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// While it lives SQLite finds no space on any disk.
class FullDisk {
 public:
  FullDisk() { set(reinterpret_cast<sqlite3_syscall_ptr>(&fail)); }
  ~FullDisk() { set(nullptr); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  static ssize_t fail(int, const void*, size_t, off_t) {
    errno = ENOSPC;
    return -1;
  }
  /// Null: the system's own.
  static void set(sqlite3_syscall_ptr call) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    for (const char* name : {"pwrite", "pwrite64"}) vfs->xSetSystemCall(vfs, name, call);
  }
};

}  // namespace

class DatabaseTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = std::filesystem::path(folder_->path().toStdString()) / "kvasir.sqlite";
  }

  void open_uses_a_write_ahead_log_full_sync_and_foreign_keys() {
    auto database = Database::open(path_);
    QVERIFY2(database, database ? "" : database.error().message.c_str());
    QCOMPARE(*database->integer("PRAGMA synchronous"), int64_t{2});
    QCOMPARE(*database->integer("PRAGMA foreign_keys"), int64_t{1});
    QCOMPARE(*database->integer("PRAGMA trusted_schema"), int64_t{0});
    QVERIFY(*database->integer("PRAGMA busy_timeout") > 0);
    auto mode = database->prepare("PRAGMA journal_mode");
    QVERIFY(*mode->step());
    QCOMPARE(mode->text(0), std::string("wal"));
  }

  void only_the_owner_can_read_the_file() {
    auto database = Database::open(path_);
    QVERIFY(migrate(*database));
    for (const char* suffix : {"", "-wal", "-shm"}) {
      struct stat status = {};
      QCOMPARE(::stat((path_.string() + suffix).c_str(), &status), 0);
      QCOMPARE(status.st_mode & 077, mode_t{0});
    }
  }

  void values_of_every_type_come_back_as_they_were_bound() {
    auto database = Database::open(path_);
    QVERIFY(database->execute("CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB, n INTEGER) STRICT"));
    const std::vector<std::byte> blob = {std::byte{0}, std::byte{255}};
    const std::string text("a\0ü", 4);
    QVERIFY(database->run("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", int64_t{-5}, 0.25,
                          std::string_view(text), blob, std::optional<int64_t>()));
    QVERIFY(database->run("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", INT64_MAX, -1e300, std::string_view(),
                          std::vector<std::byte>(), std::optional<int64_t>(7)));
    auto rows = database->prepare("SELECT i, r, s, b, n FROM t ORDER BY i");
    QVERIFY(*rows->step());
    QCOMPARE(rows->integer(0), int64_t{-5});
    QCOMPARE(rows->real(1), 0.25);
    QVERIFY(rows->text(2) == text);
    QVERIFY(std::ranges::equal(rows->blob(3), blob));
    QVERIFY(rows->is_null(4));
    QVERIFY(*rows->step());
    QCOMPARE(rows->integer(0), INT64_MAX);
    QVERIFY(rows->text(2).empty());
    QVERIFY(!rows->is_null(2));
    QVERIFY(rows->blob(3).empty());
    QVERIFY(!rows->is_null(3));
    QCOMPARE(rows->integer(4), int64_t{7});
    QVERIFY(!*rows->step());
  }

  void a_parameter_that_does_not_exist_is_an_error_of_the_run() {
    auto database = Database::open(path_);
    QVERIFY(!database->run("SELECT ?1", int64_t{1}, int64_t{2}));
  }

  void a_transaction_that_was_not_committed_leaves_nothing() {
    auto database = Database::open(path_);
    QVERIFY(database->execute("CREATE TABLE t (i)"));
    {
      auto transaction = Transaction::begin(*database);
      QVERIFY(transaction);
      QVERIFY(database->execute("INSERT INTO t VALUES (1)"));
    }
    QCOMPARE(*database->integer("SELECT count(*) FROM t"), int64_t{0});
    {
      auto transaction = Transaction::begin(*database);
      QVERIFY(database->execute("INSERT INTO t VALUES (1)"));
      QVERIFY(transaction->commit());
    }
    QCOMPARE(*database->integer("SELECT count(*) FROM t"), int64_t{1});
  }

  void a_full_disk_is_told_and_rolls_back() {
    auto database = Database::open(path_);
    QVERIFY(database->execute("CREATE TABLE t (b)"));
    QVERIFY(database->execute("PRAGMA max_page_count = 8"));
    auto transaction = Transaction::begin(*database);
    auto written = database->run("INSERT INTO t VALUES (zeroblob(?1))", int64_t{1} << 20);
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::DiskFull);
    QVERIFY(written.error().message.find(path_.string()) != std::string::npos);
    QCOMPARE(*database->integer("SELECT count(*) FROM t"), int64_t{0});
  }

  void a_disk_too_full_to_open_it_is_told() {
    QVERIFY(Database::open(path_)->execute("CREATE TABLE t (b)"));
    const FullDisk full;
    auto database = Database::open(path_);
    const auto read =
        database ? database->integer("SELECT count(*) FROM t") : tl::unexpected(database.error());
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::DiskFull);
    QVERIFY(read.error().message.find(path_.string()) != std::string::npos);
  }

  void migrating_creates_the_newest_schema_and_again_changes_nothing() {
    auto database = Database::open(path_);
    QVERIFY(migrate(*database));
    QCOMPARE(*database->integer("PRAGMA user_version"), int64_t{migrations().back().version});
    QCOMPARE(*database->integer("PRAGMA application_id"), kApplicationId);
    const int64_t schema = *database->integer("PRAGMA schema_version");
    QVERIFY(migrate(*database));
    QCOMPARE(*database->integer("PRAGMA schema_version"), schema);
  }

  void migrations_are_numbered_from_one_without_gaps() {
    int expected = 1;
    for (const Migration& step : migrations()) QCOMPARE(step.version, expected++);
  }

  void the_document_lists_every_table_and_column() {
    auto database = Database::open(path_);
    QVERIFY(migrate(*database));
    std::string actual;  // but for what FTS5 keeps for itself
    auto columns = database->prepare(
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT GLOB '*_search_*' "
        "ORDER BY t.name, c.cid");
    while (*columns->step()) actual += columns->text(0) + "." + columns->text(1) + "\n";
    QVERIFY(!actual.empty());

    std::map<std::string, std::string> documented;
    std::ifstream in(KVASIR_STORAGE_FORMATS_DIR "/database.md");
    std::string table;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("## ")) table = line.substr(3);
      if (!line.starts_with("| ") || line.starts_with("| ---") || line.starts_with("| column ")) continue;
      documented[table] += table + "." + line.substr(2, line.find(' ', 2) - 2) + "\n";
    }
    std::string expected;
    for (const auto& [name, lines] : documented) expected += lines;
    QCOMPARE(actual, expected);
  }

  void a_migration_that_fails_leaves_the_version_before_it() {
    constexpr std::array steps = {
        Migration{1, "CREATE TABLE a (x)"},
        Migration{2, "CREATE TABLE b (x); INSERT INTO a VALUES (1); INSERT INTO missing VALUES (1)"},
    };
    auto database = Database::open(path_);
    QVERIFY(!migrate(*database, steps));
    QCOMPARE(*database->integer("PRAGMA user_version"), int64_t{1});
    QCOMPARE(*database->integer("SELECT count(*) FROM a"), int64_t{0});
    QVERIFY(!database->prepare("SELECT * FROM b"));
    constexpr std::array repaired = {steps[0], Migration{2, "CREATE TABLE b (x)"}};
    QVERIFY(migrate(*database, repaired));
    QCOMPARE(*database->integer("PRAGMA user_version"), int64_t{2});
  }

  void a_newer_file_is_refused_and_left_as_it_is() {
    {
      auto database = Database::open(path_);
      QVERIFY(migrate(*database));
      QVERIFY(database->execute("PRAGMA user_version = 999"));
    }
    const std::string before = slurp(path_);
    {
      auto database = Database::open(path_);
      QVERIFY(database);
      auto migrated = migrate(*database);
      QVERIFY(!migrated);
      QCOMPARE(migrated.error().code, ErrorCode::TooNew);
      QVERIFY(migrated.error().message.find(path_.string()) != std::string::npos);
    }
    QVERIFY(slurp(path_) == before);
  }

  void a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    std::mt19937 random(7);
    std::string noise(10000, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    const std::array<std::string, 4> contents = {"x", "Dear diary, this is a text file.\n", noise,
                                                 "SQLite format 3" + std::string(1, '\0') + noise};
    for (const std::string& bytes : contents) {
      spill(path_, bytes);
      auto database = Database::open(path_);
      QVERIFY(!database);
      QCOMPARE(database.error().code, ErrorCode::Corrupt);
      QVERIFY(database.error().message.find(path_.string()) != std::string::npos);
      QVERIFY(slurp(path_) == bytes);
    }
  }

  void a_database_of_another_program_is_refused_and_left_as_it_is() {
    for (const char* script : {"PRAGMA application_id = 252006673", "CREATE TABLE theirs (x)"}) {
      const std::filesystem::path other = path_.string() + ".other";
      std::filesystem::remove(other);
      {
        auto database = Database::open(other);
        QVERIFY(database->execute("PRAGMA journal_mode = DELETE"));
        QVERIFY(database->execute(script));
      }
      const std::string before = slurp(other);
      auto database = Database::open(other);
      QVERIFY(!database);
      QCOMPARE(database.error().code, ErrorCode::Corrupt);
      QVERIFY(slurp(other) == before);
    }
  }

  void a_truncated_database_is_refused() {
    make_large_database();
    const std::string whole = slurp(path_);
    QVERIFY(whole.size() > 64 * 1024);
    for (size_t size : {size_t{50}, size_t{100}, size_t{4095}, size_t{4096}, size_t{20000},
                        whole.size() - 4096, whole.size() - 1}) {
      spill(path_, whole.substr(0, size));
      auto database = Database::open(path_);
      QVERIFY2(!database, std::to_string(size).c_str());
      QCOMPARE(database.error().code, ErrorCode::Corrupt);
    }
  }

  void damage_anywhere_is_refused_or_harmless_and_never_crashes() {
    make_large_database();
    const std::string whole = slurp(path_);
    std::mt19937 random(11);
    int refused = 0;
    for (int round = 0; round < 150; ++round) {
      std::string damaged = whole;
      const size_t length = 1 + random() % 64;
      // Every second round hits the first two pages, where the header and the schema are.
      const size_t begin = random() % ((round % 2 == 0 ? size_t{8192} : whole.size()) - length);
      for (size_t i = 0; i < length; ++i) damaged[begin + i] = static_cast<char>(random());
      spill(path_, damaged);
      auto database = Database::open(path_);
      if (!database) {
        ++refused;
        QVERIFY(!database.error().message.empty());
        continue;
      }
      (void)migrate(*database);
      auto rows = database->prepare("SELECT * FROM settings");
      if (rows) (void)rows->run();
    }
    QVERIFY(refused > 0);
  }

  void a_missing_folder_is_named() {
    const auto path = path_.parent_path() / "missing" / "kvasir.sqlite";
    auto database = Database::open(path);
    QVERIFY(!database);
    QCOMPARE(database.error().code, ErrorCode::Io);
    QVERIFY(database.error().message.find(path.string()) != std::string::npos);
  }

 private:
  void make_large_database() {
    std::filesystem::remove(path_);
    auto database = Database::open(path_);
    QVERIFY(migrate(*database));
    for (int i = 0; i < 300; ++i) {
      QVERIFY(database->run("INSERT INTO settings VALUES (?1, ?2)", std::string_view(std::to_string(i)),
                            std::string_view(std::string(500, 'v'))));
    }
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::filesystem::path path_;
};

QTEST_GUILESS_MAIN(DatabaseTest)
#include "database_test.moc"
