#pragma once

#include "engine/base/result.h"
#include "engine/kv/kv_row.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace kvasir::engine {

/// What one token's latent KV looks like: in each layer `width` values (kv_lora_rank normalised latents,
/// then the rotated rope part, one for all heads).
struct KvLayout {
  uint32_t layers = 0;
  uint32_t width = 0;
  KvType type = KvType::F16;

  /// `kv_row.h` says what is in them.
  size_t row_bytes() const { return kv_row_bytes(type, width); }
  /// One layer's share of `tokens` tokens.
  size_t slice_bytes(uint32_t tokens) const { return row_bytes() * tokens; }
  bool operator==(const KvLayout&) const = default;
};

/// The latent KV of one sequence: per layer a contiguous run of rows, {capacity, width}, oldest token first.
/// Address space for the whole capacity is reserved at once; memory is taken as positions are written.
///
/// One thread at a time. Rows below `length()` are never changed by appending.
class KvCache {
 public:
  static Result<KvCache> create(const KvLayout& layout, uint32_t capacity_tokens);

  KvCache(KvCache&&) noexcept;
  KvCache& operator=(KvCache&&) noexcept;
  ~KvCache();

  const KvLayout& layout() const { return layout_; }
  uint32_t capacity() const { return capacity_; }
  uint32_t length() const { return length_; }
  /// Makes rows up to `tokens` visible (after writing them) or forgets those past it.
  void set_length(uint32_t tokens) { length_ = tokens; }

  std::byte* row(uint32_t layer, uint32_t position) {
    return base_ + size_t{layer} * layer_stride_bytes_ + size_t{position} * layout_.row_bytes();
  }
  const std::byte* row(uint32_t layer, uint32_t position) const {
    return base_ + size_t{layer} * layer_stride_bytes_ + size_t{position} * layout_.row_bytes();
  }
  std::span<const std::byte> slice(uint32_t layer, uint32_t first, uint32_t tokens) const {
    return {row(layer, first), layout_.slice_bytes(tokens)};
  }

 private:
  KvCache() = default;
  KvLayout layout_;
  uint32_t capacity_ = 0;
  uint32_t length_ = 0;
  std::byte* base_ = nullptr;
  size_t layer_stride_bytes_ = 0;
  size_t reserved_bytes_ = 0;
};

}  // namespace kvasir::engine
