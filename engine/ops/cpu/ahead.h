#pragma once

#include <cstddef>

namespace kvasir::engine::cpu {
namespace {

/// Memory that is wanted next, asked for a few lines at a time while something else is computed: many
/// requests at once would be waited for.
struct Ahead {
  const std::byte* from = nullptr;
  const std::byte* end = nullptr;
  size_t share_bytes = 64;
};

/// `bytes` from `from` in so many equal shares; nothing where that is null.
inline Ahead in_shares(const std::byte* from, size_t bytes, size_t shares) {
  constexpr size_t kLine = 64;
  if (from == nullptr) return {};
  return {from, from + bytes, bytes / shares / kLine * kLine + kLine};
}

inline __attribute__((always_inline)) void ask_for_share(Ahead& ahead) {
  const std::byte* const until = static_cast<size_t>(ahead.end - ahead.from) < ahead.share_bytes
                                     ? ahead.end
                                     : ahead.from + ahead.share_bytes;
  constexpr int kForReading = 0, kSecondLevel = 2;
  for (; ahead.from < until; ahead.from += 64) __builtin_prefetch(ahead.from, kForReading, kSecondLevel);
}

}  // namespace
}  // namespace kvasir::engine::cpu
