#include "app/cli/bench/bench_command.h"
#include "app/cli/bench/made_model.h"
#include "app/cli/command.h"
#include "app/cli/interrupt.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace kvasir::app {
namespace {

constexpr unsigned kMostThreads = 16;  // more only wait for the disk

struct MakeModelOptions {
  std::string shape;
  std::string type = "Q4_K_M";
  std::string path;
  uint32_t context = 0;  ///< 0: the shape's own
  uint32_t blocks = 0;   ///< 0: the shape's own
  uint64_t seed = 1;
  unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads);
  bool old_kv_b = false;
};

template <class Named>
std::vector<std::string> names_of(std::span<const Named> all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.emplace_back(one.name);
  return names;
}

std::string describe_shapes() {
  std::string text = "Shapes:\n";
  for (const ModelShape& shape : model_shapes())
    text += "  " + std::string(shape.name) + std::string(16 - shape.name.size(), ' ') +
            std::string(shape.about) + "\n";
  return text +
         "\nThe types of single tensors follow llama.cpp's quantiser. llama.cpp tells models apart by their "
         "count of blocks: it runs v2-lite only with all of them.";
}

MadeModel made_model(const MakeModelOptions& options) {
  MadeModel model{find_model_shape(options.shape).value(), find_type_mix(options.type).value()};
  if (options.context > 0) model.shape.context = options.context;
  if (options.blocks > 0) model.shape.blocks = options.blocks;
  model.seed = options.seed;
  model.old_kv_b = options.old_kv_b;
  return model;
}

void make_model(const MakeModelOptions& options) {
  const InterruptCatcher interrupt;
  const auto progress = [&, last = -1](uint64_t done, uint64_t all) mutable {
    const int percent = static_cast<int>(done * 100 / std::max<uint64_t>(all, 1));
    if (percent / 10 != last / 10) std::fprintf(stderr, "%d %%\n", last = percent);
    return !interrupt.caught();
  };
  const uint64_t bytes = value_or_fail(write_made_model(made_model(options), storage::posix_file_system(),
                                                        options.path, options.threads, progress),
                                       kExitFailed);
  std::printf("%s: %.2f GB\n", options.path.c_str(), static_cast<double>(bytes) / 1e9);
}

}  // namespace

void add_make_model_command(CLI::App& parent) {
  auto options = std::make_shared<MakeModelOptions>();
  auto* command = parent.add_subcommand(
      "make-model", "Write a model file with random weights in a published shape, to measure with");
  command->add_option("--shape", options->shape)->required()->check(CLI::IsMember(names_of(model_shapes())));
  command->add_option("--type", options->type, "Type of most weights")
      ->capture_default_str()
      ->check(CLI::IsMember(names_of(type_mixes())));
  command->add_option("--context", options->context, "Context length that the file names")
      ->check(CLI::Range(1u, 1u << 24));
  command->add_option("--blocks", options->blocks, "Fewer or more blocks than the shape has")
      ->check(CLI::Range(1u, 1024u));
  command->add_option("--seed", options->seed, "The same seed gives the same bytes")->capture_default_str();
  command->add_option("--threads", options->threads)
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxThreads));
  command->add_flag("--old-kv-b", options->old_kv_b, "Store one attn_kv_b per block, as older files do");
  command->add_option("out", options->path, "The file to write")->required();
  command->footer(describe_shapes());
  command->callback([options] { make_model(*options); });
}

}  // namespace kvasir::app
