#include "app/cli/bench/bench_command.h"
#include "app/cli/bench/measure.h"
#include "app/cli/bench/report.h"
#include "app/cli/command.h"
#include "app/services/data_folder.h"
#include "app/version.h"

#include <string>

namespace kvasir::app {
namespace {

constexpr unsigned kMaxTokens = 1u << 24;
constexpr unsigned kMaxRepeats = 1000;

struct BenchOptions {
  MeasureOptions measure;
  std::string kv_type = "f16";
  bool json = false;
};

void add_options(CLI::App& command_line, BenchOptions& options) {
  MeasureOptions& measure = options.measure;
  measure.model = starter_model_path().string();
  command_line.add_option("--model", measure.model, "GGUF file")->capture_default_str();
  command_line.add_option("--prompt-tokens", measure.prompt_tokens)
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxTokens));
  command_line.add_option("--generate-tokens", measure.generate_tokens)
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxTokens));
  command_line
      .add_option("--depth", measure.depths,
                  "Tokens in the context before the prompt: 0,4096; filled with random values")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(0u, kMaxTokens));
  command_line.add_option("--repeat", measure.repeats, "Runs of everything; medians are shown")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxRepeats));
  command_line.add_option("--kv-type", options.kv_type, "How the context is kept: f16 or q8_0")
      ->capture_default_str()
      ->check(CLI::IsMember({"f16", "q8_0"}));
  add_compute_options(command_line, measure.compute);
  command_line.add_flag("--profile", measure.compute.profile,
                        "Time each of the GPU's kernels: all of it is slower then");
  command_line.add_flag("--keep-weights-in-file", measure.compute.keep_weights_in_file,
                        "Compute from the file's own pages: slower, with less memory");
  command_line.add_flag("--json", options.json, "Print one JSON object");
}

void run(BenchOptions& options) {
  options.measure.kv_type = options.kv_type == "q8_0" ? engine::KvType::Q8_0 : engine::KvType::F16;
  const Measurement result = measure(options.measure);
  options.json ? print_json(options.measure, result) : print_table(options.measure, result);
}

}  // namespace
}  // namespace kvasir::app

int main(int argc, char** argv) {
  using namespace kvasir::app;
  BenchOptions options;
  CLI::App command_line("How fast a model runs on this machine.", "kvasir-bench");
  command_line.set_version_flag("--version", kVersion);
  add_options(command_line, options);
  add_kv_command(command_line);
  add_make_model_command(command_line);
  command_line.callback([&] {
    if (command_line.get_subcommands().empty()) run(options);
  });
  return run_command_line(command_line, argc, argv);
}
