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

uint32_t Sequence::restore(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store,
                           std::stop_token stop) {
  const size_t first_block = ids_.size() / kBlockTokens;
  BlockChain wanted = chain_;
  wanted.extend(prompt.first(limit));
  const auto keys = std::span(wanted.keys).subspan(first_block);
  const size_t held = store.find_prefix(keys);
  if ((first_block + held) * kBlockTokens <= ids_.size()) return cache_.length();

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
  if (!stop.stop_requested())
    for (const Hash256& key : keys.first(held).subspan(taken)) store.quarantine(key);

  const size_t restored = (first_block + taken) * kBlockTokens;
  if (restored > ids_.size()) {
    ids_.assign(prompt.begin(), prompt.begin() + static_cast<ptrdiff_t>(restored));
    cache_.set_length(static_cast<uint32_t>(restored));
    chain_.extend(ids_);
    // Blocks before these may have been in memory only; offering them again costs a look at the index.
    if (offered_blocks_ >= first_block) offered_blocks_ = first_block + taken;
  }
  return cache_.length();
}

void Sequence::append(std::span<const int32_t> new_ids) {
  ids_.insert(ids_.end(), new_ids.begin(), new_ids.end());
}

void Sequence::offer(BlockStore& store) {
  const size_t known_blocks = chain_.keys.size();
  chain_.extend(ids_);
  // A store that had no room is asked again when there is another block, not after every token: making a
  // record costs as much as reading all of the block's KV.
  if (chain_.keys.size() == known_blocks) return;
  for (; offered_blocks_ < chain_.keys.size(); ++offered_blocks_) {
    const size_t block = offered_blocks_;
    if (store.find_prefix(std::span(chain_.keys).subspan(block, 1)) == 1) continue;
    const auto position = static_cast<uint32_t>(block * kBlockTokens);
    auto record = encode_kv_block(cache_, position, chain_.keys[block], chain_.parent(block), fingerprint_,
                                  std::span(ids_).subspan(position, kBlockTokens));
    const Hash256 stored_parent = block == 0 ? Hash256{} : chain_.keys[block - 1];
    if (!store.write(chain_.keys[block], stored_parent, std::move(record))) return;
  }
}

}  // namespace kvasir::engine
