#pragma once

#include <cstdint>
#include <string_view>

namespace kvasir::app {

/// The machine's memory as one process sees it. Zeros where the system does not tell.
struct PhysicalMemory {
  uint64_t total_bytes = 0;
  /// What this process could hold without harm to others: what it holds already, what is free and what the
  /// system keeps of files, less a part of the total that stays untouched.
  uint64_t available_bytes = 0;
};

PhysicalMemory physical_memory();

/// The value of a line as "MemTotal:  16384 kB", in bytes; 0 where there is none.
uint64_t kib_line_bytes(std::string_view text, std::string_view name);

}  // namespace kvasir::app
