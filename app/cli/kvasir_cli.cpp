#include "app/cli/command.h"
#include "app/version.h"

int main(int argc, char** argv) {
  CLI::App command_line("Kvasir without a window: ask, and look inside models.", "kvasir-cli");
  command_line.set_version_flag("--version", kvasir::app::kVersion);
  command_line.require_subcommand(1);
  kvasir::app::add_ask_command(command_line);
  kvasir::app::add_cache_command(command_line);
  kvasir::app::add_export_command(command_line);
  kvasir::app::add_import_command(command_line);
  kvasir::app::add_tokenize_command(command_line);
  kvasir::app::add_logits_command(command_line);
  kvasir::app::add_perplexity_command(command_line);
  kvasir::app::add_render_command(command_line);
  return kvasir::app::run_command_line(command_line, argc, argv);
}
