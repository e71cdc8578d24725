#pragma once

#include <CLI/CLI.hpp>

namespace kvasir::app {

// The subcommands of kvasir-bench, one file each. Each adds itself with its options.
void add_kv_command(CLI::App& parent);
void add_make_model_command(CLI::App& parent);

}  // namespace kvasir::app
