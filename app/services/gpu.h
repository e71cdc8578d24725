#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kvasir::app {

/// The GPU that models would be computed on: of several the one with the most memory free.
struct Gpu {
  std::string name;
  uint64_t total_bytes = 0;
  uint64_t free_bytes = 0;
};

/// Empty where there is none that can be used. Takes a moment when it is called for the first time.
std::optional<Gpu> find_gpu();

}  // namespace kvasir::app
