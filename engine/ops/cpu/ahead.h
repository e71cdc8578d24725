#pragma once

#include "engine/ops/cpu/read_soon.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cpu {
namespace {

// What is read soon is asked for a few lines at a time while something else is computed: many requests at
// once would be waited for.

constexpr size_t kLine = 64;

inline __attribute__((always_inline)) void ask_for(const std::byte* line) {
  constexpr int kForReading = 0, kSecondLevel = 2;
  __builtin_prefetch(line, kForReading, kSecondLevel);
}

inline __attribute__((always_inline)) void ask_for_lines_of(const std::byte* from, size_t bytes) {
#pragma GCC unroll 16
  for (size_t i = 0; i < bytes; i += kLine) ask_for(from + i);
}

// ---- From between products, in shares of any size

struct Ahead {
  const std::byte* from = nullptr;
  const std::byte* end = nullptr;
  size_t share_bytes = kLine;
};

/// `bytes` from `from` in so many equal shares; nothing where that is null.
inline Ahead in_shares(const std::byte* from, size_t bytes, size_t shares) {
  if (from == nullptr) return {};
  return {from, from + bytes, bytes / shares / kLine * kLine + kLine};
}

inline __attribute__((always_inline)) void ask_for_share(Ahead& ahead) {
  const std::byte* const until = static_cast<size_t>(ahead.end - ahead.from) < ahead.share_bytes
                                     ? ahead.end
                                     : ahead.from + ahead.share_bytes;
  for (; ahead.from < until; ahead.from += kLine) ask_for(ahead.from);
}

// ---- From inside of a product, whose steps are too short to look for an end

/// What is read soon, the nearest first.
struct Soon {
  ReadSoon next;             ///< the next rows
  ReadSoon* then = nullptr;  ///< {count}: what follows them all
  uint32_t count = 0;
};

/// Where a product asks on, and how far with each step.
struct Asked {
  const std::byte* from = nullptr;
  size_t step_bytes = 0;
};

/// kLines with each step of a product.
template <size_t kLines>
inline __attribute__((always_inline)) void ask_for_lines(Asked& asked) {
#pragma GCC unroll 4
  for (size_t i = 0; i < kLines; ++i) ask_for(asked.from + i * kLine);
  asked.from += asked.step_bytes;
}

/// What so many steps of a product ask for; where nothing is left, a line `at_hand` again and again.
template <size_t kLines>
inline __attribute__((always_inline)) Asked take_steps(Soon& soon, uint32_t steps, const void* at_hand) {
  ReadSoon* stretch = &soon.next;
  const auto is_done = [&] { return stretch->from >= stretch->end; };
  for (uint32_t i = 0; is_done() && i < soon.count; ++i) stretch = soon.then + i;
  if (is_done()) return {static_cast<const std::byte*>(at_hand), 0};
  const Asked asked = {stretch->from, kLines * kLine};
  stretch->from += steps * asked.step_bytes;
  return asked;
}

/// In the place of `Soon`: nothing is asked for.
struct Nothing {};
template <size_t>
inline void ask_for_lines(Nothing&) {}
template <size_t>
inline Nothing take_steps(Nothing&, uint32_t, const void*) {
  return {};
}

}  // namespace
}  // namespace kvasir::engine::cpu
