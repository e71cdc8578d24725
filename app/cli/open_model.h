#pragma once

#include "app/cli/compute_options.h"
#include "engine/gguf/gguf_file.h"
#include "engine/model/model.h"

#include <memory>
#include <string>

namespace kvasir::app {

/// A model that is ready to run, the file that its weights may lie in, and a context.
struct OpenModel {
  engine::GgufFile file;
  std::unique_ptr<engine::Model> model;
  engine::KvCache cache;
};

/// Throws CommandFailed.
OpenModel open_model(const std::string& path, const ComputeOptions& options, engine::KvType kv_type,
                     uint32_t context_tokens);

}  // namespace kvasir::app
