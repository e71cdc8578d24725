#include "app/cli/open_model.h"

#include "app/cli/command.h"
#include "engine/runtime/model_reader.h"

#include <utility>

namespace kvasir::app {
namespace {

/// As the chat does, but without hashing: reads ahead of the placing, and gives back what has another home.
void place_weights(const engine::GgufFile& file, engine::Model& model) {
  engine::ModelReader reader(file, false);
  engine::PlacementSteps steps;
  steps.before = [&](const engine::TensorView& weight) {
    reader.wait_for(weight.data);
    return true;
  };
  steps.after = [&](const engine::TensorView& source, const engine::TensorView& home) {
    if (source.data.data() != home.data.data()) reader.release(source.data);
  };
  if (auto prepared = model.prepare(steps); !prepared)
    throw CommandFailed{kExitBadInput, prepared.error().message};
}

}  // namespace

OpenModel open_model(const std::string& path, std::unique_ptr<engine::Backend> backend) {
  auto file = value_or_fail(engine::GgufFile::open(path));
  auto config = value_or_fail(engine::ModelConfig::from_gguf(file));
  auto weights = value_or_fail(engine::ModelWeights::bind(file, config));
  auto model = std::make_unique<engine::Model>(std::move(config), std::move(weights), std::move(backend));
  place_weights(file, *model);
  return {std::move(file), std::move(model)};
}

}  // namespace kvasir::app
