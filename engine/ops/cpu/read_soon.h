#pragma once

#include <cstddef>

namespace kvasir::engine::cpu {

/// Memory that is read soon, for the first time in a while.
struct ReadSoon {
  const std::byte* from = nullptr;
  const std::byte* end = nullptr;
};

}  // namespace kvasir::engine::cpu
