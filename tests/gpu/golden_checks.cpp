#include "tests/engine/model/loaded_model.h"
#include "tests/gpu/backend_under_test.h"
#include "tests/gpu/model_checks.h"
#include "tests/gpu/next_tokens.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kvasir::engine::test {
namespace {

using nlohmann::json;

constexpr const char* kGoldenModels[] = {"deepseek2-v2-lite", "deepseek2-v2-lite-kv_b",
                                         "deepseek2-v2-yarn-kv_b", "deepseek2-v3", "deepseek2-glm-4.7-flash"};
constexpr double kGoldenLimit = 1e-4;  // what tests/golden/README.md promises
constexpr uint32_t kCapacity = 256;

json read_json(const std::string& path) {
  std::ifstream stream(path);
  return json::parse(stream);
}

/// ‖x − reference‖ / ‖reference‖
double relative_error(std::span<const float> x, const std::vector<double>& reference) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    difference += std::pow(static_cast<double>(x[i]) - reference[i], 2);
    norm += reference[i] * reference[i];
  }
  return std::sqrt(difference / norm);
}

/// Not `==`: that would take zeros of both signs for equal.
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

std::vector<std::byte> all_rows(const KvCache& cache) {
  std::vector<std::byte> rows(cache.layout().slice_bytes(cache.length()) * cache.layout().layers);
  value_or_exit(cache.read_rows(0, cache.length(), rows.data()));
  return rows;
}

/// One golden model on the backend under test.
class GoldenModel {
 public:
  GoldenModel(const CheckOptions& options, CheckReport& report, const std::string& name)
      : report_(report),
        name_(name),
        path_(options.golden_folder + "/" + name),
        golden_(read_json(path_ + ".json")),
        tokens_(golden_["tokens"].get<std::vector<int32_t>>()) {}

  void check() {
    logits_and_continuation_are_met();
    for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0}) {
      cuts_change_no_bit(type);
      a_copied_cache_goes_on_with_the_same_bits(type);
    }
    likeliest_tokens_are_those_of_the_logits();
  }

 private:
  LoadedModel load_model(Arithmetic arithmetic) const {
    auto loaded = load(path_ + ".gguf", value_or_exit(make_backend_under_test(arithmetic)));
    if (!loaded) std::exit(1);
    return std::move(*loaded);
  }

  void logits_and_continuation_are_met() {
    const LoadedModel loaded = load_model(Arithmetic::Exact);
    const size_t vocab = loaded.model->config().vocab_size;
    for (const std::vector<size_t>& cuts : {std::vector<size_t>{}, {1, 64}, {63, 64, 70, 159}}) {
      KvCache cache = value_or_exit(loaded.model->make_cache(KvType::F32, kCapacity));
      const std::vector<float> logits = run(*loaded.model, cache, tokens_, cuts);
      for (const size_t position : golden_["positions"].get<std::vector<size_t>>())
        report_.measure(
            "golden logits, exact",
            relative_error(std::span(logits).subspan(position * vocab, vocab),
                           golden_["logits"][std::to_string(position)].get<std::vector<double>>()),
            kGoldenLimit, name_ + ", position " + std::to_string(position));
    }
    KvCache cache = value_or_exit(loaded.model->make_cache(KvType::F32, kCapacity));
    NextTokens next(*loaded.model, cache);
    next.append(std::span(tokens_).first(64));
    std::vector<int32_t> ids;
    const auto expected = golden_["greedy_after_64_tokens"].get<std::vector<int32_t>>();
    while (ids.size() < expected.size()) {
      ids.push_back(next.likeliest());
      next.append(std::span(ids).last(1));
    }
    report_.require("golden continuation, exact", ids == expected, name_);
  }

  /// Small batches of any size, and single tokens, whose calls a backend may have recorded.
  void cuts_change_no_bit(KvType type) {
    const LoadedModel loaded = load_model(Arithmetic::Fast);
    std::vector<size_t> single, sevens;
    for (size_t cut = 1; cut < tokens_.size(); ++cut) single.push_back(cut);
    for (size_t cut = 7; cut < tokens_.size(); cut += 7) sevens.push_back(cut);
    std::vector<float> expected_logits;
    std::vector<std::byte> expected_rows;
    for (const std::vector<size_t>& cuts :
         {std::vector<size_t>{64, 128}, single, sevens, {1, 63, 64, 120, 159}}) {
      KvCache cache = value_or_exit(loaded.model->make_cache(type, kCapacity));
      const std::vector<float> logits = run(*loaded.model, cache, tokens_, cuts);
      const std::vector<std::byte> rows = all_rows(cache);
      if (expected_logits.empty()) {
        expected_logits = logits;
        expected_rows = rows;
        continue;
      }
      const std::string detail = name_ + ", cuts: " + std::to_string(cuts.size());
      const std::string kind = ", " + std::string(kv_type_name(type)) + ", the same bits in every cut";
      report_.require("logits" + kind, same_bits(logits, expected_logits), detail);
      report_.require("KV" + kind, same_bits(rows, expected_rows), detail);
    }
  }

  void a_copied_cache_goes_on_with_the_same_bits(KvType type) {
    const LoadedModel loaded = load_model(Arithmetic::Fast);
    constexpr uint32_t kCopied = 101;
    const auto behind = std::span(tokens_).subspan(kCopied, 20);
    KvCache cache = value_or_exit(loaded.model->make_cache(type, kCapacity));
    run(*loaded.model, cache, std::span(tokens_).first(kCopied), {60});
    const std::vector<std::byte> rows = all_rows(cache);
    const std::vector<float> expected = run(*loaded.model, cache, behind, {1, 2});

    KvCache copy = value_or_exit(loaded.model->make_cache(type, kCapacity));
    value_or_exit(copy.write_rows(0, 40, rows.data(), kCopied));
    // The rest from where it stands in each layer's slice.
    const size_t row_bytes = copy.layout().row_bytes();
    value_or_exit(copy.write_rows(40, kCopied - 40, rows.data() + 40 * row_bytes, kCopied));
    copy.set_length(kCopied);
    const std::string kind = std::string(kv_type_name(type));
    report_.require("KV, " + kind + ", read back as it was written", same_bits(all_rows(copy), rows), name_);
    report_.require("a copied cache, " + kind + ", goes on with the same bits",
                    same_bits(run(*loaded.model, copy, behind, {1, 2}), expected), name_);
  }

  void likeliest_tokens_are_those_of_the_logits() {
    const LoadedModel loaded = load_model(Arithmetic::Fast);
    Model& model = *loaded.model;
    KvCache cache = value_or_exit(model.make_cache(KvType::F16, kCapacity));
    KvCache other = value_or_exit(model.make_cache(KvType::F16, kCapacity));
    std::vector<TokenLogit> top(Model::top_logits(model.config()));
    for (size_t i = 0; i < 12; ++i) {
      const std::span token(&tokens_[i], 1);
      const std::vector<float> logits = run(model, cache, token, {});
      value_or_exit(model.forward_top(token, other, top));
      std::vector<TokenLogit> expected;
      for (size_t id = 0; id < logits.size(); ++id)
        expected.push_back({static_cast<int32_t>(id), logits[id]});
      std::ranges::partial_sort(expected, expected.begin() + static_cast<ptrdiff_t>(top.size()), Likelier());
      std::ranges::sort(top, Likelier());
      const bool same =
          std::equal(top.begin(), top.end(), expected.begin(),
                     [](const auto& a, const auto& b) { return a.id == b.id && a.logit == b.logit; });
      report_.require("the likeliest tokens are those of the logits", same,
                      name_ + ", token " + std::to_string(i));
    }
  }

  CheckReport& report_;
  const std::string name_;
  const std::string path_;
  const json golden_;
  const std::vector<int32_t> tokens_;
};

}  // namespace

void check_golden_models(const CheckOptions& options, CheckReport& report) {
  for (const char* name : kGoldenModels) {
    std::printf("%s\n", name);
    GoldenModel(options, report, name).check();
    report.print();
    if (options.small) break;
  }
}

}  // namespace kvasir::engine::test
