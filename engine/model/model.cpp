#include "engine/model/model.h"

#include "engine/kv/block_hash.h"

#include <algorithm>
#include <array>
#include <functional>
#include <new>
#include <string>
#include <utility>

namespace kvasir::engine {
namespace {

/// Rows of logits that are computed at once: bounds their scratch memory for large vocabularies.
constexpr uint32_t kLogitRows = 32;

/// More tokens than any batch has.
constexpr uint32_t kNeverExpanded = 1 << 20;

// What a batch gives, of those whose calls can be recorded.
constexpr uint32_t kNoOutput = 1;
constexpr uint32_t kLogitsOfOne = 2;
constexpr uint32_t kTopLogitsOfOne = 3;

Activations first_rows(Activations all, uint32_t tokens) {
  all.tokens = tokens;
  return all;
}

Activations some_rows(Activations all, uint32_t first, uint32_t count) {
  return {all.row(first), count, all.cols, all.stride};
}

HeadActivations by_head(Activations all, uint32_t heads) {
  const uint32_t dim = all.cols / heads;
  return {all.data, all.tokens, heads, dim, all.stride, dim};
}

bool is_shared(const TensorView& view, std::span<const TensorView> others) {
  return std::ranges::any_of(others, [&](const TensorView& other) { return share_bytes(view, other); });
}

bool lies_in(const TensorView& view, std::span<const std::byte> bytes) {
  const std::less<> before;  // addresses of different objects
  return !before(view.data.data(), bytes.data()) && before(view.data.data(), bytes.data() + bytes.size());
}

/// Bytes of the file in which views stand that may reach into each other, and none that reaches out.
struct Stretch {
  std::span<const std::byte> bytes;
  size_t end;  ///< of its views' indices
};

/// The stretch that begins with view `first`. `views` are sorted by where they begin.
Stretch stretch_from(std::span<const TensorView> views, size_t first) {
  const std::less_equal<> not_behind;
  const std::byte* const begin = views[first].data.data();
  const std::byte* end = begin;
  size_t next = first;
  do {
    end = std::max(end, views[next].data.data() + views[next].data.size(), std::less<>());
  } while (++next < views.size() && !not_behind(end, views[next].data.data()));
  return {{begin, end}, next};
}

}  // namespace

/// Activations between operations, each {batch tokens, cols} unless it says otherwise.
struct Model::Scratch {
  Activations hidden;    ///< {tokens, hidden}: the residual stream
  Activations normed;    ///< {tokens, hidden}
  Activations q_latent;  ///< {tokens, q_lora}
  Activations query;     ///< {tokens, heads · qk_head}: per head nope, then rope
  Activations kv;        ///< {tokens, kv_lora + rope}
  Activations absorbed;  ///< {absorbed tokens, heads · (kv_lora + rope)}: queries in the latent space
  Activations attended;  ///< {absorbed tokens, heads · kv_lora}: sums of latents
  Activations values;    ///< {tokens, heads · v_head}
  Activations wanted;    ///< {kLogitRows, hidden}
  Activations logits;    ///< {kLogitRows, vocab}
  Routing routing;       ///< {tokens, experts per token}
  TopLogits top;         ///< {top_logits}

  struct Buffer {
    Activations Scratch::*activations;
    uint32_t tokens;
    uint64_t cols;
  };
  static std::vector<Buffer> buffers(const ModelConfig& config, uint32_t batch_tokens);
};

std::vector<Model::Scratch::Buffer> Model::Scratch::buffers(const ModelConfig& config,
                                                            uint32_t batch_tokens) {
  const uint64_t heads = config.num_attention_heads;
  // These are wide: 128 heads make 300 KB a token of them. Larger batches are expanded, or cut.
  const uint32_t absorbed_tokens = std::min(batch_tokens, expanded_batch_tokens(config));
  return {{&Scratch::hidden, batch_tokens, config.hidden_size},
          {&Scratch::normed, batch_tokens, config.hidden_size},
          {&Scratch::q_latent, batch_tokens, config.q_lora_rank},
          {&Scratch::query, batch_tokens, heads * config.qk_head_dim()},
          {&Scratch::kv, batch_tokens, config.kv_width()},
          {&Scratch::absorbed, absorbed_tokens, heads * config.kv_width()},
          {&Scratch::attended, absorbed_tokens, heads * config.kv_lora_rank},
          {&Scratch::values, batch_tokens, heads * config.v_head_dim},
          {&Scratch::wanted, kLogitRows, config.hidden_size},
          {&Scratch::logits, kLogitRows, config.vocab_size}};
}

uint64_t Model::scratch_bytes(const ModelConfig& config, uint32_t max_batch_tokens) {
  uint64_t floats = 0;
  for (const auto& buffer : Scratch::buffers(config, max_batch_tokens)) floats += buffer.tokens * buffer.cols;
  return floats * sizeof(float);
}

Model::Model(ModelConfig config, ModelWeights weights, std::unique_ptr<Backend> backend)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      backend_(std::move(backend)),
      frequencies_(RopeFrequencies::from_config(config_)) {}

Model::~Model() = default;

KvLayout Model::kv_layout(KvType type) const {
  return {config_.num_hidden_layers, config_.kv_width(), type};
}

/// Absorbed attention multiplies kv_width + kv_lora times for each head, token and position of the context;
/// expanded attention qk_head + v_head times, and kv_lora · (nope + v_head) times for each head and position
/// whatever the number of tokens. So the number of tokens from which on expanding pays does not depend on the
/// context. Measured, both ways take about as long as these counts say.
uint32_t Model::expanded_batch_tokens(const ModelConfig& config) {
  // A chat's next message after a restart is computed together with the end of a block that was not stored:
  // with this many tokens, short messages take the same way as without the restart.
  constexpr uint32_t kLeast = 2 * kBlockTokens;
  const uint64_t absorbed = uint64_t{config.kv_width()} + config.kv_lora_rank;
  const uint64_t expanded = uint64_t{config.qk_head_dim()} + config.v_head_dim;
  if (absorbed <= expanded) return kNeverExpanded;
  const uint64_t expanding = uint64_t{config.kv_lora_rank} * (config.qk_nope_head_dim + config.v_head_dim);
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(expanding / (absorbed - expanded) + 1, kLeast, kNeverExpanded));
}

Result<void> Model::place_expansions(std::span<const KvProjections> projections) {
  if (expanded_batch_tokens(config_) > max_batch_tokens()) return {};
  for (const auto& [k_b, v_b] : projections) {
    auto expansion = backend_->place_expansion(k_b, v_b);
    if (!expansion) return tl::unexpected(expansion.error());
    if (!expansion->present()) return {};
    expansions_.push_back(std::move(*expansion));
  }
  return {};
}

Result<void> Model::place_weights(const PlacementSteps& steps, std::span<const TensorView> read_later) {
  std::vector<TensorView*> weights = {&weights_.token_embd, &weights_.output_norm, &weights_.output};
  for (LayerWeights& l : weights_.layers)
    weights.insert(weights.end(),
                   {&l.attn_norm,     &l.attn_q,         &l.attn_q_a,    &l.attn_q_a_norm, &l.attn_q_b,
                    &l.attn_kv_a_mqa, &l.attn_kv_a_norm, &l.attn_k_b,    &l.attn_v_b,      &l.attn_output,
                    &l.ffn_norm,      &l.ffn_gate,       &l.ffn_up,      &l.ffn_down,      &l.ffn_gate_inp,
                    &l.exp_probs_b,   &l.ffn_gate_exps,  &l.ffn_up_exps, &l.ffn_down_exps, &l.ffn_gate_shexp,
                    &l.ffn_up_shexp,  &l.ffn_down_shexp});
  std::erase_if(weights, [](const TensorView* weight) { return !weight->present(); });
  // In the order of the file, which is then read from its start to its end.
  std::ranges::sort(weights, {}, [](const TensorView* weight) { return weight->data.data(); });
  std::vector<TensorView> sources;
  for (const TensorView* weight : weights) sources.push_back(*weight);
  const std::span<const TensorView> all(sources);

  const auto place = [&](size_t i) -> Result<void> {
    if (steps.before)
      if (auto there = steps.before(all[i]); !there) return there;
    std::span<std::byte> writable;
    if (steps.writable && !is_shared(all[i], all.first(i)) && !is_shared(all[i], all.subspan(i + 1)) &&
        !is_shared(all[i], read_later))
      writable = steps.writable(all[i]);
    auto home = weights[i] == &weights_.token_embd ? backend_->place_table(all[i])
                                                   : backend_->place(all[i], writable);
    if (!home) return tl::unexpected(home.error());
    *weights[i] = std::move(*home);
    if (steps.placed) steps.placed(all[i]);
    return {};
  };
  for (size_t first = 0; first < all.size();) {
    const Stretch stretch = stretch_from(all, first);
    bool needed =
        std::ranges::any_of(read_later, [&](const auto& view) { return lies_in(view, stretch.bytes); });
    for (size_t i = first; i < stretch.end; ++i) {
      if (auto placed = place(i); !placed) return placed;
      needed = needed || lies_in(*weights[i], stretch.bytes);
    }
    if (!needed && steps.unneeded) steps.unneeded(stretch.bytes);
    first = stretch.end;
  }
  return {};
}

Result<void> Model::prepare(const PlacementSteps& steps) {
  if (scratch_ != nullptr) return {};
  // Expansions are made from the file's bytes, which are still at hand after all have been read in order.
  std::vector<KvProjections> projections;
  std::vector<TensorView> read_later;
  for (const LayerWeights& layer : weights_.layers) {
    projections.push_back({layer.attn_k_b, layer.attn_v_b});
    read_later.insert(read_later.end(), {layer.attn_k_b, layer.attn_v_b});
  }
  if (auto planned = backend_->plan(config_, weights_); !planned) return planned;
  if (auto placed = place_weights(steps, read_later); !placed) return placed;
  if (auto placed = place_expansions(projections); !placed) return placed;
  const auto moved = [](const TensorView& source, const TensorView& home) {
    return source.data.data() != home.data.data();
  };
  for (size_t i = 0; steps.unneeded && i < projections.size(); ++i) {
    const auto& [k_b, v_b] = projections[i];
    if (moved(k_b, weights_.layers[i].attn_k_b)) steps.unneeded(k_b.data);
    if (moved(v_b, weights_.layers[i].attn_v_b)) steps.unneeded(v_b.data);
  }

  auto scratch = std::make_unique<Scratch>();
  for (const auto& [activations, tokens, cols] : Scratch::buffers(config_, max_batch_tokens())) {
    const auto data = backend_->allocate(size_t{tokens} * cols);
    if (!data) return tl::unexpected(data.error());
    (*scratch).*activations = {*data, tokens, static_cast<uint32_t>(cols), cols};
  }
  if (config_.num_experts_per_tok > 0) {
    auto routing = backend_->allocate_routing(max_batch_tokens(), config_.num_experts_per_tok);
    if (!routing) return tl::unexpected(routing.error());
    scratch->routing = *routing;
  }
  auto top = backend_->allocate_top_logits(top_logits(config_));
  if (!top) return tl::unexpected(top.error());
  scratch->top = *top;
  scratch_ = std::move(scratch);
  return {};
}

Result<void> Model::forward(std::span<const int32_t> tokens, KvCache& cache,
                            std::span<const uint32_t> logit_rows, std::span<float> logits,
                            std::stop_token stop) {
  if (auto checked = check_request(tokens, cache, logit_rows, logits); !checked) return checked;
  const auto read_logits = [&](bool compute) {
    for (size_t first = 0; first < logit_rows.size(); first += kLogitRows) {
      const auto rows = logit_rows.subspan(first, std::min<size_t>(kLogitRows, logit_rows.size() - first));
      const auto count = static_cast<uint32_t>(rows.size());
      if (compute) logits_of(rows, static_cast<uint32_t>(tokens.size()));
      backend_->read(logits.subspan(first * config_.vocab_size, rows.size() * config_.vocab_size),
                     first_rows(scratch_->logits, count));
    }
  };
  return run(tokens, cache, logit_rows.empty() ? kNoOutput : kLogitsOfOne, read_logits, stop);
}

Result<void> Model::forward_top(std::span<const int32_t> tokens, KvCache& cache, std::span<TokenLogit> top,
                                std::stop_token stop) {
  if (auto checked = check_request(tokens, cache, {}, {}); !checked) return checked;
  if (top.size() != top_logits(config_))
    return fail(ErrorCode::BadRequest, "The room for the likeliest tokens does not match their number.");
  const auto read_top = [&](bool compute) {
    const auto last = static_cast<uint32_t>(tokens.size() - 1);
    if (compute)
      backend_->top_logits(scratch_->top,
                           logits_of(std::span(&last, 1), static_cast<uint32_t>(tokens.size())));
    backend_->read_top(top, scratch_->top);
  };
  return run(tokens, cache, kTopLogitsOfOne, read_top, stop);
}

Result<void> Model::run(std::span<const int32_t> tokens, KvCache& cache, uint32_t outputs,
                        const ReadLogits& read_logits, const std::stop_token& stop) {
  if (auto prepared = prepare(); !prepared) return prepared;
  const auto count = static_cast<uint32_t>(tokens.size());
  Result<void> done;
  try {
    // One token after another is what answers are made of: these calls are worth recording.
    const bool compute =
        backend_->begin_batch({.size = is_large_batch(cache, count) ? BatchSize::Large : BatchSize::Small,
                               .ids = tokens,
                               .first_position = cache.length(),
                               .cache = &cache,
                               .recording = count == 1 ? outputs : 0});
    if (compute) done = run_blocks(tokens, cache, stop);
    if (done) read_logits(compute);
  } catch (const std::bad_alloc&) {
    done = fail(ErrorCode::OutOfMemory,
                "There was not enough memory to go on. Close other programs, or choose a smaller model.");
  }
  backend_->end_batch(done.has_value());
  if (!done) return done;
  if (auto status = backend_->status(); !status) return status;
  cache.set_length(cache.length() + count);
  return {};
}

Result<void> Model::run_blocks(std::span<const int32_t> tokens, KvCache& cache, const std::stop_token& stop) {
  const auto count = static_cast<uint32_t>(tokens.size());
  backend_->embed(first_rows(scratch_->hidden, count), weights_.token_embd, tokens);
  for (uint32_t i = 0; i < config_.num_hidden_layers; ++i) {
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "The computation was stopped.");
    attention_block(weights_.layers[i], i, cache, count);
    feed_forward_block(weights_.layers[i], i, count);
  }
  return {};
}

bool Model::is_large_batch(const KvCache& cache, uint32_t tokens) const {
  // F32 KV is for exact results: they are not to depend on how a prompt is cut.
  return cache.layout().type != KvType::F32 && tokens >= expanded_batch_tokens(config_);
}

/// hidden += attention(norm(hidden)): multi-head latent attention (arXiv:2405.04434, section 2.1).
void Model::attention_block(const LayerWeights& layer, uint32_t index, KvCache& cache, uint32_t tokens) {
  const uint32_t heads = config_.num_attention_heads;
  const float eps = config_.rms_norm_eps;
  const uint32_t position = cache.length();
  const Activations hidden = first_rows(scratch_->hidden, tokens);
  const Activations normed = first_rows(scratch_->normed, tokens);
  const Activations q_latent = first_rows(scratch_->q_latent, tokens);
  const Activations query = first_rows(scratch_->query, tokens);
  const Activations kv = first_rows(scratch_->kv, tokens);
  const Activations values = first_rows(scratch_->values, tokens);

  backend_->rms_norm(normed, hidden, layer.attn_norm, eps);
  if (config_.q_lora_rank > 0) {
    const std::array<Product, 2> down = {{{q_latent, layer.attn_q_a}, {kv, layer.attn_kv_a_mqa}}};
    backend_->matmul_each(down, normed);
    backend_->rms_norm(q_latent, q_latent, layer.attn_q_a_norm, eps);
    backend_->matmul(query, layer.attn_q_b, q_latent);
  } else {
    const std::array<Product, 2> projections = {{{query, layer.attn_q}, {kv, layer.attn_kv_a_mqa}}};
    backend_->matmul_each(projections, normed);
  }
  backend_->append_latents(cache, index, position, kv, layer.attn_kv_a_norm, eps, frequencies_);

  if (!expansions_.empty() && is_large_batch(cache, tokens)) {
    const HeadActivations q = by_head(query, heads);
    const HeadActivations q_rope = q.components(config_.qk_nope_head_dim, config_.qk_rope_head_dim);
    backend_->rope(q_rope, q_rope, frequencies_, position);
    backend_->attention_expanded(by_head(values, heads), q, expansions_[index], cache, index, position,
                                 config_.softmax_scale());
  } else {
    attend_absorbed(layer, index, cache, tokens);
  }
  backend_->matmul_add(hidden, layer.attn_output, values);
}

/// values = attention of the queries, with the keys' and values' up-projections absorbed: all heads read the
/// one latent row per position. As many tokens at a time as there is room for.
void Model::attend_absorbed(const LayerWeights& layer, uint32_t index, const KvCache& cache,
                            uint32_t tokens) {
  const uint32_t heads = config_.num_attention_heads;
  for (uint32_t first = 0; first < tokens; first += scratch_->absorbed.tokens) {
    const uint32_t count = std::min(scratch_->absorbed.tokens, tokens - first);
    const uint32_t position = cache.length() + first;
    const HeadActivations q = by_head(some_rows(scratch_->query, first, count), heads);
    const HeadActivations absorbed = by_head(first_rows(scratch_->absorbed, count), heads);
    const HeadActivations attended = by_head(first_rows(scratch_->attended, count), heads);
    const HeadActivations values = by_head(some_rows(scratch_->values, first, count), heads);
    backend_->absorb_queries(absorbed, layer.attn_k_b, q, frequencies_, position);
    backend_->will_read(std::array{&layer.attn_v_b, &layer.attn_output});
    backend_->attention(attended, absorbed, cache, index, position, config_.softmax_scale());
    backend_->matmul_heads(values, layer.attn_v_b, attended);
  }
}

/// hidden += ffn(norm(hidden)): one gated network in the leading blocks, routed and shared experts after
/// them.
void Model::feed_forward_block(const LayerWeights& layer, uint32_t index, uint32_t tokens) {
  const Activations hidden = first_rows(scratch_->hidden, tokens);
  const Activations normed = first_rows(scratch_->normed, tokens);
  backend_->rms_norm(normed, hidden, layer.ffn_norm, config_.rms_norm_eps);
  if (config_.is_dense(index)) {
    backend_->gated_ffn_add(hidden, {layer.ffn_gate, layer.ffn_up, layer.ffn_down}, normed);
    return;
  }
  Routing routing = scratch_->routing;
  routing.tokens = tokens;
  backend_->route(routing, layer.ffn_gate_inp, layer.exp_probs_b, normed, config_);
  backend_->moe_ffn_add(hidden, routing, {layer.ffn_gate_exps, layer.ffn_up_exps, layer.ffn_down_exps},
                        {layer.ffn_gate_shexp, layer.ffn_up_shexp, layer.ffn_down_shexp}, normed);
}

Activations Model::logits_of(std::span<const uint32_t> rows, uint32_t tokens) {
  const auto count = static_cast<uint32_t>(rows.size());
  const Activations wanted = first_rows(scratch_->wanted, count);
  const Activations out = first_rows(scratch_->logits, count);
  backend_->begin_logits();
  backend_->gather(wanted, first_rows(scratch_->hidden, tokens), rows);
  backend_->rms_norm(wanted, wanted, weights_.output_norm, config_.rms_norm_eps);
  backend_->matmul(out, weights_.output, wanted);
  return out;
}

Result<void> Model::check_request(std::span<const int32_t> tokens, const KvCache& cache,
                                  std::span<const uint32_t> logit_rows, std::span<const float> logits) const {
  if (tokens.empty() || tokens.size() > max_batch_tokens())
    return fail(ErrorCode::BadRequest, "A batch holds between 1 and " + std::to_string(max_batch_tokens()) +
                                           " tokens, not " + std::to_string(tokens.size()) + ".");
  if (tokens.size() > cache.capacity() - cache.length())
    return fail(ErrorCode::BadRequest, "The conversation no longer fits the context of " +
                                           std::to_string(cache.capacity()) + " tokens.");
  if (cache.layout() != kv_layout(cache.layout().type))
    return fail(ErrorCode::BadRequest, "The KV cache belongs to a model of another shape.");
  for (int32_t id : tokens)
    if (id < 0 || static_cast<uint32_t>(id) >= config_.vocab_size)
      return fail(ErrorCode::BadRequest, "Token " + std::to_string(id) + " is not in the vocabulary of " +
                                             std::to_string(config_.vocab_size) + " tokens.");
  for (uint32_t row : logit_rows)
    if (row >= tokens.size())
      return fail(ErrorCode::BadRequest, "Logits were asked for token " + std::to_string(row) +
                                             " of a batch of " + std::to_string(tokens.size()) + ".");
  if (logits.size() != logit_rows.size() * config_.vocab_size)
    return fail(ErrorCode::BadRequest, "The room for logits does not match the rows that were asked for.");
  return {};
}

}  // namespace kvasir::engine
