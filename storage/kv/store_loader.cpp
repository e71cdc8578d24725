// Opening the store: the index says what is in the packs, and the packs what the index has not been told.
#include "storage/base/try.h"
#include "storage/kv/store_state.h"

#include <algorithm>
#include <limits>

namespace kvasir::storage {
namespace {

/// What makes room is not urgent while the program starts.
constexpr std::chrono::seconds kFirstTidyAfter{30};

/// Of a file that is about to be read in small pieces: together they cost a disk little more than one.
void ask_for(FileSystem& files, const std::filesystem::path& path, uint64_t bytes) {
  if (const auto file = files.open(path, /*create=*/false)) (*file)->read_ahead(0, bytes);
}

}  // namespace

Result<void> DiskBlockStore::State::load() {
  KVASIR_TRY(files.create_directories(directory));
  KVASIR_TRY_ASSIGN(const auto paths, files.list(directory));
  std::vector<uint32_t> numbers;
  for (const auto& path : paths) {
    if (const auto number = pack_number(path)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  for (const uint32_t number : numbers) ask_for(files, pack_path(directory, number), kPackHeaderBytes);
  IndexContents contents;
  load_index(contents);
  counts.index_rebuilt = contents.packs.empty() && !numbers.empty();
  for (const uint32_t number : numbers) load_pack(number, contents);
  for (const auto& [number, pack] : contents.packs) {
    next_number = std::max(next_number, number + 1);
    if (!packs.contains(number)) changes.removed_packs.push_back(number);
  }
  take_owners(contents);
  counters = contents.counters;
  tidy_at = Clock::now() + kFirstTidyAfter;
  return {};
}

void DiskBlockStore::State::load_index(IndexContents& contents) {
  ask_for(files, directory / StoreIndex::kFileName, std::numeric_limits<uint32_t>::max());
  auto opened = StoreIndex::open(directory, files);
  auto loaded = opened ? (*opened)->load() : tl::unexpected<Error>(opened.error());
  if (!loaded) {
    opened = fail(ErrorCode::Corrupt, "");  // closes it
    StoreIndex::discard(directory, files);
    opened = StoreIndex::open(directory, files);
  }
  // Without one the packs are walked each time, and owners are forgotten at the end.
  if (opened) index = std::move(*opened);
  if (loaded) contents = std::move(*loaded);
}

void DiskBlockStore::State::load_pack(uint32_t number, IndexContents& contents) {
  next_number = number + 1;
  // Only the newest pack is ever appended to.
  current = nullptr;
  const auto path = pack_path(directory, number);
  auto opened = Pack::open(files, path, cipher);
  if (!opened || opened->standing == Pack::Standing::Newer) {
    ++counts.packs_skipped;
    return;
  }
  if (opened->standing == Pack::Standing::Useless) {
    std::ignore = files.remove(path);  // tried again next time
    return;
  }
  if (opened->standing == Pack::Standing::Foreign) {
    ++counts.packs_skipped;
    foreign.push_back({path, opened->file_bytes, opened->created_at_ms});
    return;
  }
  const std::shared_ptr<Pack> pack = std::move(opened->pack);
  packs.emplace(number, PackEntry{pack, 0, 0});
  const bool has_rows = take_rows(pack, contents);
  take_walked(pack, has_rows ? contents.packs.at(number).indexed_bytes : kPackHeaderBytes);
  if (pack->appendable()) current = pack;
  // A process that was killed may not have come to making its name durable.
  current_is_new = true;
}

bool DiskBlockStore::State::take_rows(const std::shared_ptr<Pack>& pack, IndexContents& contents) {
  const auto known = contents.packs.find(pack->number());
  if (known == contents.packs.end()) return false;
  const IndexedPack& said = known->second;
  const auto& rows = contents.records[pack->number()];
  uint64_t digest = 0;
  uint64_t end = kPackHeaderBytes;
  bool in_order = true;
  for (const IndexedRecord& row : rows) {
    digest ^= row.digest();
    in_order = in_order && row.offset >= end;
    end = row.offset + record_bytes(row.payload_bytes);
  }
  if (said.id != pack->id() || said.digest != (digest ^ said.own_digest()) || !in_order ||
      end > said.indexed_bytes || said.indexed_bytes > pack->bytes_on_disk()) {
    changes.rewritten_packs.push_back(pack->number());
    return false;
  }
  packs.at(pack->number()).digest = digest;
  for (const IndexedRecord& row : rows) {
    const StoredRecord record{row.kind, row.parent, {pack, row.offset}, row.payload_bytes, row.last_used_ms};
    if (table.insert(row.key, record)) continue;
    // A copy from before the end of a compaction; of tails, as everywhere, the newest is used.
    if (row.kind == RecordKind::Tail || !is_still_there(row.key)) {
      remove_record(row.key);
      table.insert(row.key, record);
    } else {
      note_row(row, false);
      doom(record.place, {row.kind, row.key, row.payload_bytes});
    }
  }
  return true;
}

void DiskBlockStore::State::take_walked(const std::shared_ptr<Pack>& pack, uint64_t from) {
  const int64_t now = now_ms();
  pack->walk(from, [&](uint64_t offset, const RecordHeader& header) {
    const StoredRecord record{header.kind, header.parent, {pack, offset}, header.payload_bytes, now};
    if (header.kind == RecordKind::Tail || !is_still_there(header.key)) remove_record(header.key);
    if (!add_record(header.key, record)) doom(record.place, {header.kind, header.key, header.payload_bytes});
  });
  PackEntry& entry = packs.at(pack->number());
  entry.known_bytes = pack->end();
  if (entry.known_bytes == from && from != kPackHeaderBytes) return;
  dirty_packs.insert(pack->number());
  mark_dirty();
}

bool DiskBlockStore::State::is_still_there(const BlockKey& key) const {
  const StoredRecord* held = table.find(key);
  return held != nullptr &&
         held->place.pack->holds(held->place.offset, {held->kind, key, held->payload_bytes});
}

void DiskBlockStore::State::take_owners(const IndexContents& contents) {
  for (const auto& [owner, entry] : contents.owners) {
    OwnerEntry held = entry;
    std::erase_if(held.heads, [&](const BlockKey& head) { return table.find(head) == nullptr; });
    if (held.heads.size() != entry.heads.size()) dirty_owners.insert(owner);
    owners.restore(owner, held);
  }
}

}  // namespace kvasir::storage
