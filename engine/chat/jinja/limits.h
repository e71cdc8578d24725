#pragma once

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::jinja {

/// What one rendering may take. Templates come with model files from anywhere: one that asks for more ends
/// with an error. Published templates need a thousandth of this for a chat of a hundred messages.
struct Limits {
  /// Evaluated expressions, rounds of loops, and each 64 bytes that are read or written on the way.
  uint64_t steps = 20'000'000;
  /// Of all values that live at one time, the rendering included.
  size_t memory_bytes = size_t{256} << 20;
  size_t output_bytes = size_t{64} << 20;
};

// Fixed ones, small enough for the stack of any thread.
inline constexpr size_t kMaxSourceBytes = size_t{4} << 20;
inline constexpr unsigned kMaxNesting = 160;          ///< expressions in expressions, blocks in blocks
inline constexpr unsigned kMaxEvaluationDepth = 800;  ///< through calls of macros too
inline constexpr unsigned kMaxValueDepth = 100;       ///< lists in lists, where they are walked
/// As in Jinja's sandbox.
inline constexpr size_t kMaxRangeItems = 100'000;

}  // namespace kvasir::engine::jinja
