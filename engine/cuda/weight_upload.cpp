#include "engine/cuda/weight_upload.h"

#include "engine/cuda/device/planes.h"
#include "engine/cuda/kernels/repack.h"
#include "engine/ops/backend.h"
#include "engine/ops/cpu/interleave.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kvasir::engine::cuda {
namespace {

/// Large enough for a copy to be worth its start, small beside any model.
constexpr size_t kSlotBytes = size_t{16} << 20;
constexpr unsigned kCopyingThreads = 4;
constexpr size_t kCopyBytes = size_t{1} << 20;

DeviceMatrix shape_of(const TensorView& weight) {
  return {weight.dtype, static_cast<uint32_t>(weight.cols()), static_cast<uint32_t>(weight.rows()),
          static_cast<uint32_t>(weight.matrices()), nullptr};
}

}  // namespace

DeviceMatrix matrix_of(const TensorView& weight) {
  DeviceMatrix matrix = shape_of(weight);
  matrix.data = weight.data.data();
  return matrix;
}

uint64_t WeightUpload::device_bytes_of(const TensorView& weight) {
  return device_bytes(shape_of(weight));
}

Result<std::unique_ptr<WeightUpload>> WeightUpload::create(Stream& stream) {
  std::unique_ptr<WeightUpload> upload(new WeightUpload(stream));
  for (Slot& slot : upload->slots_) {
    auto pinned = PinnedBuffer::take(kSlotBytes);
    if (!pinned) return tl::unexpected(pinned.error());
    auto raw = DeviceBuffer::take(kSlotBytes);
    if (!raw) return tl::unexpected(raw.error());
    auto free = make_event();
    if (!free) return tl::unexpected(free.error());
    slot = {std::move(*pinned), std::move(*raw), std::move(*free)};
  }
  return upload;
}

WeightUpload::~WeightUpload() {
  cudaStreamSynchronize(stream_.get());
}

WeightUpload::WeightUpload(Stream& stream)
    : stream_(stream), pool_(std::min(kCopyingThreads, thread_count(0))) {}

Result<TensorView> WeightUpload::upload(const TensorView& weight) {
  const size_t bytes = device_bytes_of(weight);
  auto memory = DeviceBuffer::take(bytes);
  if (!memory) return tl::unexpected(memory.error());
  std::byte* const home = memory->data();
  weights_.push_back(std::move(*memory));
  if (auto brought = bring(weight, home); !brought) return tl::unexpected(brought.error());
  TensorView placed = weight;
  placed.layout = Layout::OnDevice;
  placed.data = {home, bytes};
  placed.matrix_stride = 0;
  return placed;
}

bool WeightUpload::can_bring(const TensorView& weight) {
  return weight.layout == Layout::Rows ||
         (weight.layout == Layout::Interleaved && weight.rows() % cpu::kGroupRows == 0);
}

Result<void> WeightUpload::bring(const TensorView& weight, std::byte* home) {
  DeviceMatrix matrix = shape_of(weight);
  matrix.data = home;
  const uint64_t unit = weight.layout == Layout::Interleaved ? cpu::kGroupRows : 1;
  const uint64_t rows_at_once = std::max<uint64_t>(1, kSlotBytes / weight.row_stride_bytes() / unit) * unit;
  // Matrices without gaps between them go as one: small pieces cost more.
  const bool is_one = weight.matrix_stride_bytes() == weight.matrix_bytes();
  const uint64_t matrices = is_one ? 1 : weight.matrices();
  const uint64_t rows = weight.rows() * weight.matrices() / matrices;
  for (uint64_t m = 0; m < matrices; ++m)
    for (uint64_t row = 0; row < rows; row += rows_at_once) {
      const uint64_t count = std::min(rows_at_once, rows - row);
      if (auto done = bring_rows(matrix, weight.layout, weight.row(m, row), m * rows + row, count); !done)
        return done;
    }
  return {};
}

Result<void> WeightUpload::bring_rows(const DeviceMatrix& home, Layout layout, const std::byte* rows,
                                      uint64_t first_row, uint64_t count) {
  const size_t row = row_bytes(home.type, home.cols);
  const size_t bytes = count * row;
  if (bytes > kSlotBytes)
    return fail(ErrorCode::Unsupported, "The model has rows of weights that are too long for the GPU.");
  Slot& slot = slots_[next_slot_];
  next_slot_ = (next_slot_ + 1) % slots_.size();
  stream_.note(cudaEventSynchronize(slot.free.get()));
  const auto parts = static_cast<uint32_t>((bytes + kCopyBytes - 1) / kCopyBytes);
  pool_.run(parts, [&](uint32_t part, unsigned) {
    const size_t begin = part * kCopyBytes;
    std::memcpy(slot.pinned.data() + begin, rows + begin, std::min(kCopyBytes, bytes - begin));
  });
  // Types that are not in planes stand on the device as in the file.
  const bool in_planes = is_in_planes(home.type);
  std::byte* const to = in_planes ? slot.raw.data() : const_cast<std::byte*>(home.data) + first_row * row;
  stream_.note(cudaMemcpyAsync(to, slot.pinned.data(), bytes, cudaMemcpyHostToDevice, stream_.get()));
  if (layout == Layout::Interleaved)
    repack_interleaved(stream_, home, slot.raw.data(), first_row, count);
  else if (in_planes)
    repack(stream_, home, slot.raw.data(), first_row, count);
  stream_.note(cudaEventRecord(slot.free.get(), stream_.get()));
  if (stream_.error() != cudaSuccess) return tl::unexpected(error_of(stream_.error()));
  return {};
}

}  // namespace kvasir::engine::cuda
