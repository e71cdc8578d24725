#include "app/services/chat_service.h"
#include "app/services/private_file.h"
#include "app/services/profile.h"
#include "app/services/profile_book.h"
#include "app/services/profile_secret.h"
#include "app/settings/kv_settings.h"

#include <sys/stat.h>

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace kvasir;
using namespace kvasir::app;

namespace {

/// A keychain in memory, which can be locked.
class MemoryKeychain final : public Keychain {
 public:
  Outcome<std::optional<Secret>> read(const std::string& entry) override {
    if (locked) return tl::unexpected(std::string("It is locked."));
    const auto found = entries.find(entry);
    return found == entries.end() ? std::nullopt : std::optional(found->second);
  }
  Outcome<void> write(const std::string& entry, const Secret& secret) override {
    if (locked) return tl::unexpected(std::string("It is locked."));
    entries[entry] = secret;
    return {};
  }
  Outcome<void> remove(const std::string& entry) override {
    if (locked) return tl::unexpected(std::string("It is locked."));
    entries.erase(entry);
    return {};
  }

  std::map<std::string, Secret> entries;
  bool locked = false;
};

/// Knows when the model has been loaded.
class LoadObserver final : public ChatObserver {
 public:
  void conversation_created(const storage::StoredConversation&) override {}
  void conversation_changed(const storage::StoredConversation&) override {}
  void message_added(const storage::StoredMessage&) override {}
  void branch_changed(int64_t, std::optional<int64_t>, const std::vector<storage::StoredMessage>&) override {}
  void conversation_forked(const storage::StoredConversation&) override {}
  void prefill_progress(int64_t, int64_t, uint32_t, uint32_t) override {}
  void answer_grew(int64_t, int64_t, const AnswerGrowth&) override {}
  void message_changed(const storage::StoredMessage&) override {}
  void model_changed(const ModelState& model) override {
    if (model.stage != ModelState::Stage::Loading) loaded.set_value();
  }
  void saving_changed(bool, const std::string&) override {}
  void failed(const std::string&) override {}

  std::promise<void> loaded;
};

const std::string kLongMessage = [] {
  std::string text;
  for (int i = 0; i < 24; ++i) text += "My two dogs and I sail the little boat over the lake to the island. ";
  return text;
}();

struct Asked {
  uint32_t hit_tokens;
  std::vector<int32_t> question_ids;
};

/// Opens the profile, has the long message answered in a new chat, and closes it.
Asked ask_in(const DataFolder& folder) {
  auto profile = Profile::open(folder);
  if (!profile) qFatal("%s", profile.error().c_str());
  if (!(*profile)->kv_problem().empty()) qFatal("%s", (*profile)->kv_problem().c_str());
  LoadObserver observer;
  ChatService chats(**profile, observer);
  chats.load_model({KVASIR_STARTER_MODEL, {.threads = 2}});
  observer.loaded.get_future().wait();
  SendRequest request;
  request.text = kLongMessage;
  request.settings.sampling.temperature = 0;
  request.settings.max_tokens = 4;
  const auto answer = chats.send(std::move(request)).get();
  if (!answer || !answer->usage) qFatal("there was no answer");
  const auto messages =
      *chats.with_store([&](auto& store) { return store.messages(answer->conversation_id); }).get();
  return {answer->usage->prompt_cache_hit_tokens, messages.front().token_ids};
}

void set_encryption(const DataFolder& folder, bool on) {
  auto profile = Profile::open(folder);
  KvSettings settings;
  settings.encrypt = on;
  if (!profile || !keep_kv_settings((*profile)->conversations(), settings)) qFatal("no settings were kept");
}

/// Whether a run of these ids, as they lie in memory, is in any pack.
bool packs_contain(const DataFolder& folder, const std::vector<int32_t>& ids) {
  constexpr size_t kRun = 12;  // so many, as a run may lie across two blocks
  const QDir packs(QString::fromStdString(folder.kv().string()));
  const QStringList names = packs.entryList({"*.pack"}, QDir::Files);
  if (names.isEmpty()) qFatal("there are no packs");
  for (const QString& name : names) {
    QFile file(packs.filePath(name));
    if (!file.open(QIODevice::ReadOnly)) qFatal("%s can't be read", qPrintable(name));
    const QByteArray bytes = file.readAll();
    for (size_t first = 0; first + kRun <= ids.size(); ++first)
      if (bytes.contains(
              QByteArray(reinterpret_cast<const char*>(ids.data() + first), kRun * sizeof(int32_t))))
        return true;
  }
  return false;
}

int mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? int(status.st_mode & 0777) : -1;
}

}  // namespace

class ProfilesTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    data_ = {folder_->path().toStdString()};
  }

  void secret_lies_in_a_file_of_its_users_alone_and_stays();
  void secret_file_that_others_may_read_is_closed_to_them();
  void damaged_secret_is_replaced_data();
  void damaged_secret_is_replaced();
  void secret_lies_in_the_keychain_where_there_is_one();
  void locked_keychain_costs_the_kept_blocks_and_nothing_else();
  void entry_that_is_gone_from_the_keychain_is_made_again();
  void first_start_finds_one_profile();
  void profiles_are_made_renamed_and_found();
  void names_that_can_not_be_are_refused_data();
  void names_that_can_not_be_are_refused();
  void deleted_profile_takes_folder_and_secret_along();
  void open_profile_can_not_be_deleted();
  void profile_used_last_is_remembered();
  void kept_settings_come_back_and_damaged_ones_are_left_out();
  void planted_words_never_cross_profiles();
  void encrypted_packs_hold_no_words_and_plain_ones_are_not_used_by_them();

 private:
  DataFolder in(const std::string& id) const { return {data_.root, id}; }
  Secret secret_of(const std::string& id, Keychain* keychain = nullptr) const {
    QDir().mkpath(QString::fromStdString(in(id).profile().string()));
    const auto secret = profile_secret(in(id), keychain);
    if (!secret) qFatal("%s", secret.error().c_str());
    return *secret;
  }
  void write(const std::filesystem::path& path, const QByteArray& text) const {
    QFile file(QString::fromStdString(path.string()));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) qFatal("no file was written");
  }

  std::unique_ptr<QTemporaryDir> folder_;
  DataFolder data_;
};

void ProfilesTest::secret_lies_in_a_file_of_its_users_alone_and_stays() {
  const Secret first = secret_of("a");
  QCOMPARE(first.size(), kSecretBytes);
  QVERIFY(std::set(first.begin(), first.end()).size() > 8);
  QCOMPARE(mode_of(in("a").secret()), 0600);
  QVERIFY(secret_of("a") == first);
  QVERIFY(secret_of("b") != first);
}

void ProfilesTest::secret_file_that_others_may_read_is_closed_to_them() {
  const Secret secret = secret_of("a");
  QCOMPARE(::chmod(in("a").secret().c_str(), 0644), 0);
  QVERIFY(secret_of("a") == secret);
  QCOMPARE(mode_of(in("a").secret()), 0600);
}

void ProfilesTest::damaged_secret_is_replaced_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::newRow("empty") << QByteArray();
  QTest::newRow("short") << QByteArray(62, 'a');
  QTest::newRow("no digits") << QByteArray(64, 'g');
  QTest::newRow("capitals") << QByteArray(64, 'A');
  QTest::newRow("endless") << QByteArray(1 << 20, 'a');
  QTest::newRow("zeros") << QByteArray(65, '\0');
  QTest::newRow("entry that is none") << QByteArray("keychain ../../x\n");
}

void ProfilesTest::damaged_secret_is_replaced() {
  QFETCH(QByteArray, text);
  secret_of("a");
  write(in("a").secret(), text);
  const Secret fresh = secret_of("a");
  QCOMPARE(fresh.size(), kSecretBytes);
  QVERIFY(secret_of("a") == fresh);
}

void ProfilesTest::secret_lies_in_the_keychain_where_there_is_one() {
  MemoryKeychain keychain;
  const Secret secret = secret_of("a", &keychain);
  QCOMPARE(keychain.entries.size(), size_t{1});
  QVERIFY(keychain.entries.begin()->second == secret);
  QVERIFY(secret_of("a", &keychain) == secret);
  const auto text = read_private_file(in("a").secret(), 4096);
  QVERIFY((*text)->starts_with("keychain "));

  // A profile that began with a file keeps it.
  const Secret of_file = secret_of("b");
  QVERIFY(secret_of("b", &keychain) == of_file);
  QCOMPARE(keychain.entries.size(), size_t{1});

  // One that can't be used gives way to a file.
  MemoryKeychain locked;
  locked.locked = true;
  QVERIFY(secret_of("c", &locked) == secret_of("c"));
}

void ProfilesTest::locked_keychain_costs_the_kept_blocks_and_nothing_else() {
  MemoryKeychain keychain;
  const auto open = [&](Keychain* asked) { return std::move(*Profile::open(in("a"), asked)); };
  const Secret secret = open(&keychain)->secret();
  QCOMPARE(secret.size(), kSecretBytes);
  keychain.locked = true;
  for (Keychain* asked : {static_cast<Keychain*>(&keychain), static_cast<Keychain*>(nullptr)}) {
    const auto profile = open(asked);
    QVERIFY(profile->blocks() == nullptr);
    QVERIFY(!profile->kv_problem().empty());
    QVERIFY(profile->conversations().create_conversation("One", "", std::nullopt).has_value());
  }
  keychain.locked = false;
  QVERIFY(open(&keychain)->secret() == secret);
}

void ProfilesTest::entry_that_is_gone_from_the_keychain_is_made_again() {
  MemoryKeychain keychain;
  const Secret secret = secret_of("a", &keychain);
  keychain.entries.clear();
  const Secret fresh = secret_of("a", &keychain);
  QVERIFY(fresh != secret);
  QVERIFY(secret_of("a", &keychain) == fresh);
}

void ProfilesTest::first_start_finds_one_profile() {
  const ProfileBook book(data_);
  QCOMPARE(book.all().size(), size_t{1});
  QVERIFY(book.last_used() == (ProfileEntry{"default", "Default"}));
  QVERIFY(!QFile::exists(folder_->filePath("profiles")));  // looking makes nothing
}

void ProfilesTest::profiles_are_made_renamed_and_found() {
  const ProfileBook book(data_);
  QVERIFY(Profile::open(in("default")).has_value());
  const auto work = book.create("  Work, at Ünï ");
  QVERIFY(work.has_value());
  QCOMPARE(work->name, std::string("Work, at Ünï"));
  QCOMPARE(work->id, std::string("work-at-n"));
  QCOMPARE(mode_of(in(work->id).profile()), 0700);
  QCOMPARE(book.create("家")->id, std::string("profile"));
  QCOMPARE(book.create("work at n")->id, std::string("work-at-n-2"));
  QCOMPARE(book.all().size(), size_t{4});

  QVERIFY(book.rename(work->id, "Office").has_value());
  QCOMPARE(book.find("OFFICE")->id, work->id);
  QCOMPARE(book.find(work->id)->name, std::string("Office"));
  QVERIFY(!book.find("Work, at Ünï"));
  QVERIFY(book.rename(work->id, "OFFICE").has_value());  // its own name in another case
  QVERIFY(book.rename("default", "Home").has_value());
  QCOMPARE(book.last_used().name, std::string("Home"));
}

void ProfilesTest::names_that_can_not_be_are_refused_data() {
  QTest::addColumn<QByteArray>("name");
  QTest::newRow("empty") << QByteArray();
  QTest::newRow("blank") << QByteArray(" \t ");
  QTest::newRow("long") << QByteArray(int(kLongestProfileName) + 1, 'a');
  QTest::newRow("two lines") << QByteArray("a\nb");
  QTest::newRow("taken") << QByteArray("wORK");
}

void ProfilesTest::names_that_can_not_be_are_refused() {
  QFETCH(QByteArray, name);
  const ProfileBook book(data_);
  QVERIFY(book.create("Work").has_value());
  const auto other = book.create("Other");
  QVERIFY(!book.create(name.toStdString()));
  QVERIFY(!book.rename(other->id, name.toStdString()));
  QCOMPARE(book.all().size(), size_t{2});

  // What stands in the file instead of a name is not shown.
  write(in(other->id).profile() / "name", QByteArray("bell\a"));
  QCOMPARE(book.find("other")->name, std::string("other"));
}

void ProfilesTest::deleted_profile_takes_folder_and_secret_along() {
  MemoryKeychain keychain;
  const ProfileBook book(data_, &keychain);
  const auto work = book.create("Work");
  const auto home = book.create("Home");
  QVERIFY(Profile::open(in(work->id), &keychain).has_value());
  QVERIFY(Profile::open(in(home->id), &keychain).has_value());
  QCOMPARE(keychain.entries.size(), size_t{2});

  keychain.locked = true;  // else its secret would stay behind
  QVERIFY(!book.remove(work->id));
  QVERIFY(book.find("Work").has_value());
  keychain.locked = false;
  QVERIFY(book.remove(work->id).has_value());
  QCOMPARE(keychain.entries.size(), size_t{1});
  QVERIFY(!book.find("Work"));
  const QStringList left =
      QDir(folder_->filePath("profiles")).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
  QCOMPARE(left, QStringList("home"));
  QVERIFY(book.remove("../..").has_value());  // names no profile
  QVERIFY(QFile::exists(folder_->path()));
}

void ProfilesTest::open_profile_can_not_be_deleted() {
  const ProfileBook book(data_);
  const auto work = book.create("Work");
  const auto open = Profile::open(in(work->id));
  const auto removed = book.remove(work->id);
  QVERIFY(!removed);
  QVERIFY2(removed.error().find("in use") != std::string::npos, removed.error().c_str());
  QVERIFY(secret_of(work->id) == (*open)->secret());
}

void ProfilesTest::profile_used_last_is_remembered() {
  const ProfileBook book(data_);
  const auto work = book.create("Work");
  const auto home = book.create("Home");
  book.remember_used(work->id);
  QVERIFY(book.last_used() == *work);
  QVERIFY(book.remove(work->id).has_value());
  QVERIFY(book.last_used() == *home);
  write(data_.profiles() / "last-used", QByteArray("../../etc\n"));
  QVERIFY(book.last_used() == *home);
}

void ProfilesTest::kept_settings_come_back_and_damaged_ones_are_left_out() {
  const auto profile = std::move(*Profile::open(data_));
  auto& store = profile->conversations();
  QVERIFY(*read_kv_settings(store) == KvSettings());
  const KvSettings chosen{5'000'000'000, 7, false};
  QVERIFY(keep_kv_settings(store, chosen).has_value());
  QVERIFY(*read_kv_settings(store) == chosen);
  QCOMPARE(chosen.limits().time_to_live, std::chrono::hours(168));
  for (const char* damaged : {"", "-1", "1e9", "99999999999999999999", "7 days"}) {
    QVERIFY(store.set_setting("kv/quota_bytes", damaged).has_value());
    QVERIFY(store.set_setting("kv/time_to_live_days", damaged).has_value());
    QVERIFY(store.set_setting("kv/encrypt", damaged).has_value());
    QVERIFY(*read_kv_settings(store) == KvSettings());
  }
}

void ProfilesTest::planted_words_never_cross_profiles() {
  // Records that anybody could read: only the keys keep them apart.
  set_encryption(in("a"), false);
  set_encryption(in("b"), false);
  QCOMPARE(ask_in(in("a")).hit_tokens, 0u);
  QVERIFY(ask_in(in("a")).hit_tokens >= 256);
  QVERIFY(QDir(QString::fromStdString(in("b").kv().string())).removeRecursively());
  QCOMPARE(QProcess::execute("cp", {"-r", QString::fromStdString(in("a").kv().string()),
                                    QString::fromStdString(in("b").kv().string())}),
           0);
  QCOMPARE(ask_in(in("b")).hit_tokens, 0u);
}

void ProfilesTest::encrypted_packs_hold_no_words_and_plain_ones_are_not_used_by_them() {
  set_encryption(in("a"), false);
  const Asked plain = ask_in(in("a"));
  QVERIFY(packs_contain(in("a"), plain.question_ids));
  const Asked encrypted = ask_in(in("b"));
  QVERIFY(encrypted.question_ids == plain.question_ids);
  QVERIFY(!packs_contain(in("b"), encrypted.question_ids));

  QVERIFY(ask_in(in("a")).hit_tokens > 0);
  set_encryption(in("a"), true);
  QCOMPARE(ask_in(in("a")).hit_tokens, 0u);
  QVERIFY(ask_in(in("a")).hit_tokens > 0);
}

QTEST_GUILESS_MAIN(ProfilesTest)
#include "profiles_test.moc"
