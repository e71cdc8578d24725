#pragma once

#include "engine/gguf/gguf_file.h"
#include "engine/model/model.h"

#include <memory>
#include <string>

namespace kvasir::app {

/// A model that is ready to run, and the file that its weights may lie in.
struct OpenModel {
  engine::GgufFile file;
  std::unique_ptr<engine::Model> model;
};

/// `keep_in_file`: weights that exceed the memory stay in their file; the backend must have been told as
/// well. Throws CommandFailed.
OpenModel open_model(const std::string& path, std::unique_ptr<engine::Backend> backend,
                     bool keep_in_file = false);

}  // namespace kvasir::app
