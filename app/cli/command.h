#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace kvasir::app {

/// Exit codes of the command-line programs.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;    ///< the work itself failed or was interrupted
inline constexpr int kExitBadInput = 2;  ///< bad usage or a bad file

/// The most that `--threads` may be: far more than machines have, far fewer than would bring one down.
inline constexpr unsigned kMaxThreads = 1024;

/// Parses, runs the chosen subcommand's callback and returns the exit code. Errors are one line on stderr.
int run_command_line(CLI::App& command_line, int argc, char** argv);

/// Thrown by a subcommand's callback: a sentence for the person, and the exit code.
struct CommandFailed {
  int exit_code;
  std::string message;
};

/// The value of a Result, or CommandFailed with its message.
template <class ExpectedLike>
typename ExpectedLike::value_type value_or_fail(ExpectedLike result, int exit_code = kExitBadInput) {
  if (!result) throw CommandFailed{exit_code, result.error().message};
  return std::move(*result);
}

/// The bytes of a file; CommandFailed where it can't be read.
std::string read_text_file(const std::string& path);

// The subcommands of kvasir-cli, one file each. Each adds itself with its options.
void add_ask_command(CLI::App& parent);
void add_cache_command(CLI::App& parent);
void add_tokenize_command(CLI::App& parent);
void add_logits_command(CLI::App& parent);
void add_perplexity_command(CLI::App& parent);
void add_render_command(CLI::App& parent);
void add_export_command(CLI::App& parent);
void add_import_command(CLI::App& parent);

}  // namespace kvasir::app
