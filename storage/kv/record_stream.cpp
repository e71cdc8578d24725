#include "storage/kv/record_stream.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>

namespace kvasir::storage {
namespace {

/// Large enough that a disk is at its full speed with a few of them under way.
constexpr uint64_t kExtentBytes = uint64_t{8} << 20;
constexpr size_t kExtentsAhead = 6;

}  // namespace

/// Not filled with zeros, and at the alignment of a record.
class RecordStream::Buffer {
 public:
  /// Makes room for so many bytes, whose contents are lost; null where memory is short.
  std::byte* reserve(size_t bytes) {
    if (bytes <= bytes_) return memory_.get();
    memory_.reset();  // not both at once
    memory_.reset(static_cast<std::byte*>(
        ::operator new (bytes, std::align_val_t{kRecordAlignmentBytes}, std::nothrow)));
    bytes_ = memory_ ? bytes : 0;
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const {
      ::operator delete (memory, std::align_val_t{kRecordAlignmentBytes});
    }
  };
  std::unique_ptr<std::byte, Free> memory_;
  size_t bytes_ = 0;
};

/// Records that lie one behind the other in a pack; or one that is in memory.
struct RecordStream::Extent {
  std::vector<WantedRecord> wanted;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  Buffer buffer;
  std::vector<Record> records;

  std::mutex mutex;
  std::condition_variable finished;
  bool done = false;
  bool cancelled = false;

  bool takes(const WantedRecord& next) const {
    return !next.queued && !wanted.front().queued && wanted.front().place.pack == next.place.pack &&
           next.place.offset == offset + bytes &&
           bytes + record_bytes(next.identity.payload_bytes) <= kExtentBytes;
  }
  void add(const WantedRecord& record) {
    if (wanted.empty()) offset = record.place.offset;
    bytes += record_bytes(record.identity.payload_bytes);
    wanted.push_back(record);
  }
  void read();
  void run();
  void wait();
  void cancel();
};

void RecordStream::Extent::read() {
  const WantedRecord& first = wanted.front();
  if (first.queued) {
    records = {{Outcome::Intact, *first.queued}};
    return;
  }
  records.assign(wanted.size(), {});
  std::byte* const memory = buffer.reserve(bytes);
  if (memory == nullptr) return;
  uint64_t at = 0;
  const bool whole = first.place.pack->read(offset, {memory, bytes}).has_value();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const RecordIdentity& identity = wanted[i].identity;
    const std::span record(memory + at, kRecordHeaderBytes + identity.payload_bytes);
    at += record_bytes(identity.payload_bytes);
    if (!whole) {
      // Where the piece cannot be read, some of its records may.
      const auto read = first.place.pack->read(wanted[i].place.offset, record);
      if (!read && read.error().code != ErrorCode::Corrupt) continue;
      if (!read) records[i].outcome = Outcome::Damaged;
      if (!read) continue;
    }
    const auto payload = first.place.pack->open_record(wanted[i].place.offset, identity, record);
    records[i] = payload ? Record{Outcome::Intact, *payload} : Record{Outcome::Damaged, {}};
  }
}

void RecordStream::Extent::run() {
  {
    const std::lock_guard lock(mutex);
    if (cancelled) return;
  }
  read();
  const std::lock_guard lock(mutex);
  done = true;
  finished.notify_all();
}

void RecordStream::Extent::wait() {
  std::unique_lock lock(mutex);
  finished.wait(lock, [&] { return done; });
}

void RecordStream::Extent::cancel() {
  const std::lock_guard lock(mutex);
  cancelled = true;
}

RecordStream::RecordStream(std::span<const WantedRecord> wanted, ReadPool& pool)
    : wanted_(wanted), pool_(pool) {}

RecordStream::~RecordStream() {
  for (const auto& extent : extents_) extent->cancel();
}

std::shared_ptr<RecordStream::Extent> RecordStream::take_extent() {
  auto extent = std::make_shared<Extent>();
  extent->add(wanted_[planned_++]);
  while (planned_ < wanted_.size() && extent->takes(wanted_[planned_])) extent->add(wanted_[planned_++]);
  if (!spare_.empty()) {
    extent->buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  return extent;
}

void RecordStream::drop_first() {
  spare_.push_back(std::move(extents_.front()->buffer));
  extents_.pop_front();
  taken_ = 0;
}

void RecordStream::fill() {
  while (extents_.size() < kExtentsAhead && planned_ < wanted_.size()) {
    auto extent = take_extent();
    // What is alone, or in memory, is not worth another thread.
    const bool alone = extents_.empty() && planned_ == wanted_.size();
    if (alone || extent->wanted.front().queued) {
      extent->run();
    } else {
      pool_.post([extent] { extent->run(); });
    }
    extents_.push_back(std::move(extent));
  }
}

RecordStream::Record RecordStream::next() {
  if (!extents_.empty() && taken_ == extents_.front()->wanted.size()) drop_first();
  fill();
  Extent& extent = *extents_.front();
  if (taken_ == 0) extent.wait();
  return extent.records[taken_++];
}

}  // namespace kvasir::storage
