#include "engine/kv/kv_cache.h"

#include "engine/base/pages.h"

#include <sys/mman.h>

#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace kvasir::engine {
namespace {

constexpr size_t kHugePageBytes = size_t{2} << 20;

tl::unexpected<Error> too_large(uint32_t capacity_tokens) {
  return fail(ErrorCode::OutOfMemory,
              "This machine has no room for a context of " + std::to_string(capacity_tokens) +
                  " tokens. Close other programs, or choose a model with a shorter one.");
}

/// Pages that are taken as they are first written.
class MappedKvMemory final : public KvMemory {
 public:
  MappedKvMemory(std::byte* base, size_t bytes, size_t layer_stride_bytes)
      : base_(base), bytes_(bytes), layer_stride_bytes_(layer_stride_bytes) {}
  ~MappedKvMemory() override { munmap(base_, bytes_); }

  std::byte* base() override { return base_; }
  size_t layer_stride_bytes() const override { return layer_stride_bytes_; }
  Result<void> read(const KvPiece& piece, uint32_t layers, std::byte* bytes) const override {
    for (uint32_t layer = 0; layer < layers; ++layer)
      std::memcpy(bytes + layer * piece.stride_bytes,
                  base_ + layer * layer_stride_bytes_ + piece.offset_bytes, piece.bytes);
    return {};
  }
  Result<void> write(const KvPiece& piece, uint32_t layers, const std::byte* bytes) override {
    for (uint32_t layer = 0; layer < layers; ++layer)
      std::memcpy(base_ + layer * layer_stride_bytes_ + piece.offset_bytes,
                  bytes + layer * piece.stride_bytes, piece.bytes);
    return {};
  }

 private:
  std::byte* base_;
  size_t bytes_;
  size_t layer_stride_bytes_;
};

}  // namespace

Result<KvCache> KvCache::create(const KvLayout& layout, uint32_t capacity_tokens) {
  if (layout.layers == 0 || layout.width == 0 || capacity_tokens == 0)
    return fail(ErrorCode::BadRequest, "A context needs room for at least one token of a model with layers.");

  // Each layer's run starts on its own page, so that runs can be read, advised and dropped by themselves.
  const size_t page = page_bytes();
  const size_t limit = std::numeric_limits<ptrdiff_t>::max();
  const size_t row = layout.row_bytes();
  if (row > (limit - page) / capacity_tokens) return too_large(capacity_tokens);
  const size_t stride = (row * capacity_tokens + page - 1) / page * page;
  if (stride > limit / layout.layers) return too_large(capacity_tokens);

  const size_t bytes = stride * layout.layers;
  void* base =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return too_large(capacity_tokens);
#ifdef MADV_HUGEPAGE
  // A long context is read whole for every token: with small pages an eighth of that is spent looking up
  // addresses. A short one would only take more memory.
  if (stride >= kHugePageBytes) madvise(base, bytes, MADV_HUGEPAGE);
#endif
  return KvCache(layout, capacity_tokens,
                 std::make_unique<MappedKvMemory>(static_cast<std::byte*>(base), bytes, stride));
}

KvCache::KvCache(const KvLayout& layout, uint32_t capacity_tokens, std::unique_ptr<KvMemory> memory)
    : layout_(layout),
      capacity_(capacity_tokens),
      memory_(std::move(memory)),
      base_(memory_->base()),
      layer_stride_bytes_(memory_->layer_stride_bytes()) {}

Result<void> KvCache::read_rows(uint32_t first, uint32_t tokens, std::byte* slices) const {
  const size_t bytes = layout_.slice_bytes(tokens);
  return memory_->read({size_t{first} * layout_.row_bytes(), bytes, bytes}, layout_.layers, slices);
}

Result<void> KvCache::write_rows(uint32_t first, uint32_t tokens, const std::byte* slices,
                                 uint32_t slice_tokens) {
  return memory_->write(
      {size_t{first} * layout_.row_bytes(), layout_.slice_bytes(tokens), layout_.slice_bytes(slice_tokens)},
      layout_.layers, slices);
}

}  // namespace kvasir::engine
