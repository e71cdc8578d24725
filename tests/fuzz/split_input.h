#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace kvasir::test {

/// An input of several files: this word, then for each its length (u32, little-endian) and its bytes; the
/// last one ends where the input does. All other inputs are one file.
inline constexpr std::string_view kSeveralFiles = "KVASIRPARTS";

inline std::vector<std::vector<std::byte>> split_input(std::span<const std::byte> input) {
  const auto word = std::as_bytes(std::span(kSeveralFiles));
  if (input.size() < word.size() || !std::ranges::equal(input.first(word.size()), word))
    return {{input.begin(), input.end()}};
  std::vector<std::vector<std::byte>> files;
  for (input = input.subspan(word.size()); input.size() >= 4 || files.empty();) {
    uint32_t length = 0;
    std::memcpy(&length, input.data(), std::min<size_t>(input.size(), sizeof length));
    input = input.subspan(std::min<size_t>(input.size(), sizeof length));
    const auto file = input.first(std::min<size_t>(input.size(), length));
    files.emplace_back(file.begin(), file.end());
    input = input.subspan(file.size());
  }
  return files;
}

}  // namespace kvasir::test
