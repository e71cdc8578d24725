// Puts the disk block store through many crashes and corruptions, made up from a seed, and compares what it
// returns with a model. `store_soak --states 100000 [--seed 1]`; ends with 1 at the first thing that is
// wrong.
#include "storage/kv/disk_block_store.h"
#include "storage/kv/pack.h"
#include "tests/storage/block_records.h"
#include "tests/support/faulty_file_system.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace kvasir::storage;
using namespace kvasir::storage::testing;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kFolder = "/kv";
constexpr uint32_t kBlocks = 48;
constexpr uint32_t kOwners = 4;
/// After so many states everything begins anew, with other options.
constexpr uint32_t kStatesOfALife = 25;

using Paths = std::vector<std::filesystem::path>;

/// A tree: the first few are heads, each other block continues an earlier one.
std::optional<uint32_t> parent_in_tree(uint32_t n) {
  if (n < 3) return std::nullopt;
  return std::to_integer<uint32_t>(key_of(n)[5]) % 3 == 0 ? n - 3 : n - 1;
}

BlockKey parent_key(uint32_t n) {
  const auto parent = parent_in_tree(n);
  return parent ? key_of(*parent) : BlockKey{};
}

std::string owner_name(uint32_t n) {
  return "owner " + std::to_string(n);
}

/// The `version`-th tail of an owner: says which it is.
Bytes tail_of(uint32_t owner, uint32_t version) {
  Bytes bytes = record_of(1000 + 100 * owner + version % 100);
  bytes.insert(bytes.begin(), {static_cast<std::byte>(owner), static_cast<std::byte>(version),
                               static_cast<std::byte>(version >> 8)});
  return bytes;
}

struct Counts {
  uint64_t states = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t tail_hits = 0;
};

/// One store's life: sessions that end with a crash, between which files may be damaged.
class Life {
 public:
  Life(uint64_t seed, Counts& counts) : random_(seed), counts_(counts) {
    options_.group_delay = chance(2) ? 1h : 0h;
    options_.retry_delay = 0ms;
    options_.pack_bytes = 1500 + below(4000);
    options_.read_threads = 1;
    options_.now = [this] {
      return std::chrono::system_clock::time_point(std::chrono::seconds(now_s_.load()));
    };
    if (chance(2)) options_.secret.assign(32, static_cast<std::byte>(1 + below(200)));
    if (chance(2)) options_.replaced_tail_bytes = below(2000);
    is_bounded_ = chance(3);
    if (is_bounded_) options_.limits.quota_bytes = 4000 + below(12000);
    files_ = std::make_unique<FaultyFileSystem>();
  }

  /// Empty, or what was wrong.
  std::string run(uint32_t states) {
    for (uint32_t state = 0; state < states && wrong_.empty(); ++state) {
      open();
      if (!store_) break;
      verify();
      if (wrong_.empty()) session();
      end_session();
      ++counts_.states;
    }
    return wrong_;
  }

 private:
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }
  bool chance(uint32_t one_in) { return below(one_in) == 0; }
  void complain(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  void open() {
    auto store = DiskBlockStore::open(kFolder, *files_, options_);
    if (store) {
      store_ = std::move(*store);
    } else {
      complain("the store does not open: " + store.error().message);
    }
  }

  /// What is returned is right, and what was durable is there.
  void verify() {
    for (uint32_t n = 0; n < kBlocks; ++n) {
      const auto record = read_record(*store_, n);
      record ? ++counts_.hits : ++counts_.misses;
      if (record && *record != record_of(n)) complain("block " + std::to_string(n) + " is another one");
      if (record && forbidden_.contains(n)) complain("block " + std::to_string(n) + " was quarantined");
      if (!record && durable_.contains(n)) complain("block " + std::to_string(n) + " was durable");
    }
    for (uint32_t owner = 0; owner < kOwners; ++owner) verify_tail(owner);
    for (const BlockOwnerUsage& usage : store_->usage()) {
      if (usage.own_bytes > usage.bytes || usage.blocks > kBlocks) complain("senseless usage");
    }
    const auto stats = store_->stats();
    if (stats.live_bytes > stats.bytes_on_disk) complain("more lives than is on the disk");
  }

  void verify_tail(uint32_t owner) {
    const auto tail = store_->read_tail(owner_name(owner));
    if (!tail) {
      if (durable_tails_.contains(owner)) complain("a tail was durable");
      return;
    }
    ++counts_.tail_hits;
    if (tail->size() < 3) return complain("a tail is another one");
    const auto version = std::to_integer<uint32_t>((*tail)[1]) | std::to_integer<uint32_t>((*tail)[2]) << 8;
    if (version > tails_written_[owner] || *tail != tail_of(owner, version))
      complain("a tail is another one");
    const auto durable = durable_tails_.find(owner);
    if (durable != durable_tails_.end() && version < durable->second) complain("a tail is an old one");
  }

  void session() {
    if (chance(3)) {
      files_->fail_after(below(80), chance(2) ? ErrorCode::Io : ErrorCode::DiskFull,
                         chance(2) ? 1 : UINT64_MAX);
    }
    const uint32_t steps = 3 + below(20);
    for (uint32_t i = 0; i < steps && wrong_.empty(); ++i) step();
  }

  void step() {
    const uint32_t n = below(kBlocks);
    const uint32_t owner = below(kOwners);
    switch (below(16)) {
      case 0:
        return quarantine(n);
      case 1:
        return release(owner);
      case 2:
        return store_->claim(owner_name(owner), key_of(n));
      case 3:
        return write_tail(owner, n);
      case 4:
        return store_->pin(owner_name(owner), chance(2));
      case 5:
        store_->tidy();
        return note_what_is_held_less();
      case 6:
        return pass_time();
      case 7:
        return read_some(n);
      case 8:
      case 9:
        return flush();
      default:
        return write_chain(n);
    }
  }

  /// A block with what it continues.
  void write_chain(uint32_t n) {
    std::vector<uint32_t> chain = {n};
    while (const auto parent = parent_in_tree(chain.back())) chain.push_back(*parent);
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
      if (!store_->write(key_of(*at), parent_key(*at), record_of(*at))) return;
      forbidden_.erase(*at);
    }
  }
  void write_tail(uint32_t owner, uint32_t n) {
    const uint32_t version = ++tails_written_[owner];
    store_->write_tail(owner_name(owner), key_of(n), tail_of(owner, version));
  }
  void quarantine(uint32_t n) {
    const std::vector keys = {key_of(n), key_of((n + 1) % kBlocks)};
    store_->quarantine(keys);
    for (const uint32_t gone : {n, (n + 1) % kBlocks}) durable_.erase(gone);
    quarantined_.insert({n, (n + 1) % kBlocks});
  }
  void release(uint32_t owner) {
    store_->release(owner_name(owner));
    durable_tails_.erase(owner);
    note_what_is_held_less();
  }
  void pass_time() {
    now_s_ += below(20) == 0 ? 40 * 24 * 3600 : below(100000);
    if (chance(4)) store_->tidy();
    note_what_is_held_less();
  }
  void read_some(uint32_t n) {
    if (chance(8)) files_->fail_reads(true);
    const auto record = read_record(*store_, n);
    files_->fail_reads(false);
    if (record && *record != record_of(n)) complain("block " + std::to_string(n) + " is another one");
    if (chance(2)) store_->prefetch(std::vector{key_of(n)});
  }

  /// Deleting for a reason is allowed; the rest stays durable.
  void note_what_is_held_less() {
    std::erase_if(durable_, [&](uint32_t n) { return store_->find_prefix(std::vector{key_of(n)}) == 0; });
    // What is read may be a newer one that waits to be written: the durable one may be gone.
    std::erase_if(durable_tails_, [&](const auto& tail) { return tail_version(tail.first) != tail.second; });
  }
  /// Of the tail that is read, if there is one.
  std::optional<uint32_t> tail_version(uint32_t owner) {
    const auto tail = store_->read_tail(owner_name(owner));
    if (!tail || tail->size() < 3) return std::nullopt;
    return std::to_integer<uint32_t>((*tail)[1]) | std::to_integer<uint32_t>((*tail)[2]) << 8;
  }

  void flush() {
    store_->flush();
    note_what_is_held_less();
    if (!store_->health()) return;
    if (store_->stats().saving != Saving::On) return;
    for (uint32_t n = 0; n < kBlocks; ++n) {
      if (read_record(*store_, n)) durable_.insert(n);
    }
    for (const uint32_t n : quarantined_) {
      // Of damaged packs there may be other copies that were not found so far.
      if (!durable_.contains(n) && !packs_were_damaged_) forbidden_.insert(n);
    }
    quarantined_.clear();
    for (uint32_t owner = 0; owner < kOwners; ++owner) {
      if (const auto version = tail_version(owner)) durable_tails_[owner] = *version;
    }
  }

  void end_session() {
    std::unique_ptr<FaultyFileSystem> survivor;
    const uint32_t how = below(4);
    if (how == 0) store_.reset();  // in order
    if (is_bounded_ && store_) note_what_is_held_less();
    survivor = how <= 1   ? files_->after_kill()
               : how == 2 ? files_->after_power_loss()
                          : files_->after_power_loss(random_);
    store_.reset();
    // What the writer did meanwhile by itself (evicting above all) is its right.
    if (is_bounded_) forget_what_was_durable();
    // A power loss may take the index.
    if (packs_were_damaged_ && how >= 2) forget_what_was_durable();
    quarantined_.clear();
    files_ = std::move(survivor);
    if (chance(3)) damage_index();
    if (chance(4)) damage_packs();
    remember_index();
  }

  void forget_what_was_durable() {
    durable_.clear();
    durable_tails_.clear();
  }

  Paths paths(bool packs) {
    Paths all = *files_->list(kFolder);
    std::erase_if(all, [&](const auto& path) { return pack_number(path).has_value() != packs; });
    return all;
  }

  /// Whatever becomes of the index, blocks stay; unless they are behind a damaged header, where only the
  /// index knows of them.
  void damage_index() {
    if (packs_were_damaged_) forget_what_was_durable();
    const Paths files = paths(false);
    const uint32_t how = below(3);
    for (const auto& path : files) {
      if (how == 0) (void)files_->remove(path);
      if (how == 1) flip(path);
    }
    if (how == 2 && !old_index_.empty()) {
      for (const auto& path : files) (void)files_->remove(path);
      for (const auto& [path, bytes] : old_index_) files_->set_contents(path, bytes);
    }
  }
  void remember_index() {
    if (!chance(5)) return;
    old_index_.clear();
    for (const auto& path : paths(false)) old_index_[path] = files_->contents(path);
  }

  /// After this nothing need be there, but what is there must be right.
  void damage_packs() {
    const Paths files = paths(true);
    if (files.empty()) return;
    packs_were_damaged_ = true;
    forget_what_was_durable();
    // What was marked dead may live again, as it was.
    forbidden_.clear();
    const auto& path = files[below(static_cast<uint32_t>(files.size()))];
    const auto& other = files[below(static_cast<uint32_t>(files.size()))];
    Bytes bytes = files_->contents(path);
    switch (below(6)) {
      case 0:
        return flip(path);
      case 1:
        bytes.resize(below(static_cast<uint32_t>(bytes.size() + 1)));
        return files_->set_contents(path, bytes);
      case 2: {
        Bytes swapped = files_->contents(other);
        files_->set_contents(other, bytes);
        return files_->set_contents(path, swapped);
      }
      case 3:
        return files_->set_contents(pack_path(kFolder, 100000 + below(1000)), bytes);
      case 4:
        return swap_stretches(path, bytes);
      default:
        (void)files_->remove(path);
    }
  }
  void flip(const std::filesystem::path& path) {
    Bytes bytes = files_->contents(path);
    for (uint32_t i = 0; !bytes.empty() && i <= below(6); ++i) {
      bytes[below(static_cast<uint32_t>(bytes.size()))] ^= static_cast<std::byte>(1 + below(255));
    }
    files_->set_contents(path, bytes);
  }
  /// Two pieces of equal length change places, often whole records.
  void swap_stretches(const std::filesystem::path& path, Bytes bytes) {
    constexpr uint32_t kUnit = kRecordAlignmentBytes;
    const auto units = static_cast<uint32_t>(bytes.size() / kUnit);
    if (units < 4) return;
    const uint32_t length = 1 + below(units / 4);
    const uint32_t a = below(units / 2 - length + 1);
    const uint32_t b = units / 2 + below(units / 2 - length + 1);
    const auto at = [&](uint32_t unit) { return bytes.begin() + std::ptrdiff_t{unit} * kUnit; };
    std::swap_ranges(at(a), at(a + length), at(b));
    files_->set_contents(path, bytes);
  }

  std::mt19937 random_;
  Counts& counts_;
  DiskBlockStoreOptions options_;
  bool is_bounded_ = false;
  bool packs_were_damaged_ = false;
  std::atomic<int64_t> now_s_ = 1'000'000'000;  ///< asked for by the writer thread too
  std::unique_ptr<FaultyFileSystem> files_;
  std::unique_ptr<DiskBlockStore> store_;
  std::string wrong_;

  std::set<uint32_t> durable_;                  ///< flushed without an error
  std::set<uint32_t> quarantined_;              ///< and not flushed since
  std::set<uint32_t> forbidden_;                ///< quarantined, flushed, and not written again
  std::map<uint32_t, uint32_t> durable_tails_;  ///< owner to version
  std::map<uint32_t, uint32_t> tails_written_;
  std::map<std::filesystem::path, Bytes> old_index_;
};

uint64_t number_after(int argc, char** argv, const char* option, uint64_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], option) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t states = number_after(argc, argv, "--states", 2000);
  const uint64_t first_seed = number_after(argc, argv, "--seed", 1);
  Counts counts;
  for (uint64_t seed = first_seed; counts.states < states; ++seed) {
    Life life(seed, counts);
    const auto left = std::min<uint64_t>(states - counts.states, kStatesOfALife);
    const std::string wrong = life.run(static_cast<uint32_t>(left));
    if (wrong.empty()) continue;
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), wrong.c_str());
    return 1;
  }
  std::printf("%llu states from seed %llu: %llu hits, %llu misses, %llu tails, none of them wrong\n",
              static_cast<unsigned long long>(counts.states), static_cast<unsigned long long>(first_seed),
              static_cast<unsigned long long>(counts.hits), static_cast<unsigned long long>(counts.misses),
              static_cast<unsigned long long>(counts.tail_hits));
  // A test that never finds anything would never find anything wrong.
  return counts.hits > counts.states && counts.tail_hits > 0 ? 0 : 1;
}
