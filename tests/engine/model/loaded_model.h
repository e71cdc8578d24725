#pragma once

#include "engine/gguf/gguf_file.h"
#include "engine/model/model.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kvasir::engine::test {

/// A model with the file that it views into.
struct LoadedModel {
  GgufFile file;
  std::unique_ptr<Model> model;
};

/// Empty, with a line on stderr, where the file does not load.
std::optional<LoadedModel> load(const std::string& path, std::unique_ptr<Backend> backend);

/// Runs `tokens` in batches that end at `cuts`; returns the logits of every position, {tokens, vocab}.
std::vector<float> run(Model& model, KvCache& cache, std::span<const int32_t> tokens,
                       const std::vector<size_t>& cuts);

}  // namespace kvasir::engine::test
