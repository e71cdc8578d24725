#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// Which two neighbouring tokens become which one, and how early. A flat hash table with linear probing.
class MergeTable {
 public:
  struct Merge {
    uint32_t rank;   ///< lower is merged first
    int32_t merged;  ///< the token that the two become
  };
  static constexpr uint32_t kNoRank = UINT32_MAX;

  /// Room for `count` merges; more must not be added.
  explicit MergeTable(size_t count = 0);
  /// A pair that is there already keeps its first rank.
  void add(int32_t left, int32_t right, Merge merge);
  /// `kNoRank` where the two don't merge.
  Merge find(int32_t left, int32_t right) const;

 private:
  struct Slot {
    uint64_t pair;
    Merge merge;  // rank kNoRank: free
  };
  size_t first_slot(uint64_t pair) const;

  std::vector<Slot> slots_;  // {a power of two, at most half used}
  unsigned shift_;           // 64 − log₂(slots)
};

/// Byte-level byte pair encoding of one word. In a word of n bytes, which may be long, takes O(n log n).
///
/// Immutable once filled: safe to use from several threads, each with its own `Scratch`.
class Bpe {
 public:
  /// Memory that calls reuse.
  struct Scratch {
    struct Symbol {
      int32_t id;
      uint32_t previous, next;  // positions in `symbols`
      MergeTable::Merge merge;  // with the next symbol
    };
    std::vector<Symbol> symbols;
    std::vector<uint64_t> queue;
  };

  std::array<int32_t, 256> byte_tokens{};  ///< the token of each single byte
  MergeTable merges;

  /// Appends the ids of `word` to `ids`.
  void encode(std::string_view word, Scratch& scratch, std::vector<int32_t>& ids) const;

 private:
  void encode_part(std::string_view word, Scratch& scratch, std::vector<int32_t>& ids) const;
};

}  // namespace kvasir::engine
