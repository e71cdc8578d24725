#include "engine/cuda/device_kv_memory.h"

#include <cstring>
#include <limits>
#include <utility>

namespace kvasir::engine::cuda {
namespace {

Result<void> checked(cudaError_t result) {
  if (result != cudaSuccess) return tl::unexpected(error_of(result));
  return {};
}

}  // namespace

Result<std::unique_ptr<DeviceKvMemory>> DeviceKvMemory::create(const KvLayout& layout,
                                                               uint32_t capacity_tokens, Order order) {
  constexpr size_t kAlignment = 256;
  std::unique_ptr<DeviceKvMemory> memory(new DeviceKvMemory());
  memory->order_ = std::move(order);
  memory->layer_stride_bytes_ =
      (layout.slice_bytes(capacity_tokens) + kAlignment - 1) / kAlignment * kAlignment;
  auto rows = DeviceBuffer::take(memory->layer_stride_bytes_ * layout.layers);
  if (!rows) return tl::unexpected(rows.error());
  memory->rows_ = std::move(*rows);
  auto stream = make_stream();
  if (!stream) return tl::unexpected(stream.error());
  memory->stream_ = std::move(*stream);
  for (Staging* staging : {&memory->reading_, &memory->writing_[0], &memory->writing_[1]}) {
    auto event = make_event();
    if (!event) return tl::unexpected(event.error());
    staging->done = std::move(*event);
  }
  return memory;
}

DeviceKvMemory::~DeviceKvMemory() {
  if (stream_) cudaStreamSynchronize(stream_.get());
}

Result<void> DeviceKvMemory::make_room(Staging& staging, size_t bytes) const {
  if (auto free = checked(cudaEventSynchronize(staging.done.get())); !free) return free;
  if (staging.memory.bytes() >= bytes) return {};
  auto memory = PinnedBuffer::take(bytes);
  if (!memory) return tl::unexpected(memory.error());
  staging.memory = std::move(*memory);
  return {};
}

Result<void> DeviceKvMemory::read(const KvPiece& piece, uint32_t layers, std::byte* bytes) const {
  if (auto ordered = order_.before_copy(stream_.get(), piece.offset_bytes + piece.bytes); !ordered)
    return ordered;
  if (auto room = make_room(reading_, piece.bytes * layers); !room) return room;
  const cudaError_t copied =
      cudaMemcpy2DAsync(reading_.memory.data(), piece.bytes, rows_.data() + piece.offset_bytes,
                        layer_stride_bytes_, piece.bytes, layers, cudaMemcpyDeviceToHost, stream_.get());
  if (auto started = checked(copied); !started) return started;
  if (auto done = checked(cudaStreamSynchronize(stream_.get())); !done) return done;
  for (uint32_t layer = 0; layer < layers; ++layer)
    std::memcpy(bytes + layer * piece.stride_bytes, reading_.memory.data() + layer * piece.bytes,
                piece.bytes);
  return {};
}

Result<void> DeviceKvMemory::write(const KvPiece& piece, uint32_t layers, const std::byte* bytes) {
  constexpr size_t kAllRows = std::numeric_limits<size_t>::max();
  if (auto ordered = order_.before_copy(stream_.get(), kAllRows); !ordered) return ordered;
  Staging& staging = writing_[next_writing_];
  next_writing_ = (next_writing_ + 1) % writing_.size();
  if (auto room = make_room(staging, piece.bytes * layers); !room) return room;
  for (uint32_t layer = 0; layer < layers; ++layer)
    std::memcpy(staging.memory.data() + layer * piece.bytes, bytes + layer * piece.stride_bytes, piece.bytes);
  const cudaError_t copied =
      cudaMemcpy2DAsync(rows_.data() + piece.offset_bytes, layer_stride_bytes_, staging.memory.data(),
                        piece.bytes, piece.bytes, layers, cudaMemcpyHostToDevice, stream_.get());
  if (auto started = checked(copied); !started) return started;
  if (auto marked = checked(cudaEventRecord(staging.done.get(), stream_.get())); !marked) return marked;
  order_.after_write(staging.done.get());
  return {};
}

}  // namespace kvasir::engine::cuda
