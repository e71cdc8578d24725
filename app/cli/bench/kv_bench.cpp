#include "app/cli/bench/kv_bench.h"

#include "app/cli/bench/disk_bandwidth.h"
#include "app/cli/bench/random_kv.h"
#include "app/cli/bench/random_source.h"
#include "app/cli/bench/statistics.h"
#include "app/cli/command.h"
#include "app/cli/interrupt.h"
#include "app/services/block_store_adapter.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/sequence.h"
#include "storage/kv/disk_block_store.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <utility>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;
using engine::TokenId;

constexpr uint32_t kSpeedTokens = 512;  // of a prompt that is computed to see how fast that is
constexpr uint32_t kSpeedDepths = 8;
const engine::BlockOwner kOwner = "bench";

/// A folder of its own, removed at the end.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& parent)
      : path_(fs::path(parent) / ("kvasir-bench-" + std::to_string(::getpid()))) {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error)
      throw CommandFailed{kExitBadInput, "The folder " + path_.string() + " can't be made: " +
                                             error.message() + ". Choose another place with --folder."};
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Of all threads of this process.
double processor_time_us() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// Spread over the vocabulary; others for another salt.
std::vector<TokenId> make_ids(uint32_t count, uint32_t vocab_size, uint64_t salt) {
  RandomSource random(salt + 1);
  std::vector<TokenId> ids(count);
  for (TokenId& id : ids) id = static_cast<TokenId>(random.next() % vocab_size);
  return ids;
}

/// A model with a store of its own.
class KvBench {
 public:
  KvBench(const KvBenchOptions& options, uint32_t context_tokens, std::chrono::milliseconds group_delay)
      : options_(options), scratch_(options.folder) {
    storage::DiskBlockStoreOptions store_options;
    store_options.limits = {
        .quota_bytes = UINT64_MAX, .min_free_bytes = uint64_t{1} << 30, .daily_write_bytes = 0};
    store_options.group_delay = group_delay;
    if (options.encrypt) store_options.secret.assign(32, std::byte{7});
    disk_ = value_or_fail(
        storage::DiskBlockStore::open(store_folder(), storage::posix_file_system(), store_options),
        kExitFailed);
    blocks_ = std::make_shared<BlockStoreAdapter>(*disk_);
    engine::EngineOptions engine_options;
    engine_options.threads = options.compute.threads;
    engine_options.cuda = cuda_module(options.compute);
    engine_options.vram_bytes = options.compute.vram_bytes();
    engine_options.kv_type = options.kv_type;
    engine_options.context_tokens = context_tokens;
    engine_ = value_or_fail(engine::Engine::load(options.model, engine_options, blocks_));
    if (options.compute.on_gpu() && engine_->device().name.empty())
      throw CommandFailed{kExitFailed, "The GPU does not compute. " + engine_->device_note()};
    if (engine_->context_tokens() < context_tokens)
      throw CommandFailed{kExitBadInput, "This model's context has only " +
                                             std::to_string(engine_->context_tokens()) + " tokens."};
  }

  engine::Engine& engine() { return *engine_; }
  storage::DiskBlockStore& disk() { return *disk_; }
  const fs::path& scratch() const { return scratch_.path(); }
  std::vector<TokenId> ids(uint32_t count, uint64_t salt) const {
    return make_ids(count, engine_->config().vocab_size, salt);
  }

  engine::GenerateResult answer(std::vector<TokenId> prompt, uint32_t max_tokens, const engine::KvUse& kv) {
    engine::GenerateRequest request;
    request.prompt = std::move(prompt);
    request.max_tokens = max_tokens;
    request.kv = kv;
    // All tokens are nearly equally likely, so that the answer does not end early.
    request.sampling = {.temperature = 100, .top_k = 0, .top_p = 1, .min_p = 0, .seed = ++seed_};
    engine::GenerateCallbacks callbacks;
    callbacks.on_token = [](const engine::TokenEvent&) {};
    std::stop_source stop;
    callbacks.on_prefill = [&](uint32_t, uint32_t) {
      if (interrupt_.caught()) stop.request_stop();
    };
    auto result = value_or_fail(engine_->generate(request, callbacks, stop.get_token()), kExitFailed);
    if (interrupt_.caught()) throw CommandFailed{kExitFailed, "Interrupted."};
    return result;
  }

  void drop_page_cache() {
    for (const auto& entry : fs::directory_iterator(store_folder())) drop_from_page_cache(entry.path());
  }

  /// Puts KV of random values for these tokens into the store.
  void store_random_values(const std::vector<TokenId>& ids) {
    const engine::ModelConfig& config = engine_->config();
    const engine::KvLayout layout{config.num_hidden_layers, config.kv_width(), options_.kv_type};
    const auto tokens = static_cast<uint32_t>(ids.size());
    auto cache = value_or_fail(engine::KvCache::create(layout, tokens), kExitFailed);
    fill_with_random_kv(cache, tokens, ids.size());
    cache.set_length(tokens);
    engine::Sequence sequence(std::move(cache), engine_->prompt_maker()->root, engine_->fingerprint());
    sequence.append(ids);
    while (!sequence.is_stored()) {  // as much as the queue holds at a time
      sequence.offer_all(*blocks_, kOwner);
      disk_->flush();
      value_or_fail(disk_->health().map([] { return true; }), kExitFailed);
    }
  }

 private:
  fs::path store_folder() const { return scratch_.path() / "kv"; }

  const KvBenchOptions& options_;
  const InterruptCatcher interrupt_;  // so that the folder is removed
  ScratchFolder scratch_;
  std::unique_ptr<storage::DiskBlockStore> disk_;
  std::shared_ptr<BlockStoreAdapter> blocks_;
  std::unique_ptr<engine::Engine> engine_;
  uint64_t seed_ = 0;
};

/// What computing the prefix would take, from the speed of short prompts at several depths of it. Its KV is
/// in the store.
double estimate_cold_ms(KvBench& bench, const std::vector<TokenId>& prefix) {
  double ms = 0;
  const size_t stretch = prefix.size() / kSpeedDepths;
  for (uint32_t i = kSpeedDepths; i-- > 0;) {  // from the deepest: what is behind is forgotten
    const size_t depth = (stretch * i + stretch / 2) / engine::kBlockTokens * engine::kBlockTokens;
    auto prompt = std::vector(prefix.begin(), prefix.begin() + static_cast<ptrdiff_t>(depth));
    const auto others = bench.ids(kSpeedTokens, 1000 + i);
    prompt.insert(prompt.end(), others.begin(), others.end());
    const auto result = bench.answer(std::move(prompt), 1, {.keep = false, .owner = {}});
    ms += static_cast<double>(stretch) * 1000 / result.timings.prefill_tokens_per_second;
  }
  return ms;
}

Reopening measure_one(KvBench& bench, const KvBenchOptions& options, uint32_t tokens) {
  Reopening result;
  result.tokens = tokens;
  result.computed = tokens <= options.computed_tokens;
  bench.disk().clear();
  bench.disk().flush();
  bench.disk().tidy();
  bench.engine().forget();
  const auto prefix = bench.ids(tokens, tokens);
  const auto whole = [&](uint64_t message) {
    auto prompt = prefix;
    const auto added = bench.ids(options.message_tokens, message);
    prompt.insert(prompt.end(), added.begin(), added.end());
    return prompt;
  };
  if (result.computed) {
    const auto cold = bench.answer(prefix, 1, {.keep = true, .owner = kOwner});
    result.cold_ms = cold.timings.ttft_ms;
  } else {
    bench.store_random_values(prefix);
  }
  bench.disk().flush();
  result.bytes = bench.disk().stats().live_bytes;

  const fs::path compared = bench.scratch() / "compared";
  write_random_file(compared, result.bytes);
  for (uint32_t repeat = 0; repeat < options.repeats; ++repeat) {
    drop_from_page_cache(compared);
    result.raw_bytes_per_second.push_back(measure_direct_read(compared));
    bench.engine().forget();
    bench.drop_page_cache();
    const auto reopened = bench.answer(whole(repeat), 1, {.keep = false, .owner = kOwner});
    if (reopened.usage.prompt_cache_disk_tokens < tokens / engine::kBlockTokens * engine::kBlockTokens)
      throw CommandFailed{kExitFailed, "Only " + std::to_string(reopened.usage.prompt_cache_disk_tokens) +
                                           " of " + std::to_string(tokens) + " tokens came from the disk."};
    result.restore_ms.push_back(reopened.timings.restore_ms);
    result.reopened_ms.push_back(reopened.timings.ttft_ms);
    result.message_ms.push_back(reopened.timings.prefill_ms);
  }
  fs::remove(compared);
  if (!result.computed && options.estimate_cold) result.cold_ms = estimate_cold_ms(bench, prefix);
  if (result.cold_ms > 0) result.cold_ms += median(result.message_ms);
  return result;
}

}  // namespace

std::vector<Reopening> measure_reopening(const KvBenchOptions& options) {
  const uint32_t most = *std::ranges::max_element(options.tokens);
  KvBench bench(options, most + std::max(options.message_tokens, kSpeedTokens) + 2,
                std::chrono::milliseconds(200));
  bench.answer(bench.ids(kSpeedTokens, 1), 1, {.keep = false, .owner = {}});  // nothing is new to it then
  std::vector<Reopening> results;
  for (const uint32_t tokens : options.tokens) results.push_back(measure_one(bench, options, tokens));
  return results;
}

SavingCost measure_saving(const KvBenchOptions& options) {
  constexpr uint32_t kPromptTokens = 64;
  KvBench bench(options, kPromptTokens + options.generate_tokens + 1,
                storage::DiskBlockStoreOptions().group_delay);
  SavingCost cost;
  const auto decode = [&](bool saving, uint64_t salt, DecodeCost& run) {
    bench.engine().forget();
    const auto kv = saving ? engine::KvUse{.keep = true, .owner = kOwner + std::to_string(salt)}
                           : engine::KvUse{.keep = false, .owner = {}};
    const auto prompt = bench.ids(kPromptTokens, salt);
    const double cpu_us = processor_time_us();
    const auto result = bench.answer(prompt, options.generate_tokens, kv);
    bench.disk().flush();
    run.cpu_us_per_token.push_back((processor_time_us() - cpu_us) / options.generate_tokens);
    run.us_per_token.push_back(1e6 / result.timings.decode_tokens_per_second);
  };
  DecodeCost warm_up;
  decode(true, 0, warm_up);
  for (uint32_t pair = 0; pair < options.pairs; ++pair)
    for (const bool saving : {pair % 2 == 0, pair % 2 != 0})
      decode(saving, 2 * pair + (saving ? 1 : 2), saving ? cost.saving : cost.not_saving);
  cost.bytes_written = bench.disk().stats().bytes_written_today;
  return cost;
}

}  // namespace kvasir::app
