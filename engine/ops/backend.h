#pragma once

#include "engine/base/result.h"
#include "engine/gguf/tensor_view.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/model_config.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

struct ModelWeights;

/// Float activations in the backend's memory: {tokens, cols}, rows `stride` floats apart.
struct Activations {
  float* data = nullptr;
  uint32_t tokens = 0;
  uint32_t cols = 0;
  size_t stride = 0;

  float* row(uint32_t token) const { return data + token * stride; }
  /// Columns [first, first + count) of every row.
  Activations columns(uint32_t first, uint32_t count) const { return {data + first, tokens, count, stride}; }
};

/// Activations split by attention head: {tokens, heads, dim}.
struct HeadActivations {
  float* data = nullptr;
  uint32_t tokens = 0;
  uint32_t heads = 0;
  uint32_t dim = 0;
  size_t token_stride = 0;
  size_t head_stride = 0;

  float* at(uint32_t token, uint32_t head) const { return data + token * token_stride + head * head_stride; }
  /// Components [first, first + count) of every head.
  HeadActivations components(uint32_t first, uint32_t count) const {
    return {data + first, tokens, heads, count, token_stride, head_stride};
  }
};

/// For each token the experts that it uses and their weights: {tokens, per_token} each.
/// Lives in the backend's memory: the ids need never reach the host.
struct Routing {
  int32_t* experts = nullptr;
  float* weights = nullptr;
  uint32_t tokens = 0;
  uint32_t per_token = 0;
};

/// The weights of gated feed-forward networks, one matrix each for each expert; not `present` where a model
/// has none.
struct GatedFfn {
  const TensorView& gate;  ///< {hidden, intermediate, experts}
  const TensorView& up;    ///< {hidden, intermediate, experts}
  const TensorView& down;  ///< {intermediate, hidden, experts}

  bool present() const { return gate.present(); }
};

/// The up-projections of one layer's keys and values in the form that a backend's `attention_expanded` reads.
struct KvExpansion {
  TensorView keys;                    ///< {nope, kv_lora, heads}
  TensorView values;                  ///< {kv_lora, v_head, heads}
  const std::byte* packed = nullptr;  ///< the backend's own copy; `keys` and `values` are then empty
  uint32_t heads = 0;
  uint32_t nope = 0;
  uint32_t kv_lora = 0;
  uint32_t v_head = 0;

  bool present() const { return heads != 0; }
};

/// Rotary embedding: component pair i of a head turns by position · inverse[i] radians.
struct RopeFrequencies {
  std::vector<double> inverse;  ///< {qk_rope_head_dim / 2}, radians per position, YaRN's ramp included

  static RopeFrequencies from_config(const ModelConfig& config);
};

/// How many tokens a batch has, in two kinds.
enum class BatchSize {
  Small,
  Large,  ///< so many that quantised weights may be rounded once more where that makes products cheaper
};

/// The tokens that the following calls are about.
struct Batch {
  BatchSize size = BatchSize::Small;
  std::span<const int32_t> ids = {};
  uint32_t first_position = 0;
  const KvCache* cache = nullptr;
  /// Not 0: the calls, but for ids and position, are those of every batch with this number, number of tokens
  /// and cache.
  uint32_t recording = 0;
};

/// One of several products of the same activations.
struct Product {
  Activations out;
  const TensorView& weight;
};

/// A token that may come next.
struct TokenLogit {
  int32_t id = 0;
  float logit = 0;
};

/// Likelier first; of equals, the lower id; what is no number last. A total order, so that every machine
/// sorts alike.
struct Likelier {
  bool operator()(const TokenLogit& a, const TokenLogit& b) const;
};

/// Room for the likeliest tokens in the backend's memory.
struct TopLogits {
  TokenLogit* data = nullptr;
  uint32_t count = 0;
};

/// What computes a model, for people.
struct ComputeDevice {
  std::string name;                      ///< the GPU's; empty: the processor alone
  uint32_t expert_blocks = 0;            ///< blocks with routed experts
  uint32_t expert_blocks_on_device = 0;  ///< those whose experts are not left to the processor
  uint64_t device_bytes = 0;             ///< taken of the GPU's memory

  struct KernelTime {
    std::string name;
    uint64_t launches = 0;
    double ms = 0;
  };
  /// Where kernels are timed: since the last time that it was asked, most time first.
  std::vector<KernelTime> kernel_times;
};

/// The operations that a forward pass is written in. Weight shapes are in GGUF's order {row length, rows,
/// matrices}; all types that `can_dequantize` names are computed with. One implementation per kind of
/// hardware; `ScalarBackend` is the plain one that the others are compared with.
///
/// Calls are made by one thread, in order; results of a call are visible to the next one.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Hears of a model's weights before the first of them is placed: for backends that must choose between
  /// homes. OutOfMemory where the model can't be computed here.
  virtual Result<void> plan(const ModelConfig& /*config*/, const ModelWeights& /*weights*/) { return {}; }
  virtual ComputeDevice device() { return {}; }

  /// Gives a weight of products, norms or routers its home and returns the view to use from then on. One
  /// whose `data` is another than before no longer needs the bytes that were given. `writable` is the
  /// weight's own data, where it may be changed and be its home; empty where not.
  virtual Result<TensorView> place(const TensorView& weight, std::span<std::byte> writable = {}) = 0;
  /// The same for a table that `embed` looks rows up in.
  virtual Result<TensorView> place_table(const TensorView& table) { return table; }
  /// Prepares k_b {nope, kv_lora, heads} and v_b {kv_lora, v_head, heads}, as the file has them, for
  /// `attention_expanded`; an expansion that is not present where the backend has no use for one.
  virtual Result<KvExpansion> place_expansion(const TensorView& k_b, const TensorView& v_b) = 0;
  /// Scratch memory for activations, {floats}; lives as long as the backend.
  virtual Result<float*> allocate(size_t floats) = 0;
  /// Room for the routing of `tokens` tokens; lives as long as the backend.
  virtual Result<Routing> allocate_routing(uint32_t tokens, uint32_t per_token) = 0;
  /// Room for `count` tokens; lives as long as the backend.
  virtual Result<TopLogits> allocate_top_logits(uint32_t count);
  /// A cache whose rows the operations reach; the backend must outlive it.
  virtual Result<KvCache> make_cache(const KvLayout& layout, uint32_t capacity_tokens) {
    return KvCache::create(layout, capacity_tokens);
  }

  /// The more tokens share a pass over the experts, the less each costs; beyond this the gain is small beside
  /// the memory that activations take.
  virtual uint32_t max_batch_tokens() const { return kMaxBatchTokens; }
  static constexpr uint32_t kMaxBatchTokens = 512;

  /// What the following calls belong to; at first small batches of nobody's. False: the backend has begun to
  /// repeat the calls that it was given for the last batch of this recording, and they must be left out, up
  /// to those of `read`.
  virtual bool begin_batch(const Batch&) { return true; }
  /// What follows is about the few tokens of the batch whose logits are wanted.
  virtual void begin_logits() {}
  /// The batch is over. `whole`: all of its calls have been made; else what it has computed is worth nothing.
  virtual void end_batch(bool /*whole*/) {}
  /// An error that computing has met since the backend was made: what was read since is worth nothing.
  virtual Result<void> status() { return {}; }

  /// out[t] = table[ids[t]]
  virtual void embed(Activations out, const TensorView& table, std::span<const int32_t> ids) = 0;
  /// out[t] = in[t] / √(mean(in[t]²) + eps) ⊙ weight; out may be in.
  virtual void rms_norm(Activations out, Activations in, const TensorView& weight, float eps) = 0;
  /// out[t] = W in[t], W {in.cols, out.cols}
  virtual void matmul(Activations out, const TensorView& weight, Activations in) = 0;
  /// out[t] += W in[t]
  virtual void matmul_add(Activations out, const TensorView& weight, Activations in) = 0;
  /// out = W in for each of the products.
  virtual void matmul_each(std::span<const Product> products, Activations in);
  /// out[t, h] = W[h] in[t, h], W {in.dim, out.dim, heads}
  virtual void matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) = 0;
  /// Rotates adjacent pairs of each head by the angle of position first_position + t; out may be in.
  virtual void rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
                    uint32_t first_position) = 0;
  /// Writes rows {tokens, kv_width} to the layer's cache at first_position, in the cache's type (F16: rounded
  /// to nearest, ties to even).
  virtual void kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) = 0;
  /// What a layer's tokens add to the cache, from rows {tokens, latent.cols + rope}: the latents normalised,
  /// the rest rotated, then stored. The rows may be changed.
  virtual void append_latents(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows,
                              const TensorView& latent_norm, float eps, const RopeFrequencies& frequencies);
  /// Queries in the space of the cache's rows: out[t, h] = k_b[h] · nope part of in[t, h], then its rotated
  /// rope part. out {tokens, heads, kv_lora + rope}, in {tokens, heads, nope + rope}.
  virtual void absorb_queries(HeadActivations out, const TensorView& k_b, HeadActivations in,
                              const RopeFrequencies& frequencies, uint32_t first_position);
  /// The weights that are read after the attention which is called next, in their order: it computes more
  /// than it reads, so they may be brought from memory meanwhile.
  virtual void will_read(std::span<const TensorView* const> /*weights*/) {}
  /// Absorbed multi-head latent attention: query {tokens, heads, kv_width} against the layer's rows up to and
  /// including the token's own position; out {tokens, heads, kv_lora_rank} is the softmax-weighted sum of the
  /// rows' first kv_lora_rank values.
  virtual void attention(HeadActivations out, HeadActivations query, const KvCache& cache, uint32_t layer,
                         uint32_t first_position, float softmax_scale) = 0;
  /// The same attention without absorbing the up-projections, which is less work for many tokens: query
  /// {tokens, heads, nope + rope} against keys k_b · latent, then the row's rope part; out {tokens, heads,
  /// v_head} is the softmax-weighted sum of the values v_b · latent.
  virtual void attention_expanded(HeadActivations out, HeadActivations query, const KvExpansion& expansion,
                                  const KvCache& cache, uint32_t layer, uint32_t first_position,
                                  float softmax_scale) = 0;
  /// Scores in·routerᵀ, selects with bias and groups as the config says, weights from the unbiased scores.
  virtual void route(Routing out, const TensorView& router, const TensorView& bias, Activations in,
                     const ModelConfig& config) = 0;
  /// out[t] += down (silu(gate in[t]) ⊙ up in[t])
  virtual void gated_ffn_add(Activations out, const GatedFfn& ffn, Activations in) = 0;
  /// out[t] += Σₑ weightₑ · downₑ (silu(gateₑ in[t]) ⊙ upₑ in[t]) over the token's experts, and the same with
  /// weight 1 of the shared expert, where there is one
  virtual void moe_ffn_add(Activations out, const Routing& routing, const GatedFfn& experts,
                           const GatedFfn& shared, Activations in) = 0;
  /// out[i] = in[rows[i]]; out may not be in.
  virtual void gather(Activations out, Activations in, std::span<const uint32_t> rows) = 0;
  /// The out.count largest of the one row of logits, in any order.
  virtual void top_logits(TopLogits out, Activations logits);
  /// Copies {in.tokens, in.cols} to the host, without gaps.
  virtual void read(std::span<float> out, Activations in) = 0;
  /// The same for {out} tokens.
  virtual void read_top(std::span<TokenLogit> out, TopLogits in);

 private:
  std::vector<std::vector<TokenLogit>> top_logits_;  ///< what allocate_top_logits gave
  std::vector<float> row_;                           ///< scratch of top_logits
};

/// Plain loops in float32 with double accumulators: slow, obvious, the oracle.
std::unique_ptr<Backend> make_scalar_backend();

/// Instruction sets that the CPU backend has kernels for, weakest first: x86-64 without assumptions; AVX2,
/// FMA and F16C; those with AVX-VNNI; AVX-512 F, BW, VL, DQ and VNNI.
enum class Isa { Generic, Avx2, AvxVnni, Avx512 };

std::string_view isa_name(Isa isa);
/// Those that this processor and build can run, weakest first; always holds Generic.
std::vector<Isa> available_isas();

/// What products with quantised weights and attention over F16 and Q8_0 KV are computed in, where the
/// instruction set has kernels for it. Attention over F32 KV is always computed in float32.
enum class Arithmetic {
  Exact,  ///< weights and KV become float32, activations stay float32
  Fast,   ///< activations are rounded to 8 bit for products, to bfloat16 for attention
};

/// `requested`, or one thread for each processor where that is 0.
unsigned thread_count(unsigned requested);

struct CpuOptions {
  unsigned threads = 1;         ///< the calling one included; see `thread_count`
  std::optional<Isa> isa = {};  ///< one of available_isas(); the strongest where it is not given
  Arithmetic arithmetic = Arithmetic::Fast;
  /// Weights are not copied into memory of their own but prepared anew at each use.
  bool keep_weights_in_file = false;
  bool bf16 = true;  ///< multiply bfloat16 where Isa::Avx512 can (AVX512_BF16); else attention takes float32
};

/// SIMD kernels over a pool of threads.
///
/// With one instruction set, arithmetic and `BatchSize`, every value is computed by the same sequence of
/// float operations whatever the number of tokens in a call and of threads. Instruction sets differ in
/// rounding.
std::unique_ptr<Backend> make_cpu_backend(const CpuOptions& options);

/// What `place_expansion` of a CPU backend with the default options takes on this processor, in bytes, for
/// one layer with k_b {nope, kv_lora, heads} and v_b {kv_lora, v_head, heads}.
uint64_t cpu_expansion_bytes(uint32_t heads, uint32_t nope, uint32_t kv_lora, uint32_t v_head);

}  // namespace kvasir::engine
