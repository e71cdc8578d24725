#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/model/loaded_model.h"
#include "tests/gpu/backend_under_test.h"
#include "tests/gpu/model_checks.h"
#include "tests/gpu/next_tokens.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace kvasir::engine::test {
namespace {

constexpr uint32_t kTextTokens = 512;
constexpr size_t kPromptTokens = 64;
constexpr size_t kGreedyTokens = 200;

// Of the perplexity of one window of text. Rounded KV scatters a single window; docs/performance.md has whole
// texts.
constexpr double kPerplexityLimit = 0.003;
constexpr double kRoundedKvPerplexityLimit = 0.01;
/// How much less likely, as a logit, the other's choice may be where two computations choose differently.
constexpr double kGreedyGapLimit = 0.5;
constexpr unsigned kGreedyDifferenceLimit = 8;

struct Text {
  std::vector<int32_t> tokens;

  static Text read(const CheckOptions& options, const GgufFile& file) {
    const Tokenizer tokenizer = value_or_exit(Tokenizer::from_gguf(file));
    std::ifstream stream(options.golden_folder + "/heldout-511-tokens.txt");
    const std::string words{std::istreambuf_iterator<char>(stream), {}};
    Text text{tokenizer.encode(words, true)};
    if (tokenizer.bos()) text.tokens.insert(text.tokens.begin(), *tokenizer.bos());
    if (text.tokens.size() > kTextTokens) text.tokens.resize(kTextTokens);
    return text;
  }
};

/// -ln softmax(logits)[token]
double negative_log_likelihood(std::span<const float> logits, int32_t token) {
  const auto largest = static_cast<double>(*std::ranges::max_element(logits));
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  return largest + std::log(sum) - static_cast<double>(logits[static_cast<size_t>(token)]);
}

/// Mean over the text, computed in batches that end at `cuts`.
double mean_nll(Model& model, KvType type, const Text& text, const std::vector<size_t>& cuts) {
  KvCache cache = value_or_exit(model.make_cache(type, kTextTokens));
  const std::vector<float> logits = run(model, cache, text.tokens, cuts);
  const size_t vocab = model.config().vocab_size;
  double sum = 0;
  for (size_t i = 0; i + 1 < text.tokens.size(); ++i)
    sum += negative_log_likelihood(std::span(logits).subspan(i * vocab, vocab), text.tokens[i + 1]);
  return sum / static_cast<double>(text.tokens.size() - 1);
}

LoadedModel load_model(const std::string& path, std::unique_ptr<Backend> backend) {
  auto loaded = load(path, std::move(backend));
  if (!loaded) std::exit(1);
  return std::move(*loaded);
}

/// Both go on with what the CPU finds likeliest. Where the tested one would not, the CPU's logits tell how
/// near the two tokens are.
void compare_greedy(const LoadedModel& cpu, const LoadedModel& tested, const Text& text, KvType type,
                    CheckReport& report) {
  const auto capacity = static_cast<uint32_t>(kPromptTokens + kGreedyTokens);
  KvCache cpu_cache = value_or_exit(cpu.model->make_cache(type, capacity));
  KvCache tested_cache = value_or_exit(tested.model->make_cache(type, capacity));
  NextTokens expected(*cpu.model, cpu_cache), found(*tested.model, tested_cache);
  const auto prompt = std::span(text.tokens).first(std::min(kPromptTokens, text.tokens.size()));
  expected.append(prompt);
  found.append(prompt);
  unsigned different = 0;
  for (size_t step = 0; step < kGreedyTokens; ++step) {
    const int32_t id = expected.likeliest(), other = found.likeliest();
    const auto logit = [&](int32_t token) {
      return static_cast<double>(expected.logits()[static_cast<size_t>(token)]);
    };
    const double gap = logit(id) - logit(other);
    if (id != other && ++different == 1)
      std::printf("        first difference at step %zu: %d instead of %d, whose logit is %g more\n", step,
                  other, id, gap);
    report.measure("greedy tokens, gap of the CPU's logits", gap, kGreedyGapLimit,
                   "step " + std::to_string(step));
    expected.append(std::span(&id, 1));
    found.append(std::span(&id, 1));
  }
  report.measure("greedy tokens that differ", different, kGreedyDifferenceLimit, kv_type_name(type).data());
}

}  // namespace

void check_model_text(const CheckOptions& options, CheckReport& report) {
  const LoadedModel cpu = load_model(
      options.model, make_cpu_backend({.threads = thread_count(0), .arithmetic = Arithmetic::Exact}));
  const LoadedModel tested =
      load_model(options.model, value_or_exit(make_backend_under_test(Arithmetic::Fast)));
  const Text text = Text::read(options, cpu.file);
  const double reference = mean_nll(*cpu.model, KvType::F32, text, {});
  for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0}) {
    const double limit = type == KvType::F32 ? kPerplexityLimit : kRoundedKvPerplexityLimit;
    for (const std::vector<size_t>& cuts :
         {std::vector<size_t>{}, {1, 60, 120, 180, 240, 300, 360, 420, 480}}) {
      const double change = std::exp(mean_nll(*tested.model, type, text, cuts) - reference) - 1;
      report.measure("perplexity, " + std::string(kv_type_name(type)) +
                         (cuts.empty() ? ", large batches" : ", small batches"),
                     std::abs(change), limit, "change " + std::to_string(change));
    }
  }
  compare_greedy(cpu, tested, text, KvType::F16, report);
  report.print();
}

}  // namespace kvasir::engine::test
