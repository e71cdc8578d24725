#include "app/cli/open_model.h"

#include "app/cli/command.h"
#include "engine/runtime/load_weights.h"

#include <utility>

namespace kvasir::app {

OpenModel open_model(const std::string& path, const ComputeOptions& options, engine::KvType kv_type,
                     uint32_t context_tokens) {
  auto file = value_or_fail(engine::GgufFile::open(path));
  auto config = value_or_fail(engine::ModelConfig::from_gguf(file));
  auto weights = value_or_fail(engine::ModelWeights::bind(file, config));
  const engine::KvLayout layout{config.num_hidden_layers, config.kv_width(), kv_type};
  auto backend = make_backend(options, layout.layers * layout.slice_bytes(context_tokens));
  const auto reader =
      value_or_fail(engine::ModelReader::start(file, {.into_memory = !options.keep_weights_in_file}));
  auto model = std::make_unique<engine::Model>(std::move(config), std::move(weights), std::move(backend));
  value_or_fail(engine::load_weights(*reader, *model));
  auto cache = value_or_fail(model->make_cache(kv_type, context_tokens));
  return {std::move(file), std::move(model), std::move(cache)};
}

}  // namespace kvasir::app
