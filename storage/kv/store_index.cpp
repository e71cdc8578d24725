#include "storage/kv/store_index.h"

#include "storage/base/try.h"
#include "storage/kv/index_schema.h"
#include "storage/schema/migrations.h"
#include "storage/sqlite/transaction.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

namespace kvasir::storage {
namespace {

/// A record's place is one number: the pack's above, the offset in units of the alignment below.
constexpr int kOffsetBits = 31;

constexpr std::array kSchema = {Migration{kIndexVersion, kIndexSchema}};

int64_t place_of(uint32_t pack, uint64_t offset) {
  return static_cast<int64_t>(uint64_t{pack} << kOffsetBits | offset / kRecordAlignmentBytes);
}

tl::unexpected<Error> senseless(const char* what) {
  return fail(ErrorCode::Corrupt, std::string("The index of the KV store has a senseless ") + what + ".");
}

template <size_t N>
bool copy_blob(std::span<const std::byte> blob, std::array<std::byte, N>& out) {
  if (blob.size() != N) return false;
  std::ranges::copy(blob, out.begin());
  return true;
}

}  // namespace

uint64_t IndexedRecord::digest() const {
  struct Fields {
    int64_t place;
    uint64_t kind;
    uint64_t payload_bytes;
    BlockKey key;
    BlockKey parent;
  };
  const Fields fields{place_of(pack, offset), static_cast<uint64_t>(kind), payload_bytes, key, parent};
  static_assert(std::has_unique_object_representations_v<Fields>);
  return XXH3_64bits(&fields, sizeof fields);
}

uint64_t IndexedPack::own_digest() const {
  struct Fields {
    PackId id;
    uint64_t indexed_bytes;
  };
  const Fields fields{id, indexed_bytes};
  static_assert(std::has_unique_object_representations_v<Fields>);
  return XXH3_64bits(&fields, sizeof fields);
}

bool IndexChanges::empty() const {
  return rewritten_packs.empty() && added.empty() && touched.empty() && removed.empty() &&
         removed_packs.empty() && packs.empty() && owners.empty() && !counters;
}

void IndexChanges::append(IndexChanges newer) {
  const auto move_to_end = [](auto& all, auto& more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  // A pack's or record's place is never used again, so what was added stays before what was removed.
  move_to_end(rewritten_packs, newer.rewritten_packs);
  move_to_end(added, newer.added);
  move_to_end(touched, newer.touched);
  move_to_end(removed, newer.removed);
  move_to_end(removed_packs, newer.removed_packs);
  for (auto& [number, pack] : newer.packs) packs.insert_or_assign(number, pack);
  for (auto& [owner, entry] : newer.owners) owners.insert_or_assign(owner, std::move(entry));
  if (newer.counters) counters = newer.counters;
}

Result<std::unique_ptr<StoreIndex>> StoreIndex::open(const std::filesystem::path& directory,
                                                     FileSystem& files) {
  auto vfs = std::make_unique<FileSystemVfs>(files);
  KVASIR_TRY_ASSIGN(auto database, Database::open(directory / kFileName, *vfs));
  KVASIR_TRY(migrate(database, kSchema));
  return std::unique_ptr<StoreIndex>(new StoreIndex(std::move(vfs), std::move(database)));
}

void StoreIndex::discard(const std::filesystem::path& directory, FileSystem& files) {
  for (const char* suffix : {"", "-wal", "-journal"}) {
    // What can't be removed will fail again when it is opened.
    std::ignore = files.remove(directory / (std::string(kFileName) + suffix));
  }
}

Result<IndexContents> StoreIndex::load() {
  IndexContents contents;
  KVASIR_TRY(load_packs(contents));
  KVASIR_TRY(load_records(contents));
  KVASIR_TRY(load_owners(contents));
  KVASIR_TRY(load_counters(contents));
  return contents;
}

Result<void> StoreIndex::load_packs(IndexContents& contents) {
  KVASIR_TRY_ASSIGN(auto rows, database_.prepare("SELECT number, id, indexed_bytes, digest FROM packs"));
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return {};
    const int64_t number = rows.integer(0);
    IndexedPack pack;
    if (number < 0 || number > kMaxPackNumber || rows.integer(2) < 0 || !copy_blob(rows.blob(1), pack.id)) {
      return senseless("pack");
    }
    pack.indexed_bytes = static_cast<uint64_t>(rows.integer(2));
    pack.digest = static_cast<uint64_t>(rows.integer(3));
    contents.packs.emplace(static_cast<uint32_t>(number), pack);
  }
}

Result<void> StoreIndex::load_records(IndexContents& contents) {
  KVASIR_TRY_ASSIGN(auto rows,
                    database_.prepare("SELECT place, kind, key, parent, payload_bytes, last_used_ms "
                                      "FROM records ORDER BY place"));
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return {};
    const auto place = static_cast<uint64_t>(rows.integer(0));
    const int64_t kind = rows.integer(1);
    const int64_t payload_bytes = rows.integer(4);
    IndexedRecord record;
    if (place >> kOffsetBits > kMaxPackNumber || kind < 0 || kind > 1 || payload_bytes < 0 ||
        static_cast<uint64_t>(payload_bytes) > kMaxPayloadBytes || !copy_blob(rows.blob(2), record.key) ||
        !copy_blob(rows.blob(3), record.parent)) {
      return senseless("record");
    }
    record.pack = static_cast<uint32_t>(place >> kOffsetBits);
    record.offset = (place & ((uint64_t{1} << kOffsetBits) - 1)) * kRecordAlignmentBytes;
    record.kind = static_cast<RecordKind>(kind);
    record.payload_bytes = static_cast<uint64_t>(payload_bytes);
    record.last_used_ms = rows.integer(5);
    contents.records[record.pack].push_back(record);
  }
}

Result<void> StoreIndex::load_owners(IndexContents& contents) {
  KVASIR_TRY_ASSIGN(
      auto rows, database_.prepare("SELECT name, pinned, last_used_ms, reused_tokens, saved_ms FROM owners"));
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    contents.owners[rows.text(0)] = {{},
                                     rows.integer(1) != 0,
                                     rows.integer(2),
                                     static_cast<uint64_t>(rows.integer(3)),
                                     static_cast<uint64_t>(rows.integer(4))};
  }
  KVASIR_TRY_ASSIGN(auto heads, database_.prepare("SELECT owner, key FROM heads"));
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, heads.step());
    if (!has_row) return {};
    BlockKey key;
    if (!copy_blob(heads.blob(1), key)) return senseless("claim");
    contents.owners[heads.text(0)].heads.insert(key);
  }
}

Result<void> StoreIndex::load_counters(IndexContents& contents) {
  KVASIR_TRY_ASSIGN(auto rows, database_.prepare("SELECT name, value FROM counters"));
  IndexCounters& counters = contents.counters;
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return {};
    const std::string name = rows.text(0);
    const int64_t value = rows.integer(1);
    if (name == "day") counters.day = value;
    if (name == "bytes_written_today") counters.bytes_written_today = static_cast<uint64_t>(value);
    if (name == "bytes_written") counters.bytes_written = static_cast<uint64_t>(value);
    if (name == "replaced_tail_bytes") counters.replaced_tail_bytes = static_cast<uint64_t>(value);
    if (name == "reused_tokens") counters.reused_tokens = static_cast<uint64_t>(value);
    if (name == "saved_ms") counters.saved_ms = static_cast<uint64_t>(value);
  }
}

Result<void> StoreIndex::commit(const IndexChanges& changes) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(database_));
  KVASIR_TRY(commit_records(changes));
  KVASIR_TRY(commit_packs(changes));
  KVASIR_TRY(commit_owners(changes));
  if (changes.counters) KVASIR_TRY(commit_counters(*changes.counters));
  return transaction.commit();
}

Result<void> StoreIndex::forget_pack(uint32_t number) {
  KVASIR_TRY(database_.run("DELETE FROM records WHERE place >= ?1 AND place < ?2", place_of(number, 0),
                           place_of(number + 1, 0)));
  return database_.run("DELETE FROM packs WHERE number = ?1", int64_t{number});
}

Result<void> StoreIndex::commit_records(const IndexChanges& changes) {
  for (const uint32_t number : changes.rewritten_packs) KVASIR_TRY(forget_pack(number));
  KVASIR_TRY_ASSIGN(auto add,
                    database_.prepare("INSERT OR REPLACE INTO records (place, kind, key, parent, "
                                      "payload_bytes, last_used_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  for (const IndexedRecord& record : changes.added) {
    add.reset();
    add.bind_all(place_of(record.pack, record.offset), static_cast<int64_t>(record.kind),
                 std::span<const std::byte>(record.key), std::span<const std::byte>(record.parent),
                 static_cast<int64_t>(record.payload_bytes), record.last_used_ms);
    KVASIR_TRY(add.run());
  }
  KVASIR_TRY_ASSIGN(auto touch,
                    database_.prepare("UPDATE records SET last_used_ms = ?2 WHERE place = ?1 AND key = ?3"));
  for (const IndexedRecord& record : changes.touched) {
    touch.reset();
    touch.bind_all(place_of(record.pack, record.offset), record.last_used_ms,
                   std::span<const std::byte>(record.key));
    KVASIR_TRY(touch.run());
  }
  // After what was added: it may be among that.
  KVASIR_TRY_ASSIGN(auto remove, database_.prepare("DELETE FROM records WHERE place = ?1"));
  for (const auto& [pack, offset] : changes.removed) {
    remove.reset();
    remove.bind_all(place_of(pack, offset));
    KVASIR_TRY(remove.run());
  }
  return {};
}

Result<void> StoreIndex::commit_packs(const IndexChanges& changes) {
  for (const auto& [number, pack] : changes.packs) {
    KVASIR_TRY(
        database_.run("INSERT OR REPLACE INTO packs (number, id, indexed_bytes, digest) "
                      "VALUES (?1, ?2, ?3, ?4)",
                      int64_t{number}, std::span<const std::byte>(pack.id),
                      static_cast<int64_t>(pack.indexed_bytes), static_cast<int64_t>(pack.digest)));
  }
  for (const uint32_t number : changes.removed_packs) KVASIR_TRY(forget_pack(number));
  return {};
}

Result<void> StoreIndex::commit_owners(const IndexChanges& changes) {
  for (const auto& [name, entry] : changes.owners) {
    const std::string_view owner = name;
    KVASIR_TRY(database_.run("DELETE FROM owners WHERE name = ?1", owner));
    if (!entry) continue;
    KVASIR_TRY(
        database_.run("INSERT INTO owners (name, pinned, last_used_ms, reused_tokens, saved_ms) "
                      "VALUES (?1, ?2, ?3, ?4, ?5)",
                      owner, int64_t{entry->pinned}, entry->last_used_ms,
                      static_cast<int64_t>(entry->reused_tokens), static_cast<int64_t>(entry->saved_ms)));
    for (const BlockKey& head : entry->heads) {
      KVASIR_TRY(database_.run("INSERT INTO heads (owner, key) VALUES (?1, ?2)", owner,
                               std::span<const std::byte>(head)));
    }
  }
  return {};
}

Result<void> StoreIndex::commit_counters(const IndexCounters& counters) {
  const std::pair<std::string_view, int64_t> values[] = {
      {"day", counters.day},
      {"bytes_written_today", static_cast<int64_t>(counters.bytes_written_today)},
      {"bytes_written", static_cast<int64_t>(counters.bytes_written)},
      {"replaced_tail_bytes", static_cast<int64_t>(counters.replaced_tail_bytes)},
      {"reused_tokens", static_cast<int64_t>(counters.reused_tokens)},
      {"saved_ms", static_cast<int64_t>(counters.saved_ms)}};
  for (const auto& [name, value] : values) {
    KVASIR_TRY(database_.run("INSERT OR REPLACE INTO counters (name, value) VALUES (?1, ?2)", name, value));
  }
  return {};
}

}  // namespace kvasir::storage
