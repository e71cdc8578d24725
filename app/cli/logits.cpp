#include "app/cli/command.h"
#include "engine/model/model.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace kvasir::app {
namespace {

struct LogitsOptions {
  std::string model;
  std::vector<int32_t> tokens;
  std::vector<uint32_t> positions;
  unsigned threads = 0;
  bool fast = false;
};

std::unique_ptr<engine::Backend> make_backend(const LogitsOptions& options) {
  if (!options.fast) return engine::make_scalar_backend();
  return engine::make_cpu_backend({.threads = options.threads});
}

void logits(const LogitsOptions& options) {
  for (const uint32_t position : options.positions)
    if (position >= options.tokens.size())
      throw CommandFailed{kExitBadInput, "--positions names " + std::to_string(position) +
                                             ", but there are only " + std::to_string(options.tokens.size()) +
                                             " tokens."};

  const auto file = value_or_fail(engine::GgufFile::open(options.model));
  const auto config = value_or_fail(engine::ModelConfig::from_gguf(file));
  auto weights = value_or_fail(engine::ModelWeights::bind(file, config));
  engine::Model model(config, std::move(weights), make_backend(options));
  auto cache = value_or_fail(model.make_cache(options.fast ? engine::KvType::F16 : engine::KvType::F32,
                                              static_cast<uint32_t>(options.tokens.size())));

  nlohmann::json by_position = nlohmann::json::object();
  for (size_t first = 0; first < options.tokens.size(); first += model.max_batch_tokens()) {
    const size_t count = std::min<size_t>(model.max_batch_tokens(), options.tokens.size() - first);
    std::vector<uint32_t> rows;
    for (const uint32_t position : options.positions)
      if (position >= first && position < first + count)
        rows.push_back(static_cast<uint32_t>(position - first));
    std::vector<float> values(rows.size() * config.vocab_size);
    if (auto done = model.forward(std::span(options.tokens).subspan(first, count), cache, rows, values);
        !done)
      throw CommandFailed{kExitBadInput, done.error().message};
    for (size_t i = 0; i < rows.size(); ++i)
      by_position[std::to_string(first + rows[i])] =
          std::vector<float>(values.begin() + static_cast<ptrdiff_t>(i * config.vocab_size),
                             values.begin() + static_cast<ptrdiff_t>((i + 1) * config.vocab_size));
  }
  std::cout << nlohmann::json{{"logits", std::move(by_position)}}.dump() << "\n";
}

}  // namespace

void add_logits_command(CLI::App& parent) {
  auto options = std::make_shared<LogitsOptions>();
  auto* command = parent.add_subcommand("logits", "Print the logits after given tokens as JSON");
  command->add_option("--model", options->model, "GGUF file")->required();
  command->add_option("--tokens", options->tokens, "Token ids: 1,2,3")->required()->delimiter(',');
  command->add_option("--positions", options->positions, "Positions whose logits are wanted: 0,63")
      ->required()
      ->delimiter(',');
  command->add_option("--threads", options->threads, "Threads of --fast; 0: one for each processor")
      ->check(CLI::Range(0u, kMaxThreads));
  command->add_flag("--fast", options->fast, "Compute as the chat does, instead of exactly");
  command->callback([options] { logits(*options); });
}

}  // namespace kvasir::app
