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

/// The same piece of every layer's run of rows, for copying: in the other memory the layers' pieces stand
/// `stride_bytes` apart.
struct KvPiece {
  size_t offset_bytes = 0;  ///< from the first row of each layer
  size_t bytes = 0;         ///< of each layer
  size_t stride_bytes = 0;
};

/// What holds a cache's rows: each layer's on its own, from `base` on at multiples of `layer_stride_bytes`.
class KvMemory {
 public:
  virtual ~KvMemory() = default;

  /// An address for those who compute with the rows; may be of another memory than the processor's.
  virtual std::byte* base() = 0;
  virtual size_t layer_stride_bytes() const = 0;
  /// Copies a piece of each layer to or from the processor's memory. `bytes` may be changed or freed when the
  /// call returns; what is written is there for whatever is computed afterwards.
  virtual Result<void> read(const KvPiece& piece, uint32_t layers, std::byte* bytes) const = 0;
  virtual Result<void> write(const KvPiece& piece, uint32_t layers, const std::byte* bytes) = 0;
};

/// The latent KV of one sequence: per layer a contiguous run of rows, {capacity, width}, oldest token first.
///
/// One thread at a time. Rows below `length()` are never changed by appending.
class KvCache {
 public:
  /// In the processor's memory: address space for the whole capacity is reserved at once; memory is taken as
  /// positions are written.
  static Result<KvCache> create(const KvLayout& layout, uint32_t capacity_tokens);
  /// In any memory, which must have the room.
  KvCache(const KvLayout& layout, uint32_t capacity_tokens, std::unique_ptr<KvMemory> memory);

  const KvLayout& layout() const { return layout_; }
  uint32_t capacity() const { return capacity_; }
  uint32_t length() const { return length_; }
  /// Makes rows up to `tokens` visible (after writing them) or forgets those past it.
  void set_length(uint32_t tokens) { length_ = tokens; }

  /// Where a row is in the memory that holds the cache.
  std::byte* row(uint32_t layer, uint32_t position) {
    return base_ + size_t{layer} * layer_stride_bytes_ + size_t{position} * layout_.row_bytes();
  }
  const std::byte* row(uint32_t layer, uint32_t position) const {
    return base_ + size_t{layer} * layer_stride_bytes_ + size_t{position} * layout_.row_bytes();
  }

  /// One layer's rows of positions [first, first + tokens).
  std::span<const std::byte> slice(uint32_t layer, uint32_t first, uint32_t tokens) const {
    return {row(layer, first), layout_.slice_bytes(tokens)};
  }

  /// Copies the rows of positions [first, first + tokens) of every layer to `slices` {layers, tokens}.
  Result<void> read_rows(uint32_t first, uint32_t tokens, std::byte* slices) const;
  /// The reverse, from the first `tokens` rows of each of `slices` {layers, slice_tokens}.
  Result<void> write_rows(uint32_t first, uint32_t tokens, const std::byte* slices, uint32_t slice_tokens);

 private:
  KvLayout layout_;
  uint32_t capacity_ = 0;
  uint32_t length_ = 0;
  std::unique_ptr<KvMemory> memory_;
  std::byte* base_ = nullptr;
  size_t layer_stride_bytes_ = 0;
};

}  // namespace kvasir::engine
