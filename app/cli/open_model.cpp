#include "app/cli/open_model.h"

#include "app/cli/command.h"

#include <utility>

namespace kvasir::app {

OpenModel open_model(const std::string& path, std::unique_ptr<engine::Backend> backend) {
  auto file = value_or_fail(engine::GgufFile::open(path));
  auto config = value_or_fail(engine::ModelConfig::from_gguf(file));
  auto weights = value_or_fail(engine::ModelWeights::bind(file, config));
  auto model = std::make_unique<engine::Model>(std::move(config), std::move(weights), std::move(backend));
  if (auto prepared = model->prepare(); !prepared)
    throw CommandFailed{kExitBadInput, prepared.error().message};
  return {std::move(file), std::move(model)};
}

}  // namespace kvasir::app
