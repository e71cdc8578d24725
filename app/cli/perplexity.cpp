#include "app/cli/command.h"
#include "app/cli/open_model.h"
#include "engine/tokenizer/tokenizer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace kvasir::app {
namespace {

constexpr uint32_t kMaxContext = 1u << 20;

constexpr const char* kProtocol =
    "The text's tokens are cut into windows of --context tokens that do not overlap; what is left at the end "
    "is not used. Each window is run from an empty context; where the model's file asks for a "
    "begin-of-sentence token, that one takes the place of the window's first token. Only the tokens behind "
    "the first --skip ones (half a window where not given) count: with N of them, NLL is the mean of "
    "-ln p(token | those before it in the window), its standard error their standard deviation / sqrt(N), "
    "perplexity exp(NLL). llama.cpp's llama-perplexity does the same.";

struct PerplexityOptions {
  std::string model;
  std::string file;
  uint32_t context = 512;
  std::optional<uint32_t> skip;  ///< half the context where not given
  uint32_t windows = 0;          ///< 0: all
  std::string kv_type = "f16";
  ComputeOptions compute;
  bool no_special = false;
  bool json = false;

  uint32_t skipped() const { return skip.value_or(context / 2); }
};

/// Mean and spread of the counted tokens' negative log-likelihoods.
class Likelihood {
 public:
  void add(double nll) {
    sum_ += nll;
    sum_of_squares_ += nll * nll;
    ++count_;
  }
  uint64_t count() const { return count_; }
  double mean() const { return sum_ / static_cast<double>(count_); }
  double standard_error() const {
    if (count_ < 2) return 0;
    const double variance = sum_of_squares_ / static_cast<double>(count_) - mean() * mean();
    return std::sqrt(std::max(0.0, variance) / static_cast<double>(count_ - 1));
  }
  double perplexity() const { return std::exp(mean()); }
  /// To first order.
  double perplexity_error() const { return perplexity() * standard_error(); }

 private:
  double sum_ = 0, sum_of_squares_ = 0;
  uint64_t count_ = 0;
};

/// -ln softmax(logits)[token]
double negative_log_likelihood(std::span<const float> logits, int32_t token) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - largest));
  return static_cast<double>(largest) + std::log(sum) -
         static_cast<double>(logits[static_cast<size_t>(token)]);
}

engine::KvType kv_type_of(const PerplexityOptions& options) {
  if (options.compute.arithmetic == engine::Arithmetic::Exact) return engine::KvType::F32;
  return options.kv_type == "q8_0" ? engine::KvType::Q8_0 : engine::KvType::F16;
}

class Evaluator {
 public:
  explicit Evaluator(const PerplexityOptions& options)
      : options_(options),
        open_(open_model(options.model, options.compute, kv_type_of(options), options.context)) {}

  /// {tokens} of the text, cut into whole windows; begin-of-sentence tokens are in their places.
  std::vector<int32_t> read_tokens() const {
    const auto tokenizer = value_or_fail(engine::Tokenizer::from_gguf(open_.file));
    const bool adds_bos =
        open_.file.get_bool("tokenizer.ggml.add_bos_token").value_or(false) && tokenizer.bos().has_value();
    const int32_t bos = tokenizer.bos().value_or(0);
    auto tokens = tokenizer.encode(read_text_file(options_.file), !options_.no_special);
    if (adds_bos) tokens.insert(tokens.begin(), bos);
    size_t windows = tokens.size() / options_.context;
    if (windows == 0)
      throw CommandFailed{kExitBadInput, options_.file + " has only " + std::to_string(tokens.size()) +
                                             " tokens: give a longer text or a smaller --context."};
    if (options_.windows > 0) windows = std::min<size_t>(windows, options_.windows);
    tokens.resize(windows * options_.context);
    for (size_t first = 0; adds_bos && first < tokens.size(); first += options_.context) tokens[first] = bos;
    return tokens;
  }

  void run_window(std::span<const int32_t> window, Likelihood& likelihood) {
    open_.cache.set_length(0);
    for (size_t first = 0; first < window.size(); first += open_.model->max_batch_tokens())
      run_batch(window, first, likelihood);
  }

 private:
  /// The logits of one token tell of the next: those of the window's last token are not needed.
  void run_batch(std::span<const int32_t> window, size_t first, Likelihood& likelihood) {
    const size_t count = std::min<size_t>(open_.model->max_batch_tokens(), window.size() - first);
    std::vector<uint32_t> rows;
    for (size_t i = 0; i < count; ++i)
      if (first + i >= options_.skipped() && first + i + 1 < window.size())
        rows.push_back(static_cast<uint32_t>(i));
    const size_t vocab = open_.model->config().vocab_size;
    logits_.resize(rows.size() * vocab);
    if (auto done = open_.model->forward(window.subspan(first, count), open_.cache, rows, logits_); !done)
      throw CommandFailed{kExitBadInput, done.error().message};
    for (size_t i = 0; i < rows.size(); ++i)
      likelihood.add(
          negative_log_likelihood(std::span(logits_).subspan(i * vocab, vocab), window[first + rows[i] + 1]));
  }

  const PerplexityOptions& options_;
  OpenModel open_;
  std::vector<float> logits_;  // {counted tokens of a batch, vocab}
};

void print(const PerplexityOptions& options, size_t windows, const Likelihood& likelihood, double seconds) {
  const double tokens_per_second = static_cast<double>(windows * options.context) / seconds;
  if (options.json) {
    std::cout << nlohmann::json{{"model", options.model},
                                {"file", options.file},
                                {"exact", options.compute.arithmetic == engine::Arithmetic::Exact},
                                {"kv_type", engine::kv_type_name(kv_type_of(options))},
                                {"context", options.context},
                                {"skip", options.skipped()},
                                {"windows", windows},
                                {"tokens", likelihood.count()},
                                {"nll", likelihood.mean()},
                                {"nll_standard_error", likelihood.standard_error()},
                                {"perplexity", likelihood.perplexity()},
                                {"perplexity_standard_error", likelihood.perplexity_error()},
                                {"tokens_per_second", tokens_per_second}}
                     .dump(2)
              << "\n";
    return;
  }
  std::printf("%zu windows of %u tokens, %llu tokens counted, %.0f tokens/s\n", windows, options.context,
              static_cast<unsigned long long>(likelihood.count()), tokens_per_second);
  std::printf("NLL         %.5f ± %.5f\n", likelihood.mean(), likelihood.standard_error());
  std::printf("perplexity  %.4f ± %.4f\n", likelihood.perplexity(), likelihood.perplexity_error());
}

void perplexity(const PerplexityOptions& options) {
  if (uint64_t{options.skipped()} + 2 > options.context)
    throw CommandFailed{kExitBadInput, "--skip leaves nothing of a window of " +
                                           std::to_string(options.context) + " tokens to count."};
  Evaluator evaluator(options);
  const auto tokens = evaluator.read_tokens();
  const size_t windows = tokens.size() / options.context;
  const auto started = std::chrono::steady_clock::now();
  Likelihood likelihood;
  for (size_t i = 0; i < windows; ++i) {
    evaluator.run_window(std::span(tokens).subspan(i * options.context, options.context), likelihood);
    std::fprintf(stderr, "window %zu of %zu: perplexity %.4f\n", i + 1, windows, likelihood.perplexity());
  }
  if (!std::isfinite(likelihood.mean()))
    throw CommandFailed{kExitFailed, "The model gives no finite probabilities for this text: its file " +
                                         options.model + " may be damaged."};
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  print(options, windows, likelihood, seconds.count());
}

}  // namespace

void add_perplexity_command(CLI::App& parent) {
  auto options = std::make_shared<PerplexityOptions>();
  auto* command = parent.add_subcommand("perplexity", "Measure how well a model predicts a text");
  command->add_option("--model", options->model, "GGUF file")->required();
  command->add_option("--file", options->file, "A file with the text")->required();
  command->add_option("--context", options->context, "Tokens of a window")
      ->capture_default_str()
      ->check(CLI::Range(2u, kMaxContext));
  command->add_option("--skip", options->skip, "Tokens of a window that are not counted");
  command->add_option("--windows", options->windows, "Only so many windows; 0: all")->capture_default_str();
  command->add_option("--kv-type", options->kv_type, "How the context is kept: f16 or q8_0")
      ->capture_default_str()
      ->check(CLI::IsMember({"f16", "q8_0"}));
  add_compute_options(*command, options->compute);
  command->add_flag_callback(
      "--exact", [options] { options->compute.arithmetic = engine::Arithmetic::Exact; },
      "Compute in float32, with a context in float32");
  command->add_flag("--no-special", options->no_special, "Take special tokens in the text as ordinary text");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer(kProtocol);
  command->callback([options] { perplexity(*options); });
}

}  // namespace kvasir::app
