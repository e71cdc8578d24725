#pragma once

#include "engine/kv/kv_cache.h"
#include "engine/ops/backend.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kvasir::engine::cuda::test {

/// Queries at positions first, first + 1, … and the rows that they see.
struct AttentionProblem {
  KvType type;
  uint32_t first;
  uint32_t width;            ///< values of a row
  uint32_t query_width;      ///< values of a token's query, of all heads
  std::vector<float> query;  ///< {tokens, query_width}
  std::vector<float> rows;   ///< {first + tokens, width}

  uint32_t tokens() const { return static_cast<uint32_t>(query.size() / query_width); }
  uint32_t positions() const { return static_cast<uint32_t>(rows.size() / width); }
  size_t row_bytes() const { return kv_row_bytes(type, width); }

  /// The rows as a cache holds them.
  std::vector<std::byte> encoded() const {
    std::vector<std::byte> bytes(positions() * row_bytes());
    for (uint32_t p = 0; p < positions(); ++p)
      encode_kv_row(type, bytes.data() + p * row_bytes(), rows.data() + size_t{p} * width, width);
    return bytes;
  }
  /// The same on the host, for the oracle.
  KvCache cache(Backend& oracle) const {
    KvCache cache = std::move(*KvCache::create({1, width, type}, positions()));
    std::vector<float> values = rows;
    oracle.kv_append(cache, 0, 0, {values.data(), positions(), width, width});
    return cache;
  }
};

/// {tokens, heads, dim} without gaps.
inline HeadActivations by_head(std::vector<float>& values, uint32_t heads, uint32_t dim) {
  const size_t stride = size_t{heads} * dim;
  return {values.data(), static_cast<uint32_t>(values.size() / stride), heads, dim, stride, dim};
}

}  // namespace kvasir::engine::cuda::test
