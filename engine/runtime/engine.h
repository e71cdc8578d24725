#pragma once

#include "engine/base/result.h"
#include "engine/chat/chat_template.h"
#include "engine/chat/prompt.h"
#include "engine/kv/block_store.h"
#include "engine/model/model.h"
#include "engine/runtime/answer_decoder.h"
#include "engine/runtime/load_on_gpu.h"
#include "engine/runtime/sampler.h"
#include "engine/tokenizer/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace kvasir::engine {

struct EngineOptions {
  unsigned threads = 0;          ///< 0: as many as the machine has processors
  uint32_t context_tokens = 0;   ///< 0: the model's own limit
  KvType kv_type = KvType::F16;  ///< how the KV is kept, in memory and in the store
  bool exact = false;            ///< float32 KV and products: what tests and comparisons measure against
  /// Weights that the processor computes with stay in the file and are read from it at each use: slow, for
  /// models larger than the memory.
  bool keep_weights_in_file = false;
  /// Weights are read through the system's page cache: for models that are larger than the memory, of which a
  /// GPU takes a part.
  bool through_page_cache = false;
  /// Where given, and where there is a GPU with enough memory, that computes; else the processor does.
  const CudaModule* cuda = nullptr;
  /// What may be taken of the GPU's memory; 0: what is free, but for a little.
  uint64_t vram_bytes = 0;
  /// The content hash of the model's file, where it is known already; computed where it is not.
  std::optional<Hash256> model_content_hash;
  /// Called again and again while weights are read and prepared, never with less done than before; false
  /// stops loading (Cancelled).
  std::function<bool(uint64_t done_bytes, uint64_t total_bytes)> on_load_progress;
  /// Part of every block's key, so that stores of different profiles never share anything.
  std::vector<std::byte> profile_secret;
};

enum class FinishReason { Stop, Length, ContextFull, Cancelled };
std::string_view finish_reason_name(FinishReason reason);

/// hit + miss = prompt tokens; only KV that was really used counts as a hit.
struct Usage {
  uint32_t prompt_tokens = 0;
  uint32_t prompt_cache_hit_tokens = 0;   ///< reused, from memory or from disk
  uint32_t prompt_cache_disk_tokens = 0;  ///< the part of the hits that was read from disk
  uint32_t prompt_cache_miss_tokens = 0;
  uint32_t completion_tokens = 0;
};

struct Timings {
  double restore_ms = 0;  ///< reading and verifying KV blocks
  double ttft_ms = 0;     ///< from the request to the first token
  double prefill_ms = 0;
  double decode_ms = 0;  ///< from the first token to the last
  double prefill_tokens_per_second = 0;
  double decode_tokens_per_second = 0;
};

/// What the store may do for a request.
struct KvUse {
  bool keep = true;  ///< false: nothing of it is given to the store
  /// Who is to be named as the user of what is kept. Its tail, the last, partial block, is kept too: where a
  /// request for the same owner goes on from there, not even that is computed again.
  BlockOwner owner;
};

struct GenerateRequest {
  std::vector<TokenId> prompt;
  SamplingParams sampling;
  uint32_t max_tokens = 0;  ///< 0: until the model stops or the context is full
  uint32_t min_tokens = 0;  ///< the model can't stop before so many
  KvUse kv;
  /// How many ids at the prompt's end are the answer's own beginning, which is continued.
  uint32_t answer_tokens = 0;
  /// How the model marks its reasoning; absent: all that it writes is the answer.
  std::optional<ThinkingFormat> thinking;
  /// Where the answer's reasoning has so many tokens and is not over, it is closed as if the model had done
  /// so: the ids that do it are reported and counted like sampled ones. 0: no limit.
  uint32_t max_reasoning_tokens = 0;
};

struct GenerateResult {
  FinishReason finish_reason = FinishReason::Stop;
  Usage usage;
  Timings timings;
};

struct GenerateCallbacks {
  /// Optional: of the tokens that are not reused, before the first is computed and after each batch.
  std::function<void(uint32_t done_tokens, uint32_t total_tokens)> on_prefill;
  std::function<void(const TokenEvent&)> on_token;
};

/// How a loaded model's prompts are written and their blocks named. Immutable: safe to use from several
/// threads.
struct PromptMaker {
  Tokenizer tokenizer;
  Result<ChatTemplate> chat_template;
  BlockChain root;  ///< the empty beginning of all chains
};

/// A loaded model with one live sequence, whose KV prefix is reused in memory or restored from the store.
///
/// One thread at a time (the engine thread). The block store may be null.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> load(const std::filesystem::path& model_path,
                                              const EngineOptions& options,
                                              std::shared_ptr<BlockStore> store);
  ~Engine();

  const ModelConfig& config() const;
  /// The type that most of the weights' bytes have, as "Q8_0".
  std::string_view weight_type() const;
  /// Of all parts of a split model.
  uint64_t file_bytes() const;
  const Tokenizer& tokenizer() const;
  /// What the model's conversations look like, or why this model can't hold one.
  const Result<ChatTemplate>& chat_template() const;
  uint32_t context_tokens() const;
  /// What computes.
  ComputeDevice device() const;
  /// Why it is not the GPU that was to; else empty.
  const std::string& device_note() const;
  const Hash256& model_content_hash() const;
  /// Identifies KV that can be exchanged: weights, rotation, KV type and layout, kernel epoch.
  const Hash256& fingerprint() const;

  /// Runs a request to its end. Cancelling is not an error: what was generated stands.
  Result<GenerateResult> generate(const GenerateRequest& request, const GenerateCallbacks& callbacks,
                                  std::stop_token stop);

  /// Computes the KV of ids that the next prompt is likely to begin with, where it is not in memory already,
  /// in steps that are short enough to stop at any time. False: stopped before the end.
  Result<bool> prepare(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop);

  /// Takes what the store has of the prompt into memory, where that is more than memory has already and
  /// nothing is lost by it: what memory alone holds stays. Computes nothing. Returns how many tokens came.
  uint32_t restore(std::span<const TokenId> prompt, const KvUse& kv, std::stop_token stop);

  /// Forgets the KV that is in memory.
  void forget();

  /// What is needed to tell which blocks a conversation's prompt consists of; safe to use from any thread,
  /// also when the engine is gone.
  const std::shared_ptr<const PromptMaker>& prompt_maker() const;

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  static Result<std::unique_ptr<Engine>> load_with(const std::filesystem::path& model_path,
                                                   const EngineOptions& options,
                                                   std::shared_ptr<BlockStore> store,
                                                   const MakeBackend& make_backend);
  std::unique_ptr<State> state_;
};

}  // namespace kvasir::engine
