#include "app/services/physical_memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace kvasir::app {
namespace {

/// One part in so many.
constexpr uint64_t kUntouchedPart = 32;

std::string read_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

uint64_t kib_line_bytes(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(name) || !line.substr(name.size()).starts_with(':')) continue;
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
    uint64_t kib = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), kib);
    return error == std::errc() && kib <= UINT64_MAX / 1024 ? kib * 1024 : 0;
  }
  return 0;
}

PhysicalMemory physical_memory() {
  const std::string machine = read_text("/proc/meminfo");
  const std::string process = read_text("/proc/self/status");
  const uint64_t total = kib_line_bytes(machine, "MemTotal");
  const uint64_t available = kib_line_bytes(machine, "MemAvailable") + kib_line_bytes(process, "RssAnon");
  return {total, available - std::min(available, total / kUntouchedPart)};
}

}  // namespace kvasir::app
