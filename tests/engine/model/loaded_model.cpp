#include "tests/engine/model/loaded_model.h"

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace kvasir::engine::test {

std::optional<LoadedModel> load(const std::string& path, std::unique_ptr<Backend> backend) {
  auto file = GgufFile::open(path);
  if (!file) {
    std::fprintf(stderr, "%s\n", file.error().message.c_str());
    return std::nullopt;
  }
  auto config = ModelConfig::from_gguf(*file);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return std::nullopt;
  }
  auto weights = ModelWeights::bind(*file, *config);
  if (!weights) {
    std::fprintf(stderr, "%s\n", weights.error().message.c_str());
    return std::nullopt;
  }
  auto model = std::make_unique<Model>(std::move(*config), std::move(*weights), std::move(backend));
  return LoadedModel{std::move(*file), std::move(model)};
}

std::vector<float> run(Model& model, KvCache& cache, std::span<const int32_t> tokens,
                       const std::vector<size_t>& cuts) {
  const size_t vocab = model.config().vocab_size;
  std::vector<float> logits(tokens.size() * vocab);
  size_t first = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const size_t end = i < cuts.size() ? cuts[i] : tokens.size();
    std::vector<uint32_t> rows(end - first);
    std::iota(rows.begin(), rows.end(), 0u);
    const auto done = model.forward(tokens.subspan(first, end - first), cache, rows,
                                    std::span(logits).subspan(first * vocab, (end - first) * vocab));
    if (!done) {
      std::fprintf(stderr, "%s\n", done.error().message.c_str());
      std::abort();
    }
    first = end;
  }
  return logits;
}

}  // namespace kvasir::engine::test
