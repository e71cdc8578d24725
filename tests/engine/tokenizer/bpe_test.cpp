#include "engine/tokenizer/bpe.h"

#include <QtTest>
#include <map>
#include <random>
#include <string>

using namespace kvasir::engine;

namespace {

using Ids = std::vector<int32_t>;
using Merges = std::map<std::pair<int32_t, int32_t>, MergeTable::Merge>;

/// The definition: merge the lowest-ranked pair, leftmost first, until none is left.
Ids reference_encode(const Merges& merges, std::string_view word) {
  Ids ids;
  for (char c : word) ids.push_back(static_cast<unsigned char>(c));
  while (true) {
    size_t best = ids.size();
    MergeTable::Merge best_merge{MergeTable::kNoRank, 0};
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto found = merges.find({ids[i], ids[i + 1]});
      if (found != merges.end() && found->second.rank < best_merge.rank) {
        best = i;
        best_merge = found->second;
      }
    }
    if (best == ids.size()) return ids;
    ids[best] = best_merge.merged;
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
}

/// The bytes are their own tokens; token 256 + i is what merge i makes.
Bpe bpe_of(const Merges& merges) {
  Bpe bpe;
  for (int32_t byte = 0; byte < 256; ++byte) bpe.byte_tokens[static_cast<size_t>(byte)] = byte;
  bpe.merges = MergeTable(merges.size());
  for (const auto& [pair, merge] : merges) bpe.merges.add(pair.first, pair.second, merge);
  return bpe;
}

Ids encode(const Bpe& bpe, std::string_view word) {
  Bpe::Scratch scratch;
  Ids ids;
  bpe.encode(word, scratch, ids);
  return ids;
}

}  // namespace

class BpeTest : public QObject {
  Q_OBJECT

 private slots:
  void lower_ranks_merge_first_and_of_equals_the_left() {
    // Rank 0: bc, rank 1: ab, rank 2: aa.
    const Bpe bpe = bpe_of({{{'b', 'c'}, {0, 256}}, {{'a', 'b'}, {1, 257}}, {{'a', 'a'}, {2, 258}}});
    QCOMPARE(encode(bpe, "abc"), (Ids{'a', 256}));
    QCOMPARE(encode(bpe, "aba"), (Ids{257, 'a'}));
    QCOMPARE(encode(bpe, "aaa"), (Ids{258, 'a'}));
    QCOMPARE(encode(bpe, "aab"), (Ids{'a', 257}));
    QCOMPARE(encode(bpe, ""), Ids{});
    QCOMPARE(encode(bpe, "\xFF"), Ids{255});
  }

  void random_merges_give_what_the_definition_gives() {
    std::mt19937_64 random(1);
    for (int round = 0; round < 300; ++round) {
      Merges merges;
      Ids tokens{'a', 'b', 'c'};
      const size_t count = 1 + random() % 40;
      for (uint32_t rank = 0; rank < count; ++rank) {
        const std::pair pair(tokens[random() % tokens.size()], tokens[random() % tokens.size()]);
        const auto merged = static_cast<int32_t>(256 + rank);
        if (merges.emplace(pair, MergeTable::Merge{rank, merged}).second) tokens.push_back(merged);
      }
      const Bpe bpe = bpe_of(merges);
      for (int i = 0; i < 20; ++i) {
        std::string word(random() % 50, 'a');
        for (char& c : word) c = static_cast<char>('a' + random() % 3);
        QCOMPARE(encode(bpe, word), reference_encode(merges, word));
      }
    }
  }

  void a_repeated_merge_keeps_its_first_rank() {
    MergeTable table(2);
    table.add(1, 2, {5, 100});
    table.add(1, 2, {3, 200});
    QCOMPARE(table.find(1, 2).rank, 5u);
    QCOMPARE(table.find(1, 2).merged, 100);
    QCOMPARE(table.find(2, 1).rank, MergeTable::kNoRank);
    QCOMPARE(MergeTable().find(0, 0).rank, MergeTable::kNoRank);
  }

  void a_word_of_a_million_bytes_is_encoded() {
    // aa → A, AA → B, … : a run of 2^k becomes few tokens, through many stale queue entries.
    Merges merges;
    int32_t token = 'a';
    for (uint32_t rank = 0; rank < 6; ++rank) {
      const auto merged = static_cast<int32_t>(256 + rank);
      merges[{token, token}] = {rank, merged};
      token = merged;
    }
    const Ids ids = encode(bpe_of(merges), std::string(1'000'003, 'a'));
    QCOMPARE(ids.size(), size_t{15625 + 2});  // 1,000,003 = 64·15625 + 2 + 1
    QCOMPARE(ids.front(), 261);
    QCOMPARE(ids[ids.size() - 2], 256);
    QCOMPARE(ids.back(), int32_t{'a'});
  }
};

QTEST_GUILESS_MAIN(BpeTest)
#include "bpe_test.moc"
