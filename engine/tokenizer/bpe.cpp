#include "engine/tokenizer/bpe.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace kvasir::engine {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
/// Positions are 32-bit: a longer word, which no model has room for, is encoded in parts.
constexpr size_t kMaxWordBytes = size_t{1} << 28;

constexpr uint64_t pair_key(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

}  // namespace

MergeTable::MergeTable(size_t count)
    : slots_(std::bit_ceil(std::max<size_t>(2 * count, 2)), Slot{0, {kNoRank, 0}}),
      shift_(64u - static_cast<unsigned>(std::countr_zero(slots_.size()))) {}

size_t MergeTable::first_slot(uint64_t pair) const {
  pair ^= pair >> 32;
  return static_cast<size_t>((pair * 0x9E3779B97F4A7C15u) >> shift_);  // 2⁶⁴ ÷ golden ratio
}

void MergeTable::add(int32_t left, int32_t right, Merge merge) {
  const uint64_t pair = pair_key(left, right);
  size_t at = first_slot(pair);
  while (slots_[at].merge.rank != kNoRank) {
    if (slots_[at].pair == pair) return;
    at = (at + 1) & (slots_.size() - 1);
  }
  slots_[at] = {pair, merge};
}

MergeTable::Merge MergeTable::find(int32_t left, int32_t right) const {
  const uint64_t pair = pair_key(left, right);
  size_t at = first_slot(pair);
  while (slots_[at].merge.rank != kNoRank && slots_[at].pair != pair) at = (at + 1) & (slots_.size() - 1);
  return slots_[at].merge;
}

void Bpe::encode(std::string_view word, Scratch& scratch, std::vector<int32_t>& ids) const {
  while (!word.empty()) {
    const std::string_view part = word.substr(0, kMaxWordBytes);
    encode_part(part, scratch, ids);
    word.remove_prefix(part.size());
  }
}

// Symbols are a linked list over the word's bytes; the queue holds rank and position of every pair that can
// merge. An entry is stale, and skipped, when the pair at its position has another rank by now: a rank
// names one pair, and a symbol that is gone has none.
void Bpe::encode_part(std::string_view word, Scratch& scratch, std::vector<int32_t>& ids) const {
  auto& symbols = scratch.symbols;
  auto& queue = scratch.queue;
  const auto count = static_cast<uint32_t>(word.size());
  symbols.resize(count);
  queue.clear();

  const auto update_merge = [&](uint32_t at) {
    auto& symbol = symbols[at];
    symbol.merge = symbol.next == kNone ? MergeTable::Merge{MergeTable::kNoRank, 0}
                                        : merges.find(symbol.id, symbols[symbol.next].id);
    return symbol.merge.rank != MergeTable::kNoRank;
  };
  const auto entry = [&](uint32_t at) { return uint64_t{symbols[at].merge.rank} << 32 | at; };
  const auto push = [&](uint32_t at) {
    queue.push_back(entry(at));
    std::push_heap(queue.begin(), queue.end(), std::greater<>());
  };

  for (uint32_t i = 0; i < count; ++i) {
    symbols[i] = {byte_tokens[static_cast<unsigned char>(word[i])],
                  i == 0 ? kNone : i - 1,
                  i + 1 == count ? kNone : i + 1,
                  {}};
  }
  for (uint32_t i = 0; i < count; ++i)
    if (update_merge(i)) queue.push_back(entry(i));
  std::make_heap(queue.begin(), queue.end(), std::greater<>());

  while (!queue.empty()) {
    std::pop_heap(queue.begin(), queue.end(), std::greater<>());
    const uint64_t best = queue.back();
    queue.pop_back();
    const auto at = static_cast<uint32_t>(best);
    auto& symbol = symbols[at];
    if (symbol.merge.rank != best >> 32) continue;

    auto& gone = symbols[symbol.next];
    symbol.id = symbol.merge.merged;
    symbol.next = gone.next;
    gone.merge.rank = MergeTable::kNoRank;
    if (symbol.next != kNone) symbols[symbol.next].previous = at;
    if (update_merge(at)) push(at);
    if (symbol.previous != kNone && update_merge(symbol.previous)) push(symbol.previous);
  }
  for (uint32_t at = 0; at != kNone; at = symbols[at].next) ids.push_back(symbols[at].id);
}

}  // namespace kvasir::engine
