#include "engine/kv/kv_cache.h"

#include "engine/base/pages.h"

#include <sys/mman.h>

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
  KvCache cache;
  cache.layout_ = layout;
  cache.capacity_ = capacity_tokens;
  cache.base_ = static_cast<std::byte*>(base);
  cache.layer_stride_bytes_ = stride;
  cache.reserved_bytes_ = bytes;
  return cache;
}

KvCache::KvCache(KvCache&& other) noexcept {
  *this = std::move(other);
}

KvCache& KvCache::operator=(KvCache&& other) noexcept {
  std::swap(layout_, other.layout_);
  std::swap(capacity_, other.capacity_);
  std::swap(length_, other.length_);
  std::swap(base_, other.base_);
  std::swap(layer_stride_bytes_, other.layer_stride_bytes_);
  std::swap(reserved_bytes_, other.reserved_bytes_);
  return *this;
}

KvCache::~KvCache() {
  if (base_ != nullptr) munmap(base_, reserved_bytes_);
}

}  // namespace kvasir::engine
