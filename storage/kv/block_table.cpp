#include "storage/kv/block_table.h"

namespace kvasir::storage {

const StoredRecord* BlockTable::find(const BlockKey& key) const {
  const auto held = records_.find(key);
  return held != records_.end() ? &held->second : nullptr;
}

bool BlockTable::insert(const BlockKey& key, const StoredRecord& record) {
  if (!records_.emplace(key, record).second) return false;
  if (children(key) == 0) leaves_.insert({record.last_used_ms, key});
  if (record.parent != kNoParent && ++children_[record.parent] == 1) {
    if (const StoredRecord* parent = find(record.parent))
      leaves_.erase({parent->last_used_ms, record.parent});
  }
  if (record.kind == RecordKind::Tail) ++tails_;
  account(record, true);
  return true;
}

std::optional<StoredRecord> BlockTable::erase(const BlockKey& key) {
  const auto held = records_.find(key);
  if (held == records_.end()) return std::nullopt;
  StoredRecord record = std::move(held->second);
  records_.erase(held);
  leaves_.erase({record.last_used_ms, key});
  if (record.parent != kNoParent && --children_[record.parent] == 0) {
    children_.erase(record.parent);
    if (const StoredRecord* parent = find(record.parent))
      leaves_.insert({parent->last_used_ms, record.parent});
  }
  if (record.kind == RecordKind::Tail) --tails_;
  account(record, false);
  return record;
}

void BlockTable::move(const BlockKey& key, const RecordPlace& place) {
  StoredRecord& record = records_.at(key);
  account(record, false);
  record.place = place;
  account(record, true);
}

void BlockTable::touch(const BlockKey& key, int64_t now_ms) {
  StoredRecord& record = records_.at(key);
  if (leaves_.erase({record.last_used_ms, key}) != 0) leaves_.insert({now_ms, key});
  record.last_used_ms = now_ms;
}

void BlockTable::clear() {
  *this = BlockTable();
}

uint32_t BlockTable::children(const BlockKey& key) const {
  const auto counted = children_.find(key);
  return counted != children_.end() ? counted->second : 0;
}

uint64_t BlockTable::live_bytes(uint32_t pack_number) const {
  const auto counted = live_bytes_of_.find(pack_number);
  return counted != live_bytes_of_.end() ? counted->second : 0;
}

void BlockTable::account(const StoredRecord& record, bool added) {
  uint64_t& of_pack = live_bytes_of_[record.place.pack->number()];
  const uint64_t bytes = record.bytes_on_disk();
  of_pack = added ? of_pack + bytes : of_pack - bytes;
  live_bytes_ = added ? live_bytes_ + bytes : live_bytes_ - bytes;
}

}  // namespace kvasir::storage
