#include "engine/runtime/engine.h"

#include "engine/gguf/messages.h"
#include "engine/runtime/fingerprint.h"
#include "engine/runtime/load_weights.h"
#include "engine/runtime/sequence.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <exception>
#include <limits>
#include <map>
#include <new>
#include <utility>

namespace kvasir::engine {
namespace {

using Clock = std::chrono::steady_clock;

/// What `prepare` computes at once: about as much as a few tokens of an answer, since experts are seldom
/// shared.
constexpr size_t kPrepareBatchTokens = 8;

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

double per_second(double count, double ms) {
  return ms > 0 ? count * 1000.0 / ms : 0;
}

/// Closes an answer's reasoning once, when it has used up its tokens.
class ReasoningLimit {
 public:
  explicit ReasoningLimit(uint32_t max_tokens) : max_tokens_(max_tokens) {}

  /// The id that must come next; empty: it is the model's to choose.
  std::optional<TokenId> next(const AnswerDecoder& decoder) {
    if (max_tokens_ != 0 && decoder.in_reasoning() && decoder.reasoning_tokens() >= max_tokens_) {
      closing_ids_ = decoder.closing_ids();
      max_tokens_ = 0;
    }
    if (used_ == closing_ids_.size()) return std::nullopt;
    return closing_ids_[used_++];
  }

 private:
  uint32_t max_tokens_;  // 0: no limit, or it has been reached
  std::vector<TokenId> closing_ids_;
  size_t used_ = 0;
};

}  // namespace

std::string_view finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::Stop:
      return "stop";
    case FinishReason::Length:
      return "length";
    case FinishReason::ContextFull:
      return "context_full";
    case FinishReason::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

struct Engine::State {
  GgufFile file;
  std::shared_ptr<const PromptMaker> prompts;
  std::unique_ptr<Model> model;
  Hash256 content_hash;
  Hash256 fingerprint;
  Sequence sequence;
  std::shared_ptr<BlockStore> store;
  std::vector<TokenId> end_ids;  ///< that end an answer
  std::vector<float> logits;     ///< {vocab}
  std::vector<TokenLogit> top;   ///< the likeliest tokens
  std::string device_note = {};
  /// Positions that were read from the store before the request that is to use them.
  struct {
    uint32_t first = 0;
    uint32_t end = 0;
  } read_ahead = {};

  uint32_t context_tokens() { return sequence.cache().capacity(); }

  Result<void> check_request(const GenerateRequest& request);
  /// Takes over the longest known prefix of the prompt; at least its last token is left to compute.
  void reuse_prefix(const GenerateRequest& request, std::stop_token stop, GenerateResult& result);
  /// What a request leaves behind: the store gets all of the sequence that it may have.
  void keep(const KvUse& kv) {
    if (store && kv.keep) sequence.offer_all(*store, kv.owner);
  }
  /// What a batch is computed for, behind its last token.
  enum class Want { Kv, Top, Logits };
  /// What the request's tokens are drawn from.
  Want wanted(const GenerateRequest& request) const;
  /// Computes the rest of the prompt, and what its answer's first token is drawn from. False: stopped.
  Result<bool> prefill(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                       std::stop_token stop);
  /// Draws from what the last batch gave.
  Result<TokenId> draw(Sampler& sampler, Want from, bool may_end);
  Result<GenerateResult> generate(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                                  std::stop_token stop);
  /// What `generate` does behind the reused prefix.
  Result<void> compute(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                       std::stop_token stop, Clock::time_point started, GenerateResult& result);
  Result<bool> prepare(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop);
  uint32_t restore(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop);
  Result<FinishReason> decode(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                              std::stop_token stop, Clock::time_point started, GenerateResult& result);
  /// Computes ids behind the sequence and offers the blocks that they fill. False: stopped, nothing changed.
  Result<bool> forward(const GenerateRequest& request, std::span<const TokenId> ids, Want want,
                       std::stop_token stop = {});
};

namespace {

std::unique_ptr<Backend> make_host_backend(const EngineOptions& options) {
  return make_cpu_backend({.threads = options.threads,
                           .arithmetic = options.exact ? Arithmetic::Exact : Arithmetic::Fast,
                           .keep_weights_in_file = options.keep_weights_in_file});
}

std::vector<TokenId> ids_that_end(const Tokenizer& tokenizer, uint32_t vocab_size) {
  std::vector<TokenId> ids;
  for (TokenId id = 0; static_cast<uint32_t>(id) < vocab_size; ++id)
    if (tokenizer.ends_generation(id)) ids.push_back(id);
  return ids;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::load(const std::filesystem::path& model_path,
                                             const EngineOptions& options,
                                             std::shared_ptr<BlockStore> store) {
  const auto make_host = [&] { return make_host_backend(options); };
  std::string device_note;
  const auto gpu = options.cuda != nullptr ? choose_gpu(*options.cuda) : std::nullopt;
  if (!gpu) {
    device_note = gpu.error().message;
  } else if (*gpu) {
    std::unique_ptr<Engine> engine;
    const auto loaded = load_on_gpu(*options.cuda, **gpu, options.vram_bytes,
                                    options.exact ? Arithmetic::Exact : Arithmetic::Fast, make_host,
                                    [&](const MakeBackend& make_backend) -> Result<void> {
                                      auto made = load_with(model_path, options, store, make_backend);
                                      if (!made) return tl::unexpected(made.error());
                                      engine = std::move(*made);
                                      return {};
                                    });
    if (loaded) return engine;
    if (!is_about_gpu(loaded.error().code)) return tl::unexpected(loaded.error());
    device_note = loaded.error().message;
  }
  EngineOptions without_gpu = options;
  without_gpu.keep_weights_in_file |= options.through_page_cache;
  auto engine =
      load_with(model_path, without_gpu, std::move(store),
                [&](uint64_t) -> Result<std::unique_ptr<Backend>> { return make_host_backend(without_gpu); });
  if (engine) (*engine)->state_->device_note = std::move(device_note);
  return engine;
}

Result<std::unique_ptr<Engine>> Engine::load_with(const std::filesystem::path& model_path,
                                                  const EngineOptions& options,
                                                  std::shared_ptr<BlockStore> store,
                                                  const MakeBackend& make_backend) {
  try {
    auto file = GgufFile::open(model_path);
    if (!file) return tl::unexpected(file.error());
    auto config = ModelConfig::from_gguf(*file);
    if (!config) return tl::unexpected(config.error());
    auto weights = ModelWeights::bind(*file, *config);
    if (!weights) return tl::unexpected(weights.error());
    // From here on the file is being read, while the rest is made ready.
    ModelReaderOptions reading;
    if (!options.model_content_hash) reading.hasher.emplace(options.profile_secret);
    reading.into_memory = !options.keep_weights_in_file && !options.through_page_cache;
    const auto reader = ModelReader::start(*file, reading);
    if (!reader) return tl::unexpected(reader.error());
    auto tokenizer = Tokenizer::from_gguf(*file);
    if (!tokenizer) return tl::unexpected(tokenizer.error());
    const uint32_t limit = config->max_position_embeddings;
    const uint32_t context = options.context_tokens == 0 ? limit : std::min(options.context_tokens, limit);
    const KvLayout layout{config->num_hidden_layers, config->kv_width(),
                          options.exact ? KvType::F32 : options.kv_type};
    auto backend = make_backend(layout.layers * layout.slice_bytes(context));
    if (!backend) return tl::unexpected(backend.error());
    auto model = std::make_unique<Model>(*config, std::move(*weights), std::move(*backend));
    const auto read_hash = load_weights(**reader, *model, options.on_load_progress);
    if (!read_hash) return tl::unexpected(read_hash.error());
    const Hash256 hash = options.model_content_hash ? *options.model_content_hash : read_hash->value();

    auto cache = model->make_cache(layout.type, context);
    if (!cache) return tl::unexpected(cache.error());
    if (!model->device().name.empty())
      if (auto ready = warm_up(*model, *cache); !ready) return tl::unexpected(ready.error());

    const Hash256 fingerprint = kv_fingerprint(hash, *config, layout);
    const BlockChain root(options.profile_secret, fingerprint);
    auto chat_template = ChatTemplate::from_gguf(*file, *tokenizer);
    auto prompts = std::make_shared<const PromptMaker>(
        PromptMaker{std::move(*tokenizer), std::move(chat_template), root});
    auto end_ids = ids_that_end(prompts->tokenizer, config->vocab_size);
    std::vector<float> logits(config->vocab_size);
    std::vector<TokenLogit> top(Model::top_logits(*config));
    return std::unique_ptr<Engine>(new Engine(std::make_unique<State>(
        State{std::move(*file), std::move(prompts), std::move(model), hash, fingerprint,
              Sequence(std::move(*cache), root, fingerprint), std::move(store), std::move(end_ids),
              std::move(logits), std::move(top)})));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, "There is not enough memory to load " + quote_path(model_path) +
                                            ". Close other programs, or choose a smaller model.");
  } catch (const std::exception& error) {
    return fail(ErrorCode::Io,
                "The model file " + quote_path(model_path) + " could not be loaded: " + error.what() + ".");
  }
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

const ModelConfig& Engine::config() const {
  return state_->model->config();
}
uint64_t Engine::file_bytes() const {
  return state_->file.size_bytes();
}

std::string_view Engine::weight_type() const {
  std::map<DType, size_t> bytes_by_type;
  for (const TensorView& tensor : state_->file.tensors()) bytes_by_type[tensor.dtype] += tensor.data.size();
  const auto most = std::max_element(bytes_by_type.begin(), bytes_by_type.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == bytes_by_type.end() ? std::string_view() : dtype_name(most->first);
}

const Tokenizer& Engine::tokenizer() const {
  return state_->prompts->tokenizer;
}
const Result<ChatTemplate>& Engine::chat_template() const {
  return state_->prompts->chat_template;
}
uint32_t Engine::context_tokens() const {
  return state_->context_tokens();
}
ComputeDevice Engine::device() const {
  return state_->model->device();
}
const std::string& Engine::device_note() const {
  return state_->device_note;
}
const Hash256& Engine::model_content_hash() const {
  return state_->content_hash;
}
const Hash256& Engine::fingerprint() const {
  return state_->fingerprint;
}

Result<GenerateResult> Engine::generate(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                                        std::stop_token stop) {
  try {
    return state_->generate(request, callbacks, stop);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory,
                "There was not enough memory to go on with the answer. Close other programs.");
  } catch (const std::exception& error) {
    return fail(ErrorCode::Io, std::string("The answer broke off: ") + error.what() + ".");
  }
}

Result<GenerateResult> Engine::State::generate(const GenerateRequest& request,
                                               const GenerateCallbacks& callbacks, std::stop_token stop) {
  const auto started = Clock::now();
  if (auto checked = check_request(request); !checked) return tl::unexpected(checked.error());

  GenerateResult result;
  result.usage.prompt_tokens = static_cast<uint32_t>(request.prompt.size());
  reuse_prefix(request, stop, result);
  result.timings.restore_ms = ms_between(started, Clock::now());
  const auto done = compute(request, callbacks, stop, started, result);
  if (sequence.ids().size() > result.usage.prompt_cache_hit_tokens) keep(request.kv);
  if (!done) return tl::unexpected(done.error());
  return result;
}

Result<void> Engine::State::compute(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                                    std::stop_token stop, Clock::time_point started, GenerateResult& result) {
  const auto restored = Clock::now();
  const auto prefilled = prefill(request, callbacks, stop);
  if (!prefilled) return tl::unexpected(prefilled.error());
  result.timings.prefill_ms = ms_between(restored, Clock::now());
  const auto computed = static_cast<double>(sequence.ids().size() - result.usage.prompt_cache_hit_tokens);
  result.timings.prefill_tokens_per_second = per_second(computed, result.timings.prefill_ms);
  result.finish_reason = FinishReason::Cancelled;
  if (!*prefilled) return {};

  const auto finished = decode(request, callbacks, stop, started, result);
  if (!finished) return tl::unexpected(finished.error());
  result.finish_reason = *finished;
  return {};
}

Result<bool> Engine::prepare(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop) {
  try {
    return state_->prepare(prompt, kv, stop);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, "There was not enough memory to prepare the next answer.");
  } catch (const std::exception& error) {
    return fail(ErrorCode::Io, std::string("The next answer could not be prepared: ") + error.what() + ".");
  }
}

uint32_t Engine::restore(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop) {
  try {
    return state_->restore(prompt, kv, stop);
  } catch (const std::exception&) {
    return 0;  // it was only a favour; the request will say what is wrong
  }
}

void Engine::forget() {
  state_->sequence.keep_common_prefix({}, 0);
}

const std::shared_ptr<const PromptMaker>& Engine::prompt_maker() const {
  return state_->prompts;
}

Result<void> Engine::State::check_request(const GenerateRequest& request) {
  if (request.prompt.empty())
    return fail(ErrorCode::BadRequest, "There is nothing to answer: the prompt is empty.");
  if (request.prompt.size() >= context_tokens())
    return fail(ErrorCode::BadRequest, "A prompt of " + std::to_string(request.prompt.size()) +
                                           " tokens doesn't fit the context of " +
                                           std::to_string(context_tokens()) + " tokens.");
  if (request.answer_tokens > request.prompt.size())
    return fail(ErrorCode::BadRequest, "An answer of " + std::to_string(request.answer_tokens) +
                                           " tokens can't be continued: the prompt has only " +
                                           std::to_string(request.prompt.size()) + ".");
  if (auto problem = check(request.sampling)) return fail(ErrorCode::BadRequest, *problem);
  for (const TokenId id : request.prompt)
    if (id < 0 || static_cast<uint32_t>(id) >= model->config().vocab_size)
      return fail(ErrorCode::BadRequest, "The prompt holds the token " + std::to_string(id) +
                                             ", which this model does not have (it has " +
                                             std::to_string(model->config().vocab_size) + ").");
  return {};
}

void Engine::State::reuse_prefix(const GenerateRequest& request, std::stop_token stop,
                                 GenerateResult& result) {
  const auto limit = static_cast<uint32_t>(request.prompt.size() - 1);
  const uint32_t in_memory = sequence.keep_common_prefix(request.prompt, limit);
  const uint32_t hits =
      store ? sequence.restore(request.prompt, limit, *store, request.kv.owner, stop) : in_memory;
  result.usage.prompt_cache_hit_tokens = hits;
  const uint32_t ahead = std::min(in_memory, read_ahead.end);
  result.usage.prompt_cache_disk_tokens = hits - in_memory + ahead - std::min(ahead, read_ahead.first);
  read_ahead = {};
  result.usage.prompt_cache_miss_tokens = result.usage.prompt_tokens - hits;
}

Engine::State::Want Engine::State::wanted(const GenerateRequest& request) const {
  const auto deciding = Sampler(request.sampling).deciding(request.min_tokens > 0 ? end_ids.size() : 0);
  return deciding && *deciding <= top.size() && *deciding < logits.size() ? Want::Top : Want::Logits;
}

Result<bool> Engine::State::forward(const GenerateRequest& request, std::span<const TokenId> ids, Want want,
                                    std::stop_token stop) {
  const size_t tokens_before = sequence.ids().size();
  const std::array<uint32_t, 1> last = {static_cast<uint32_t>(ids.size() - 1)};
  const auto rows = std::span<const uint32_t>(last).first(want == Want::Logits ? 1 : 0);
  const auto done = want == Want::Top
                        ? model->forward_top(ids, sequence.cache(), top, stop)
                        : model->forward(ids, sequence.cache(), rows,
                                         std::span(logits).first(rows.size() * logits.size()), stop);
  if (!done && done.error().code == ErrorCode::Cancelled) return false;
  if (!done) return tl::unexpected(done.error());
  sequence.append(ids);
  // Of a batch without logits the last may still be being computed: the store gets what came before, and has
  // the time meanwhile.
  if (store && request.kv.keep)
    sequence.offer(*store, want == Want::Kv ? tokens_before : sequence.ids().size());
  return true;
}

Result<bool> Engine::State::prefill(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                                    std::stop_token stop) {
  const std::span<const TokenId> prompt(request.prompt);
  const size_t first = sequence.ids().size();
  if (callbacks.on_prefill) callbacks.on_prefill(0, static_cast<uint32_t>(prompt.size() - first));
  for (size_t done = first; done < prompt.size();) {
    const size_t count = std::min<size_t>(model->max_batch_tokens(), prompt.size() - done);
    const bool is_last = done + count == prompt.size();
    const auto batch =
        forward(request, prompt.subspan(done, count), is_last ? wanted(request) : Want::Kv, stop);
    if (!batch || !*batch) return batch;
    done += count;
    if (callbacks.on_prefill)
      callbacks.on_prefill(static_cast<uint32_t>(done - first), static_cast<uint32_t>(prompt.size() - first));
  }
  return true;
}

uint32_t Engine::State::restore(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop) {
  const auto limit = static_cast<uint32_t>(std::min<size_t>(prompt.size(), context_tokens()));
  if (!store || !sequence.is_stored()) return 0;
  const auto held = sequence.ids();
  const auto in_memory = static_cast<uint32_t>(std::ranges::mismatch(held, prompt).in1 - held.begin());
  if (sequence.available(prompt, limit, *store) <= in_memory) return 0;
  sequence.keep_common_prefix(prompt, limit);
  read_ahead = {in_memory, sequence.restore(prompt, limit, *store, kv.owner, std::move(stop))};
  return read_ahead.end - in_memory;
}

Result<bool> Engine::State::prepare(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop) {
  GenerateRequest request;
  request.prompt.assign(prompt.begin(), prompt.end());
  request.kv = kv;
  if (auto checked = check_request(request); !checked) return tl::unexpected(checked.error());
  // What goes on behind the prompt in memory may be wanted as well.
  if (sequence.ids().size() >= prompt.size() &&
      std::ranges::equal(sequence.ids().first(prompt.size()), prompt))
    return true;
  const auto length = static_cast<uint32_t>(prompt.size());
  const uint32_t in_memory = sequence.keep_common_prefix(prompt, length);
  const uint32_t hits = store ? sequence.restore(prompt, length, *store, kv.owner, stop) : in_memory;
  if (hits > in_memory) read_ahead = {in_memory, hits};
  Result<bool> prepared = true;
  while (prepared && *prepared && sequence.ids().size() < prompt.size()) {
    const auto rest = prompt.subspan(sequence.ids().size());
    prepared = forward(request, rest.first(std::min(rest.size(), kPrepareBatchTokens)), Want::Kv, stop);
  }
  if (sequence.ids().size() > hits) keep(kv);
  return prepared;
}

Result<TokenId> Engine::State::draw(Sampler& sampler, Want from, bool may_end) {
  const bool is_number =
      from == Want::Top
          ? std::ranges::any_of(top, [](const TokenLogit& candidate) { return !std::isnan(candidate.logit); })
          : std::ranges::any_of(logits, [](float logit) { return !std::isnan(logit); });
  if (!is_number)
    return fail(ErrorCode::BadFile, "The model " + quote_path(file.path()) +
                                        " computes nothing that is a number: its file is probably damaged. "
                                        "Download it again, or choose another one.");
  const auto forbidden = std::span(end_ids).first(may_end ? 0 : end_ids.size());
  if (from == Want::Top) return sampler.sample(top, forbidden, sequence.ids());
  for (const TokenId id : forbidden)
    logits[static_cast<size_t>(id)] = -std::numeric_limits<float>::infinity();
  return sampler.sample(logits, sequence.ids());
}

Result<FinishReason> Engine::State::decode(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                                           std::stop_token stop, Clock::time_point started,
                                           GenerateResult& result) {
  Sampler sampler(request.sampling);
  const Want want = wanted(request);
  const std::span<const TokenId> prompt(request.prompt);
  const auto answer = prompt.last(request.answer_tokens);
  const Tokenizer& tokenizer = prompts->tokenizer;
  AnswerDecoder decoder(tokenizer, request.thinking, prompt.first(prompt.size() - answer.size()));
  for (const TokenId id : answer) decoder.push(id);
  ReasoningLimit limit(request.max_reasoning_tokens);
  Clock::time_point first_token;
  uint32_t& count = result.usage.completion_tokens;
  for (;;) {
    if (stop.stop_requested()) return FinishReason::Cancelled;
    const auto closing = limit.next(decoder);
    const auto next = closing ? *closing : draw(sampler, want, count >= request.min_tokens);
    if (!next) return tl::unexpected(next.error());
    const TokenId id = *next;
    const auto now = Clock::now();
    if (++count == 1) {
      first_token = now;
      result.timings.ttft_ms = ms_between(started, now);
    }
    result.timings.decode_ms = ms_between(first_token, now);
    result.timings.decode_tokens_per_second = per_second(count - 1, result.timings.decode_ms);

    const bool ends = tokenizer.ends_generation(id);
    callbacks.on_token(decoder.push(id));
    const bool is_last = ends || count == request.max_tokens;
    if (!is_last && sequence.ids().size() + 1 >= context_tokens()) return FinishReason::ContextFull;

    // The last token's KV is computed too: it belongs to the prefix of the next turn.
    const auto step = forward(request, std::span(&id, 1), is_last ? Want::Kv : want);
    if (!step) return tl::unexpected(step.error());
    if (is_last) return ends ? FinishReason::Stop : FinishReason::Length;
  }
}

}  // namespace kvasir::engine
