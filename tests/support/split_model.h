#pragma once

#include "tests/support/gguf_writer.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace kvasir::test {

/// The parts of a model as `gguf-split` makes them: the first has all the metadata, tensors are dealt out in
/// order. Tests change the parts before they build.
inline std::vector<GgufWriter> split_model(const GgufWriter& whole, uint16_t count) {
  std::vector<GgufWriter> parts(count);
  parts.front() = whole;
  const auto names = whole.tensor_names();
  for (const auto& name : names) parts.front().remove_tensor(name);
  for (size_t i = 0; i < names.size(); ++i) {
    GgufWriter copy = whole;
    const auto& tensor = copy.tensor(names[i]);
    parts[i * count / names.size()].add_tensor(tensor.name, tensor.dtype, tensor.shape, tensor.data);
  }
  for (uint16_t i = 0; i < count; ++i) {
    parts[i].set<uint16_t>("split.no", GgufValueType::U16, i);
    parts[i].set<uint16_t>("split.count", GgufValueType::U16, count);
    parts[i].set<int32_t>("split.tensors.count", GgufValueType::I32, static_cast<int32_t>(names.size()));
  }
  return parts;
}

/// "tiny-00002-of-00003.gguf" for number 1 of 3.
inline std::string split_name(size_t number, size_t count) {
  char name[64];
  std::snprintf(name, sizeof name, "tiny-%05zu-of-%05zu.gguf", number + 1, count);
  return name;
}

}  // namespace kvasir::test
