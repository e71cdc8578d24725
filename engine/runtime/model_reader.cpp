#include "engine/runtime/model_reader.h"

#include "engine/base/pages.h"
#include "engine/runtime/fingerprint.h"

#include <sys/mman.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace kvasir::engine {
namespace {

/// Most of them wait for the disk while as many as there are cores hash or clear pages; fewer leave it idle
/// at times.
constexpr unsigned kThreads = 12;
/// What is read and hashed at once.
constexpr size_t kPieceBytes = 3 * kContentChunkBytes;

size_t pieces_of(size_t bytes) {
  return (bytes + kPieceBytes - 1) / kPieceBytes;
}

/// `data` begins with a page, or is nothing.
void advise(std::span<const std::byte> data, int advice) {
  if (!data.empty()) madvise(const_cast<std::byte*>(data.data()), data.size(), advice);
}

/// Reads a byte of every page, which waits for the disk.
void touch(std::span<const std::byte> data) {
  const size_t page = page_bytes();
  for (size_t i = 0; i < data.size(); i += page) {
    const volatile std::byte* byte = data.data() + i;
    static_cast<void>(*byte);
  }
}

}  // namespace

Result<std::unique_ptr<ModelReader>> ModelReader::start(GgufFile& file, const ModelReaderOptions& options) {
  std::vector<ResidentFile> memory;
  if (options.into_memory) {
    auto taken = file.take_memory();
    if (!taken) return tl::unexpected(taken.error());
    memory = std::move(*taken);
  }
  return std::unique_ptr<ModelReader>(new ModelReader(file, options.hasher, std::move(memory)));
}

ModelReader::ModelReader(const GgufFile& file, const std::optional<ContentHasher>& hasher,
                         std::vector<ResidentFile> memory)
    : hasher_(hasher), memory_(std::move(memory)) {
  for (const std::span<const std::byte> bytes : file.parts()) {
    Part& part = parts_.emplace_back();
    part.bytes = bytes;
    if (!memory_.empty()) part.memory = &memory_[parts_.size() - 1];
    part.first_piece = pieces_;
    part.chunk_digests.resize(content_chunks(bytes.size()));
    pieces_ += pieces_of(bytes.size());
  }
  piece_done_.resize(pieces_);
  for (unsigned i = 0; i < kThreads; ++i) threads_.emplace_back([this](std::stop_token stop) { read(stop); });
}

ModelReader::~ModelReader() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void ModelReader::read(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const size_t piece = next_piece_++;
    if (piece >= pieces_) return;
    Part& part = *std::prev(std::ranges::upper_bound(parts_, piece, {}, &Part::first_piece));
    const auto read = read_piece(part, piece - part.first_piece);
    {
      const std::lock_guard lock(mutex_);
      if (!read && !failure_) failure_ = read.error();
      piece_done_[piece] = true;
      while (done_ < pieces_ && piece_done_[done_]) ++done_;
    }
    progress_.notify_all();
    if (!read) return;
  }
}

Result<void> ModelReader::read_piece(Part& part, size_t piece) {
  const size_t first = piece * kPieceBytes;
  const auto bytes = part.bytes.subspan(first, std::min(kPieceBytes, part.bytes.size() - first));
  if (part.memory != nullptr) {
    if (auto read = part.memory->read(first, bytes.size()); !read) return read;
  } else {
    advise(bytes, MADV_WILLNEED);  // in large requests, of which each thread has one under way
  }
  if (hasher_)
    hasher_->chunk_digests(
        bytes,
        std::span(part.chunk_digests).subspan(first / kContentChunkBytes, content_chunks(bytes.size())));
  else if (part.memory == nullptr)
    touch(bytes);
  return {};
}

const ModelReader::Part* ModelReader::part_of(const std::byte* data) const {
  const std::less<> before;  // addresses of different objects
  for (const Part& part : parts_)
    if (!before(data, part.bytes.data()) && before(data, part.bytes.data() + part.bytes.size())) return &part;
  return nullptr;
}

Result<void> ModelReader::wait_for(std::span<const std::byte> data) {
  const Part* part = part_of(data.data());
  if (part == nullptr) return {};
  const auto end = static_cast<size_t>(data.data() + data.size() - part->bytes.data());
  const size_t pieces = part->first_piece + pieces_of(end);
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return done_ >= pieces || failure_; });
  if (failure_) return tl::unexpected(*failure_);
  return {};
}

std::span<std::byte> ModelReader::writable(std::span<const std::byte> data) const {
  const Part* part = part_of(data.data());
  return part != nullptr && part->memory != nullptr ? part->memory->memory(data) : std::span<std::byte>();
}

void ModelReader::release(std::span<const std::byte> data) {
  const Part* part = part_of(data.data());
  if (part == nullptr) return;
  if (part->memory != nullptr)
    part->memory->discard(data);
  else
    advise(whole_pages(data), MADV_DONTNEED);
}

Result<uint64_t> ModelReader::wait_beyond(uint64_t bytes) {
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return bytes_done() > bytes || done_ == pieces_ || failure_; });
  if (failure_) return tl::unexpected(*failure_);
  return bytes_done();
}

Result<std::optional<Hash256>> ModelReader::finish() {
  {
    std::unique_lock lock(mutex_);
    progress_.wait(lock, [&] { return done_ == pieces_ || failure_; });
    if (failure_) return tl::unexpected(*failure_);
  }
  if (!hasher_) return std::nullopt;
  std::vector<Hash256> hashes;
  for (const Part& part : parts_) hashes.push_back(hasher_->hash(part.bytes.size(), part.chunk_digests));
  return hash_of_parts(hashes);
}

uint64_t ModelReader::all_bytes() const {
  uint64_t bytes = 0;
  for (const Part& part : parts_) bytes += part.bytes.size();
  return bytes;
}

uint64_t ModelReader::bytes_read() const {
  const std::lock_guard lock(mutex_);
  return bytes_done();
}

uint64_t ModelReader::bytes_done() const {
  uint64_t bytes = 0;
  for (const Part& part : parts_) {
    const size_t pieces = std::max(done_, part.first_piece) - part.first_piece;
    bytes += std::min(part.bytes.size(), pieces * kPieceBytes);
  }
  return bytes;
}

}  // namespace kvasir::engine
