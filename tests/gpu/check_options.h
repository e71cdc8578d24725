#pragma once

#include <cstdint>
#include <string>

namespace kvasir::engine::test {

struct CheckOptions {
  uint32_t seed = 0;
  unsigned rounds = 3;  ///< random shapes for each kind of check
  /// Small shapes, and each type of weight in one of the ways to compute: for a backend that is slow.
  bool small = false;
  std::string golden_folder;
  /// A GGUF file; empty: no text is computed.
  std::string model;
};

}  // namespace kvasir::engine::test
