#pragma once

#include "storage/kv/block_table.h"
#include "storage/kv/read_pool.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace kvasir::storage {

/// A record that is wanted: in a pack, or still in memory.
struct WantedRecord {
  RecordIdentity identity;
  RecordPlace place;
  std::shared_ptr<const std::vector<std::byte>> queued;  ///< its bytes, where they are not in a pack yet
};

/// Reads records in large pieces, several at a time, verifies them on the pool's threads, and hands them out
/// in order. For one thread at a time; the pool must outlive it.
class RecordStream {
 public:
  RecordStream(std::span<const WantedRecord> wanted, ReadPool& pool);
  ~RecordStream();
  RecordStream(const RecordStream&) = delete;
  RecordStream& operator=(const RecordStream&) = delete;

  enum class Outcome {
    Intact,
    Unreadable,  ///< an input error, or no memory: it may pass
    Damaged,     ///< or not there any more
  };
  struct Record {
    Outcome outcome = Outcome::Unreadable;
    std::span<const std::byte> payload;  ///< valid until the next call
  };
  /// The next record; as many times as there are records.
  Record next();

 private:
  struct Extent;
  class Buffer;
  /// Begins reading so many extents that there is always work.
  void fill();
  std::shared_ptr<Extent> take_extent();
  /// The records of the first extent have been handed out.
  void drop_first();

  const std::span<const WantedRecord> wanted_;
  ReadPool& pool_;
  size_t planned_ = 0;  ///< records in extents so far
  std::deque<std::shared_ptr<Extent>> extents_;
  size_t taken_ = 0;  ///< records of the first extent that were handed out
  /// Of extents that are done: memory that is new to the process costs as much as reading into it.
  std::vector<Buffer> spare_;
};

}  // namespace kvasir::storage
