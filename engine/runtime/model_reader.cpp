#include "engine/runtime/model_reader.h"

#include "engine/runtime/fingerprint.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace kvasir::engine {
namespace {

/// How far the system is asked to read ahead: enough for several requests in flight.
constexpr size_t kReadAheadBytes = size_t{64} << 20;

size_t page_bytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// Advice about the whole pages in `data`, or about all that it touches.
void advise(std::span<const std::byte> data, int advice, bool only_whole_pages) {
  const size_t page = page_bytes();
  const auto address = reinterpret_cast<uintptr_t>(data.data());
  uintptr_t first = address / page * page;
  uintptr_t end = address + data.size();
  if (only_whole_pages) {
    first = (address + page - 1) / page * page;
    end = end / page * page;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): advice is given about addresses
  if (end > first) madvise(reinterpret_cast<void*>(first), end - first, advice);
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

ModelReader::ModelReader(const GgufFile& file, bool hash) : hash_(hash) {
  for (const std::span<const std::byte> bytes : file.parts()) {
    Part& part = parts_.emplace_back();
    part.bytes = bytes;
    if (hash) part.chunk_hashes.resize(content_chunks(bytes.size()));
  }
  thread_ = std::jthread([this](std::stop_token stop) { read(stop); });
}

ModelReader::~ModelReader() = default;

void ModelReader::read(std::stop_token stop) {
  for (Part& part : parts_) {
    size_t asked = 0;
    for (size_t chunk = 0; chunk < content_chunks(part.bytes.size()); ++chunk) {
      if (stop.stop_requested()) return;
      const size_t first = chunk * kContentChunkBytes;
      const size_t ahead = std::min(part.bytes.size(), first + kReadAheadBytes);
      if (ahead > asked) advise(part.bytes.subspan(asked, ahead - asked), MADV_WILLNEED, false);
      asked = std::max(asked, ahead);

      const auto bytes = part.bytes.subspan(first, std::min(kContentChunkBytes, part.bytes.size() - first));
      if (hash_)
        part.chunk_hashes[chunk] = content_chunk_hash(bytes);
      else
        touch(bytes);
      {
        const std::lock_guard lock(mutex_);
        part.done = first + bytes.size();
      }
      progress_.notify_all();
    }
  }
}

const ModelReader::Part* ModelReader::part_of(const std::byte* data) const {
  // Addresses of different objects compare through std::less.
  for (const Part& part : parts_)
    if (!std::less<>()(data, part.bytes.data()) && std::less<>()(data, part.bytes.data() + part.bytes.size()))
      return &part;
  return nullptr;
}

void ModelReader::wait_for(std::span<const std::byte> data) {
  const Part* part = part_of(data.data());
  if (part == nullptr) return;
  const auto end = static_cast<size_t>(data.data() + data.size() - part->bytes.data());
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return part->done >= end; });
}

void ModelReader::release(std::span<const std::byte> data) {
  if (part_of(data.data()) != nullptr) advise(data, MADV_DONTNEED, true);
}

std::optional<Hash256> ModelReader::finish() {
  std::vector<Hash256> hashes;
  for (const Part& part : parts_) {
    wait_for(part.bytes);
    if (hash_) hashes.push_back(content_hash_of_chunks(part.bytes.size(), part.chunk_hashes));
  }
  if (!hash_) return std::nullopt;
  return hash_of_parts(hashes);
}

uint64_t ModelReader::wait_beyond(uint64_t bytes) {
  uint64_t all = 0;
  for (const Part& part : parts_) all += part.bytes.size();
  std::unique_lock lock(mutex_);
  progress_.wait(lock, [&] { return bytes_done() > bytes || bytes_done() == all; });
  return bytes_done();
}

uint64_t ModelReader::bytes_read() const {
  const std::lock_guard lock(mutex_);
  return bytes_done();
}

uint64_t ModelReader::bytes_done() const {
  uint64_t bytes = 0;
  for (const Part& part : parts_) bytes += part.done;
  return bytes;
}

}  // namespace kvasir::engine
