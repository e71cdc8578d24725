#include "app/services/kv_place.h"

#include "app/services/profile.h"
#include "app/services/profile_book.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace kvasir;
using namespace kvasir::app;

namespace fs = std::filesystem;

namespace {

const std::vector<storage::BlockKey> kKeys = {{std::byte{1}}, {std::byte{2}}, {std::byte{3}}};

std::unique_ptr<Profile> open(const DataFolder& folder) {
  auto profile = Profile::open(folder);
  if (!profile) qFatal("%s", profile.error().c_str());
  return std::move(*profile);
}

/// A chain of three blocks.
void keep_blocks(const DataFolder& folder) {
  const auto profile = open(folder);
  for (size_t i = 0; i < kKeys.size(); ++i)
    if (!profile->blocks()->write(kKeys[i], i == 0 ? storage::BlockKey{} : kKeys[i - 1],
                                  std::vector<std::byte>(500, std::byte{7})))
      qFatal("a block was not taken");
}

size_t kept_blocks(const DataFolder& folder) {
  const auto profile = open(folder);
  if (!profile->blocks()) return 0;
  return profile->blocks()->read(
      kKeys, [](size_t, std::span<const std::byte> block) { return block.size() == 500; }, {});
}

QStringList names_in(const fs::path& folder) {
  return QDir(QString::fromStdString(folder.string()))
      .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

void write(const fs::path& path, const QByteArray& text) {
  QFile file(QString::fromStdString(path.string()));
  if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("no file was written");
}

}  // namespace

class KvPlaceTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    scratch_ = std::make_unique<QTemporaryDir>();
    data_ = {scratch_->filePath("data").toStdString()};
    disk_ = scratch_->filePath("disk").toStdString();
    fs::create_directories(disk_);
  }

  void what_is_kept_comes_along_and_back();
  void what_is_kept_comes_along_where_the_data_folder_is_named_in_part();
  void what_is_kept_is_left_behind_if_that_is_wanted();
  void a_folder_that_is_not_there_is_told_and_not_made();
  void what_can_not_be_moved_stays_and_is_used();
  void a_place_that_can_not_be_is_refused_data();
  void a_place_that_can_not_be_is_refused();
  void a_damaged_choice_is_none_data();
  void a_damaged_choice_is_none();
  void a_copied_profile_does_not_write_into_the_others_store();
  void a_deleted_profile_takes_along_what_lies_elsewhere();

 private:
  void choose(const fs::path& chosen, FormerKv former = FormerKv::BringAlong) {
    const auto done = choose_kv_place(data_, chosen, former);
    if (!done) qFatal("%s", done.error().c_str());
  }

  std::unique_ptr<QTemporaryDir> scratch_;
  DataFolder data_;
  fs::path disk_;
};

void KvPlaceTest::what_is_kept_comes_along_and_back() {
  keep_blocks(data_);
  QCOMPARE(kv_place(data_).folder, data_.kv());
  choose(disk_);
  QCOMPARE(kept_blocks(data_), kKeys.size());
  const KvPlace place = kv_place(data_);
  QCOMPARE(place.chosen(), disk_);
  QCOMPARE(fs::status(place.folder).permissions(), fs::perms::owner_all);
  QVERIFY(names_in(place.folder).contains("000001.pack"));
  QVERIFY(!fs::exists(data_.kv()));

  choose(disk_);  // where it is already
  QCOMPARE(kv_place(data_).folder, place.folder);
  QCOMPARE(kept_blocks(data_), kKeys.size());

  choose({});
  QCOMPARE(kept_blocks(data_), kKeys.size());
  QVERIFY(!kv_place(data_).is_chosen);
  QVERIFY(names_in(disk_).isEmpty());
  QVERIFY(!fs::exists(data_.kv_place()));
}

void KvPlaceTest::what_is_kept_comes_along_where_the_data_folder_is_named_in_part() {
  QVERIFY(QDir::setCurrent(scratch_->path()));
  data_.root = "data";
  keep_blocks(data_);
  choose(disk_);
  QCOMPARE(kept_blocks(data_), kKeys.size());
  QVERIFY(!fs::exists(data_.kv()));
  QVERIFY(QDir::setCurrent(QDir::rootPath()));
}

void KvPlaceTest::what_is_kept_is_left_behind_if_that_is_wanted() {
  keep_blocks(data_);
  choose(disk_, FormerKv::Delete);
  QCOMPARE(kept_blocks(data_), size_t{0});
  QVERIFY(!fs::exists(data_.kv()));
  keep_blocks(data_);
  // One that was never used is passed over.
  const fs::path other = scratch_->filePath("other").toStdString();
  fs::create_directories(other);
  choose(other);
  choose({});
  QCOMPARE(kept_blocks(data_), kKeys.size());
  QVERIFY(names_in(disk_).isEmpty());
  QVERIFY(names_in(other).isEmpty());
}

void KvPlaceTest::a_folder_that_is_not_there_is_told_and_not_made() {
  keep_blocks(data_);
  choose(disk_);
  QCOMPARE(kept_blocks(data_), kKeys.size());
  const fs::path away = scratch_->filePath("away").toStdString();
  fs::rename(disk_, away);
  fs::create_directories(disk_);  // as the place remains where a disk is mounted
  {
    const auto profile = open(data_);
    QVERIFY(profile->blocks() == nullptr);
    QVERIFY2(profile->kv_problem().find(kv_place(data_).folder.string()) != std::string::npos,
             profile->kv_problem().c_str());
    QVERIFY(profile->conversations().create_conversation("One", "", std::nullopt).has_value());
    QVERIFY(names_in(disk_).isEmpty());
  }
  fs::remove(disk_);
  fs::rename(away, disk_);
  QCOMPARE(kept_blocks(data_), kKeys.size());

  fs::remove_all(kv_place(data_).folder);
  choose(disk_);  // once more
  QVERIFY(open(data_)->kv_problem().empty());
}

void KvPlaceTest::what_can_not_be_moved_stays_and_is_used() {
  keep_blocks(data_);
  choose(disk_);
  fs::create_directories(kv_place(data_).folder / "000001.pack");  // in the way
  {
    const auto profile = open(data_);
    QVERIFY(profile->kv_problem().find(disk_.string()) != std::string::npos);
    QCOMPARE(profile->blocks()->find_prefix(kKeys), kKeys.size());
  }
  QVERIFY(!kv_place(data_).is_chosen);
  QVERIFY(open(data_)->kv_problem().empty());
  QCOMPARE(kept_blocks(data_), kKeys.size());
}

void KvPlaceTest::a_place_that_can_not_be_is_refused_data() {
  QTest::addColumn<QString>("place");
  QTest::newRow("relative") << "disk";
  QTest::newRow("not there") << "/nowhere/at/all";
  QTest::newRow("a file") << "/proc/self/status";
  QTest::newRow("two lines") << "/tmp/a\nfolder /tmp";
}

void KvPlaceTest::a_place_that_can_not_be_is_refused() {
  QFETCH(QString, place);
  keep_blocks(data_);
  QVERIFY(!choose_kv_place(data_, place.toStdString(), FormerKv::Delete));
  QCOMPARE(kept_blocks(data_), kKeys.size());
}

void KvPlaceTest::a_damaged_choice_is_none_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::newRow("empty") << QByteArray();
  QTest::newRow("cut off") << QByteArray("folder /tm");
  QTest::newRow("relative") << QByteArray("folder ../..\ndelete ../../..\n");
  QTest::newRow("zeros") << QByteArray(100, '\0');
  QTest::newRow("endless") << QByteArray("folder /") + QByteArray(1 << 20, 'a');
  QTest::newRow("another word") << QByteArray("place /tmp\n");
}

void KvPlaceTest::a_damaged_choice_is_none() {
  QFETCH(QByteArray, text);
  keep_blocks(data_);
  write(data_.kv_place(), text);
  QCOMPARE(kv_place(data_).folder, data_.kv());
  QCOMPARE(kept_blocks(data_), kKeys.size());
}

void KvPlaceTest::a_copied_profile_does_not_write_into_the_others_store() {
  keep_blocks(data_);
  choose(disk_);
  const auto original = open(data_);
  const DataFolder copy{scratch_->filePath("copy").toStdString()};
  fs::create_directories(copy.profile());
  for (const char* name : {"kv-place", "secret"})
    fs::copy_file(data_.profile() / name, copy.profile() / name);
  const auto copied = open(copy);
  QVERIFY(copied->blocks() == nullptr);
  QVERIFY(!copied->kv_problem().empty());
  QCOMPARE(original->blocks()->find_prefix(kKeys), kKeys.size());
}

void KvPlaceTest::a_deleted_profile_takes_along_what_lies_elsewhere() {
  keep_blocks(data_);
  choose(disk_);
  QCOMPARE(kept_blocks(data_), kKeys.size());
  write(disk_ / "a persons own", "file");
  QVERIFY(ProfileBook({data_.root}).remove("default").has_value());
  QCOMPARE(names_in(disk_), QStringList("a persons own"));
}

QTEST_GUILESS_MAIN(KvPlaceTest)
#include "kv_place_test.moc"
