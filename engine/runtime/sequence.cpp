#include "engine/runtime/sequence.h"

#include "engine/kv/kv_block.h"

#include <algorithm>
#include <utility>

namespace kvasir::engine {

Sequence::Sequence(KvCache cache, BlockChain root, const Hash256& fingerprint)
    : cache_(std::move(cache)), chain_(std::move(root)), fingerprint_(fingerprint) {}

uint32_t Sequence::keep_common_prefix(std::span<const int32_t> prompt, uint32_t limit) {
  const size_t comparable = std::min({ids_.size(), prompt.size(), size_t{limit}});
  const auto difference =
      std::mismatch(ids_.begin(), ids_.begin() + static_cast<ptrdiff_t>(comparable), prompt.begin());
  const auto kept = static_cast<uint32_t>(difference.first - ids_.begin());
  ids_.resize(kept);
  cache_.set_length(kept);
  chain_.truncate(kept);
  offered_blocks_ = std::min(offered_blocks_, chain_.keys.size());
  return kept;
}

uint32_t Sequence::available(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store) const {
  const size_t comparable = std::min({ids_.size(), prompt.size(), size_t{limit}});
  const auto in_memory = static_cast<size_t>(
      std::mismatch(prompt.begin(), prompt.begin() + static_cast<ptrdiff_t>(comparable), ids_.begin()).first -
      prompt.begin());
  BlockChain wanted = chain_;
  wanted.truncate(in_memory);
  const size_t first_block = wanted.keys.size();
  wanted.extend(prompt.first(limit));
  const size_t held = store.find_prefix(std::span(wanted.keys).subspan(first_block));
  return static_cast<uint32_t>(std::max(in_memory, (first_block + held) * kBlockTokens));
}

uint32_t Sequence::restore(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store,
                           const BlockOwner& owner, std::stop_token stop) {
  restore_blocks(prompt, limit, store, stop);
  if (!owner.empty() && !stop.stop_requested()) restore_tail(prompt, limit, store, owner);
  return cache_.length();
}

void Sequence::restore_blocks(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store,
                              const std::stop_token& stop) {
  const size_t first_block = ids_.size() / kBlockTokens;
  BlockChain wanted = chain_;
  wanted.extend(prompt.first(limit));
  const auto keys = std::span(wanted.keys).subspan(first_block);
  const size_t held = store.find_prefix(keys);
  if ((first_block + held) * kBlockTokens <= ids_.size()) return;

  const size_t taken = store.read(
      keys.first(held),
      [&](size_t index, std::span<const std::byte> record) {
        const size_t block = first_block + index;
        const auto position = static_cast<uint32_t>(block * kBlockTokens);
        return import_kv_block(record, cache_, position, wanted.keys[block], wanted.parent(block),
                               fingerprint_, prompt.subspan(position, kBlockTokens))
            .has_value();
      },
      stop);
  // A block that is there but can't be used, and those behind it, which can't be trusted more: all will be
  // computed now and stored anew.
  if (!stop.stop_requested() && taken < held) store.quarantine(keys.subspan(taken, held - taken));

  const size_t restored = (first_block + taken) * kBlockTokens;
  if (restored <= ids_.size()) return;
  take(prompt, static_cast<uint32_t>(restored));
  // Blocks before these may have been in memory only; offering them again costs a look at the index.
  if (offered_blocks_ >= first_block) offered_blocks_ = first_block + taken;
}

void Sequence::restore_tail(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store,
                            const BlockOwner& owner) {
  const size_t block = ids_.size() / kBlockTokens;
  const auto position = static_cast<uint32_t>(block * kBlockTokens);
  if (ids_.size() >= limit || (owner == tail_owner_ && ids_.size() >= tail_end_)) return;
  tail_owner_.clear();  // whatever is there, what is written next takes its place
  const auto record = store.read_tail(owner);
  if (!record) return;
  chain_.extend(ids_);
  const auto tokens = import_kv_tail(*record, cache_, position, chain_.parent(block), fingerprint_,
                                     prompt.subspan(position, limit - position));
  if (tokens && position + *tokens > ids_.size()) take(prompt, position + *tokens);
}

void Sequence::take(std::span<const int32_t> prompt, uint32_t tokens) {
  ids_.assign(prompt.begin(), prompt.begin() + tokens);
  cache_.set_length(tokens);
  chain_.extend(ids_);
}

void Sequence::append(std::span<const int32_t> new_ids) {
  ids_.insert(ids_.end(), new_ids.begin(), new_ids.end());
}

void Sequence::offer(BlockStore& store, size_t tokens) {
  const size_t known_blocks = chain_.keys.size();
  chain_.extend(std::span(ids_).first(tokens));
  // A store that had no room is asked again when there is another block, not after every token: making a
  // record costs as much as reading all of the block's KV.
  if (chain_.keys.size() == known_blocks) return;
  offer_blocks(store);
}

void Sequence::offer_blocks(BlockStore& store) {
  for (; offered_blocks_ < chain_.keys.size(); ++offered_blocks_) {
    const size_t block = offered_blocks_;
    if (store.find_prefix(std::span(chain_.keys).subspan(block, 1)) == 1) continue;
    const auto position = static_cast<uint32_t>(block * kBlockTokens);
    auto record = encode_kv_block(cache_, position, chain_.keys[block], chain_.parent(block), fingerprint_,
                                  std::span(ids_).subspan(position, kBlockTokens));
    if (!record || !store.write(chain_.keys[block], stored_parent(block), std::move(*record))) return;
  }
}

void Sequence::offer_all(BlockStore& store, const BlockOwner& owner) {
  if (owner.empty()) return;
  chain_.extend(ids_);
  offer_blocks(store);
  if (offered_blocks_ > 0) store.claim(owner, chain_.keys[offered_blocks_ - 1]);
  const size_t blocks = chain_.keys.size();
  const auto position = static_cast<uint32_t>(blocks * kBlockTokens);
  const auto rest = std::span(ids_).subspan(position);
  if (offered_blocks_ < blocks || rest.empty()) return;
  const Hash256 key = kv_tail_key(chain_.parent(blocks), rest);
  if (owner == tail_owner_ && key == tail_key_) return;
  auto record = encode_kv_tail(cache_, position, chain_.parent(blocks), fingerprint_, rest);
  if (!record || !store.write_tail(owner, stored_parent(blocks), std::move(*record))) return;
  tail_owner_ = owner;
  tail_end_ = ids_.size();
  tail_key_ = key;
}

}  // namespace kvasir::engine
