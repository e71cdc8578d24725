// What lies on the disk: the packs as their document says, encryption, and an index in every state.
#include "storage/kv/disk_block_store.h"
#include "storage/kv/pack.h"
#include "storage/sqlite/database.h"
#include "tests/storage/block_records.h"
#include "tests/support/faulty_file_system.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <xxhash.h>

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

using namespace kvasir::storage;
using namespace kvasir::storage::testing;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kFolder = "/kv";
const Bytes kSecret(32, std::byte{0x42});

struct Field {
  size_t offset = 0;
  size_t bytes = 0;
  std::string value;
};

/// The tables of the document: fields of headers, and constants.
struct Document {
  std::map<std::string, Field> fields;
  std::map<std::string, std::string> constants;

  Document() {
    std::ifstream in(KVASIR_STORAGE_FORMATS_DIR "/kv-store.md");
    for (std::string line; std::getline(in, line);) {
      const auto cells = cells_of(line);
      const auto is_number = [](const std::string& text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
      };
      if (cells.size() == 5 && is_number(cells[1])) {
        fields[cells[3]] = {std::stoul(cells[1]), std::stoul(cells[2]), cells[4]};
      } else if (cells.size() == 3 && is_number(cells[2])) {
        constants[cells[1]] = cells[2];
      }
    }
  }
  static std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) {
      const auto first = cell.find_first_not_of(' ');
      cells.push_back(
          first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    }
    return cells;
  }
  size_t constant(const std::string& name) const { return std::stoul(constants.at(name)); }
  Bytes take(const Bytes& from, size_t base, const std::string& field) const {
    const Field& where = fields.at(field);
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(base + where.offset);
    return {first, first + static_cast<std::ptrdiff_t>(where.bytes)};
  }
  uint64_t number(const Bytes& from, size_t base, const std::string& field) const {
    const Bytes bytes = take(from, base, field);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
    return value;
  }
};

Bytes hkdf(const Bytes& salt, std::string info) {
  Bytes key(32);
  Bytes secret = kSecret;
  Bytes salted = salt;
  char digest[] = "SHA256";
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salted.data(), salted.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  const int derived =
      EVP_KDF_derive(context, reinterpret_cast<unsigned char*>(key.data()), key.size(), parameters);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return derived == 1 ? key : Bytes();
}

/// Empty where it is not authentic.
Bytes decrypt(const Bytes& key, const Bytes& nonce, const Bytes& associated, const Bytes& tag,
              const Bytes& ciphertext) {
  const auto u = [](const Bytes& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); };
  Bytes plain(ciphertext.size());
  Bytes expected = tag;
  int length = 0;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nullptr, u(key), u(nonce));
  EVP_DecryptUpdate(context, nullptr, &length, u(associated), static_cast<int>(associated.size()));
  EVP_DecryptUpdate(context, reinterpret_cast<unsigned char*>(plain.data()), &length, u(ciphertext),
                    static_cast<int>(ciphertext.size()));
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()), expected.data());
  unsigned char rest[16];
  const bool authentic = EVP_DecryptFinal_ex(context, rest, &length) == 1;
  EVP_CIPHER_CTX_free(context);
  return authentic ? plain : Bytes();
}

}  // namespace

class DiskBlockStoreFormatTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    options_ = {};
    options_.group_delay = 1h;
    files_ = std::make_unique<FaultyFileSystem>();
  }

  void the_document_agrees_with_the_constants() {
    const Document document;
    const std::map<std::string, std::pair<size_t, size_t>> expected = {
        {"pack magic", {kPackMagicOffset, kPackMagic.size()}},
        {"pack version", {kPackVersionOffset, 4}},
        {"cipher", {kPackCipherOffset, 4}},
        {"pack id", {kPackIdOffset, 16}},
        {"created", {kPackCreatedOffset, 8}},
        {"key check", {kPackKeyCheckOffset, 16}},
        {"pack header checksum", {kPackChecksumOffset, kPackHeaderBytes - kPackChecksumOffset}},
        {"magic", {kMagicOffset, kRecordMagic.size()}},
        {"version", {kVersionOffset, 4}},
        {"state", {kStateOffset, 4}},
        {"key", {kKeyOffset, 32}},
        {"parent", {kParentOffset, 32}},
        {"payload bytes", {kPayloadBytesOffset, 8}},
        {"kind", {kKindOffset, 4}},
        {"session", {kSessionOffset, 12}},
        {"payload check", {kPayloadCheckOffset, 16}},
        {"header checksum", {kHeaderChecksumOffset, kRecordHeaderBytes - kHeaderChecksumOffset}},
    };
    std::map<std::string, std::pair<size_t, size_t>> documented;
    for (const auto& [name, field] : document.fields) documented[name] = {field.offset, field.bytes};
    QVERIFY(documented == expected);
    QCOMPARE(document.fields.at("pack magic").value, "`" + std::string(kPackMagic) + "`");
    QCOMPARE(document.fields.at("magic").value, "`" + std::string(kRecordMagic) + "`");
    QCOMPARE(document.fields.at("version").value, std::to_string(kPackFormatVersion));
    QCOMPARE(document.fields.at("pack version").value, std::to_string(kPackFormatVersion));
    const DiskBlockStoreOptions options;
    QCOMPARE(document.constant("bytes of a pack's header"), kPackHeaderBytes);
    QCOMPARE(document.constant("bytes of a header"), kRecordHeaderBytes);
    QCOMPARE(document.constant("alignment of a record"), kRecordAlignmentBytes);
    QCOMPARE(document.constant("largest payload"), kMaxPayloadBytes);
    QCOMPARE(document.constant("a pack is followed by another at"), options.pack_bytes);
    QCOMPARE(document.constant("bytes of the disk that stay free"), options.limits.min_free_bytes);
    QCOMPARE(document.constant("default quota, at most"), kDefaultQuotaBytes);
    QCOMPARE(document.constant("bytes written in a day"), options.limits.daily_write_bytes);
    QCOMPARE(document.constant("hours until an unused block expires"),
             static_cast<size_t>(options.limits.time_to_live.count()));
    QVERIFY(std::chrono::seconds(document.constant("seconds that a tail waits for its successor")) ==
            options.tail_delay);
    QCOMPARE(document.constant("bytes of tails that may be replaced whatever else was written"),
             options.replaced_tail_bytes);
  }

  void a_store_can_be_read_by_its_document_alone() {
    const Document document;
    for (const bool encrypted : {false, true}) {
      init();
      if (encrypted) options_.secret = kSecret;
      {
        auto store = open();
        for (uint32_t n = 0; n < 5; ++n) QVERIFY(write_record(*store, n));
        store->flush();
        store->quarantine(key_of(4));
        QVERIFY(store->write_tail("7", key_of(3), Bytes(90, std::byte{5})));
      }
      const Bytes pack = files_->contents(kFolder / "000001.pack");
      const Bytes id = document.take(pack, 0, "pack id");
      QCOMPARE(document.number(pack, 0, "cipher"), uint64_t{encrypted});
      if (encrypted) {
        Bytes check = hkdf(id, "kvasir pack check");
        check.resize(16);
        QVERIFY(document.take(pack, 0, "key check") == check);
      }
      std::vector<Bytes> live;
      size_t at = document.constant("bytes of a pack's header");
      while (at < pack.size()) {
        const size_t bytes = document.number(pack, at, "payload bytes");
        const size_t begin = at + document.constant("bytes of a header");
        const Bytes stored(pack.begin() + static_cast<std::ptrdiff_t>(begin),
                           pack.begin() + static_cast<std::ptrdiff_t>(begin + bytes));
        if (document.number(pack, at, "state") == 0) {
          live.push_back(encrypted ? decrypted(document, pack, at, id, stored) : stored);
          if (!encrypted) QVERIFY(document.take(pack, at, "payload check") == xxh3_128(stored));
        }
        const size_t alignment = document.constant("alignment of a record");
        at = begin + (bytes + alignment - 1) / alignment * alignment;
      }
      QCOMPARE(live.size(), size_t{5});
      for (uint32_t n = 0; n < 4; ++n) QVERIFY(live[n] == record_of(n));
      QVERIFY(live[4] == Bytes(90, std::byte{5}));
    }
  }

  void the_index_says_what_its_document_says() {
    const QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString();
    {
      auto store = DiskBlockStore::open(folder, posix_file_system(), options_);
      for (uint32_t n = 0; n < 3; ++n) QVERIFY(write_record(**store, n));
      (*store)->claim("7", key_of(2));
      (*store)->pin("7", true);
      (*store)->report_reuse("7", 640, 3s);
    }
    auto index = Database::open(folder / "index.sqlite");
    QVERIFY(index);
    const auto bytes = std::filesystem::file_size(folder / "000001.pack");
    QCOMPARE(*index->integer("SELECT indexed_bytes FROM packs WHERE number = 1"), int64_t(bytes));
    QCOMPARE(*index->integer("SELECT count(*) FROM records"), int64_t{3});
    QCOMPARE(*index->integer("SELECT min(place) FROM records"),
             (int64_t{1} << 31) + int64_t{kPackHeaderBytes / kRecordAlignmentBytes});
    QCOMPARE(*index->integer("SELECT pinned FROM owners WHERE name = '7'"), int64_t{1});
    QCOMPARE(*index->integer("SELECT reused_tokens FROM owners WHERE name = '7'"), int64_t{640});
    QCOMPARE(*index->integer("SELECT value FROM counters WHERE name = 'saved_ms'"), int64_t{3000});
    auto head = index->prepare("SELECT key FROM heads WHERE owner = '7'");
    QVERIFY(head && *head->step());
    QVERIFY(std::ranges::equal(head->blob(0), key_of(2)));
  }

  void records_come_back_from_encrypted_packs_and_none_of_them_can_be_read_there() {
    options_.secret = kSecret;
    const Bytes secret_text(300, std::byte{'s'});
    {
      auto store = open();
      QVERIFY(store->write(key_of(0), {}, secret_text));
      QVERIFY(store->write(key_of(1), key_of(0), {}));
      QVERIFY(store->write_tail("a", key_of(1), secret_text));
      QVERIFY(read_record(*store, 0) == secret_text);
    }
    const Bytes pack = files_->contents(kFolder / "000001.pack");
    const Bytes piece(8, std::byte{'s'});
    QVERIFY(std::ranges::search(pack, piece).empty());
    auto store = open();
    QVERIFY(read_record(*store, 0) == secret_text);
    QVERIFY(read_record(*store, 1) == Bytes());
    QVERIFY(store->read_tail("a") == secret_text);
  }

  void another_secret_gives_misses_and_destroys_nothing() {
    options_.secret = kSecret;
    write_chain(5);
    const auto pack = files_->contents(kFolder / "000001.pack");
    for (const Bytes& other : {Bytes(), Bytes(32, std::byte{0x43}), Bytes(31, std::byte{0x42})}) {
      auto options = options_;
      options.secret = other;
      auto store = DiskBlockStore::open(kFolder, *files_, options);
      QVERIFY(store);
      QCOMPARE(read_chain(**store, 5), int64_t{0});
      QVERIFY((*store)->stats().packs_skipped >= 1);
      QVERIFY((*store)->health());
      QVERIFY(write_record(**store, 0));
      (*store)->flush();
      QCOMPARE(read_chain(**store, 5), int64_t{1});
    }
    QVERIFY(files_->contents(kFolder / "000001.pack") == pack);
    QCOMPARE(read_chain(*open(), 5), int64_t{5});
  }

  void packs_of_another_secret_go_first_when_room_is_needed() {
    options_.secret = kSecret;
    write_chain(5);
    options_.secret.clear();
    options_.limits.quota_bytes = 3000;
    write_chain(4);
    QVERIFY(files_->contents(kFolder / "000001.pack").empty());
    QCOMPARE(read_chain(*open(), 5), int64_t{4});
  }

  void no_byte_of_an_encrypted_record_can_be_changed() {
    options_.secret = kSecret;
    write_chain(2);
    const auto path = kFolder / "000001.pack";
    const Bytes whole = files_->contents(path);
    const size_t end = kPackHeaderBytes + kRecordHeaderBytes + record_of(0).size();
    for (size_t at = 0; at < end; at += at < kPackHeaderBytes + kRecordHeaderBytes ? 1 : 17) {
      Bytes damaged = whole;
      damaged[at] ^= std::byte{1};
      const auto copy = files_->after_kill();
      copy->set_contents(path, damaged);
      auto store = open(*copy);
      QVERIFY(!read_record(*store, 0));
    }
  }

  void an_encrypted_record_is_bound_to_its_place() {
    options_.secret = kSecret;
    {
      auto store = open();
      for (uint32_t n = 0; n < 2; ++n) QVERIFY(store->write(key_of(n), {}, Bytes(64, std::byte(n))));
    }
    const auto path = kFolder / "000001.pack";
    Bytes pack = files_->contents(path);
    const auto first = pack.begin() + kPackHeaderBytes;
    std::swap_ranges(first, first + record_bytes(64), first + record_bytes(64));
    const auto copy = without_index();
    copy->set_contents(path, pack);
    auto store = open(*copy);
    QCOMPARE(store->stats().blocks, uint64_t{2});
    QVERIFY(!read_record(*store, 0) && !read_record(*store, 1));
  }

  void no_key_meets_a_nonce_twice() {
    const Document document;
    options_.secret = kSecret;
    const auto path = kFolder / "000001.pack";
    std::vector<Bytes> sessions;
    for (int round = 0; round < 4; ++round) {
      write_chain(1);
      const Bytes pack = files_->contents(path);
      const Bytes session = document.take(pack, kPackHeaderBytes, "session");
      QVERIFY(!session.empty() && std::ranges::find(sessions, session) == sessions.end());
      sessions.push_back(session);
      // Torn, so that the same place is written once more.
      Bytes torn = pack;
      torn.resize(kPackHeaderBytes + kRecordHeaderBytes + 1);
      files_ = without_index();
      files_->set_contents(path, torn);
    }
  }

  void a_store_opens_by_its_index_without_walking_the_packs() {
    write_chain(40);
    // What a walk would stumble over.
    Bytes pack = files_->contents(kFolder / "000001.pack");
    pack[kPackHeaderBytes] ^= std::byte{1};
    files_->set_contents(kFolder / "000001.pack", pack);
    auto store = open();
    QCOMPARE(store->stats().blocks, uint64_t{40});
    QVERIFY(!store->stats().index_rebuilt);
    QVERIFY(!read_record(*store, 0));
    QVERIFY(read_record(*store, 39) == record_of(39));
  }

  void a_lost_or_damaged_index_is_made_anew_from_the_packs() {
    write_chain(20);
    const auto path = kFolder / "index.sqlite";
    const Bytes index = files_->contents(path);
    QVERIFY(!index.empty());
    std::vector<Bytes> states = {{}, Bytes(5000, std::byte{'x'}), Bytes(index.begin(), index.begin() + 4096)};
    for (size_t at = 0; at < index.size(); at += 61) {
      states.push_back(index);
      states.back()[at] ^= std::byte{0x55};
    }
    for (const Bytes& state : states) {
      const auto copy = files_->after_kill();
      copy->set_contents(path, state);
      for (int reopened = 0; reopened < 2; ++reopened) {
        auto store = open(*copy);
        QCOMPARE(read_chain(*store, 20), int64_t{20});
        QCOMPARE(store->stats().blocks, uint64_t{20});
      }
    }
    const auto copy = without_index();
    QVERIFY(open(*copy)->stats().index_rebuilt);
    QVERIFY(!open(*copy)->stats().index_rebuilt);
  }

  void an_old_index_hides_nothing_and_returns_nothing_wrong() {
    write_chain(5);
    const Bytes old_index = files_->contents(kFolder / "index.sqlite");
    {
      auto store = open();
      store->quarantine(std::vector{key_of(1), key_of(2)});
      store->flush();
      QVERIFY(write_record(*store, 1));  // again, elsewhere
      for (uint32_t n = 5; n < 8; ++n) QVERIFY(write_record(*store, n));
      QVERIFY(store->write_tail("a", key_of(7), Bytes(9)));
    }
    files_->set_contents(kFolder / "index.sqlite", old_index);
    auto store = open();
    QVERIFY(!read_record(*store, 2));
    for (const uint32_t n : {0, 1, 3, 4, 5, 6, 7}) QVERIFY(read_record(*store, n) == record_of(n));
    QCOMPARE(store->read_tail("a")->size(), size_t{9});
  }

  void an_index_that_knows_more_than_the_packs_is_not_believed() {
    write_chain(3);
    const Bytes old_pack = files_->contents(kFolder / "000001.pack");
    write_chain(8);
    files_->set_contents(kFolder / "000001.pack", old_pack);
    {
      auto store = open();
      QCOMPARE(store->stats().blocks, uint64_t{3});
      QCOMPARE(read_chain(*store, 8), int64_t{3});
      for (uint32_t n = 3; n < 8; ++n) QVERIFY(write_record(*store, n));
    }
    QCOMPARE(read_chain(*open(), 8), int64_t{8});
    (void)files_->remove(kFolder / "000001.pack");
    QCOMPARE(open()->stats().blocks, uint64_t{0});
  }

  void a_pack_of_version_1_makes_room() {
    Bytes old(5000);
    std::ranges::copy(std::as_bytes(std::span(kVersion1Magic)), old.begin());
    files_->set_contents(kFolder / "000001.pack", old);
    QCOMPARE(open()->stats().bytes_on_disk, uint64_t{0});
    QVERIFY(files_->contents(kFolder / "000001.pack").empty());
  }

 private:
  std::unique_ptr<DiskBlockStore> open(FileSystem& files) {
    auto store = DiskBlockStore::open(kFolder, files, options_);
    if (!store) qFatal("%s", store.error().message.c_str());
    return std::move(*store);
  }
  std::unique_ptr<DiskBlockStore> open() { return open(*files_); }
  void write_chain(uint32_t count) {
    auto store = open();
    for (uint32_t n = 0; n < count; ++n) QVERIFY(write_record(*store, n));
  }
  std::unique_ptr<FaultyFileSystem> without_index() {
    auto survivor = files_->after_kill();
    (void)survivor->remove(kFolder / "index.sqlite");
    return survivor;
  }

  static Bytes xxh3_128(const Bytes& bytes) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    const auto digest = std::as_bytes(std::span(canonical.digest));
    return {digest.begin(), digest.end()};
  }
  static Bytes decrypted(const Document& document, const Bytes& pack, size_t at, const Bytes& id,
                         const Bytes& stored) {
    Bytes salt = id;
    const Bytes session = document.take(pack, at, "session");
    salt.insert(salt.end(), session.begin(), session.end());
    Bytes nonce(12);
    for (size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::byte>(at >> (8 * i));
    const auto header = pack.begin() + static_cast<std::ptrdiff_t>(at);
    const Bytes associated(header, header + 104);
    return decrypt(hkdf(salt, "kvasir pack records"), nonce, associated,
                   document.take(pack, at, "payload check"), stored);
  }

  DiskBlockStoreOptions options_;
  std::unique_ptr<FaultyFileSystem> files_;
};

QTEST_GUILESS_MAIN(DiskBlockStoreFormatTest)
#include "disk_block_store_format_test.moc"
