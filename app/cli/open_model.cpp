#include "app/cli/open_model.h"

#include "app/cli/command.h"
#include "engine/runtime/load_weights.h"

#include <utility>

namespace kvasir::app {
OpenModel open_model(const std::string& path, std::unique_ptr<engine::Backend> backend, bool keep_in_file) {
  auto file = value_or_fail(engine::GgufFile::open(path));
  auto config = value_or_fail(engine::ModelConfig::from_gguf(file));
  auto weights = value_or_fail(engine::ModelWeights::bind(file, config));
  const auto reader = value_or_fail(engine::ModelReader::start(file, {.into_memory = !keep_in_file}));
  auto model = std::make_unique<engine::Model>(std::move(config), std::move(weights), std::move(backend));
  value_or_fail(engine::load_weights(*reader, *model));
  return {std::move(file), std::move(model)};
}

}  // namespace kvasir::app
