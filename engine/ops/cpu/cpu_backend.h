#pragma once

#include "engine/ops/backend.h"
#include "engine/ops/cpu/attention_kernels.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/quantised_kernels.h"
#include "engine/ops/cpu/row_tasks.h"
#include "engine/ops/thread_pool.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace kvasir::engine {

/// See `make_cpu_backend`. Quantised weights are interleaved for the kernels: where they stand if they may be
/// changed, else into memory of their own, in huge pages where the system has them. Other weights stay as
/// they are. Activations live in ordinary memory.
///
/// This class cuts operations into tasks; the arithmetic is in the kernels (`cpu/kernels.h` and
/// `cpu/quantised_kernels.h`, which also say why the cuts change no bit). One thread at a time, which takes
/// part in the work.
class CpuBackend final : public Backend {
 public:
  /// `quantised` may be null: all weights are then computed with as float32. So may `attention`: all KV is
  /// then computed with as float32, and attention is always absorbed.
  CpuBackend(unsigned threads, const cpu::Kernels& kernels, const cpu::QuantisedKernels* quantised,
             const cpu::AttentionKernels* attention, bool keep_weights_in_file);

  Result<TensorView> place(const TensorView& weight, std::span<std::byte> writable) override;
  Result<KvExpansion> place_expansion(const TensorView& k_b, const TensorView& v_b) override;
  Result<float*> allocate(size_t floats) override;
  Result<Routing> allocate_routing(uint32_t tokens, uint32_t per_token) override;

  bool begin_batch(const Batch& batch) override {
    batch_size_ = batch.size;
    return true;
  }
  void begin_logits() override { batch_size_ = BatchSize::Small; }

  void embed(Activations out, const TensorView& table, std::span<const int32_t> ids) override;
  void rms_norm(Activations out, Activations in, const TensorView& weight, float eps) override;
  void matmul(Activations out, const TensorView& weight, Activations in) override;
  void matmul_add(Activations out, const TensorView& weight, Activations in) override;
  void matmul_each(std::span<const Product> products, Activations in) override;
  void matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) override;
  void rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
            uint32_t first_position) override;
  void kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) override;
  void will_read(std::span<const TensorView* const> weights) override;
  void attention(HeadActivations out, HeadActivations query, const KvCache& cache, uint32_t layer,
                 uint32_t first_position, float softmax_scale) override;
  void attention_expanded(HeadActivations out, HeadActivations query, const KvExpansion& expansion,
                          const KvCache& cache, uint32_t layer, uint32_t first_position,
                          float softmax_scale) override;
  void route(Routing out, const TensorView& router, const TensorView& bias, Activations in,
             const ModelConfig& config) override;
  void gated_ffn_add(Activations out, const GatedFfn& ffn, Activations in) override;
  void moe_ffn_add(Activations out, const Routing& routing, const GatedFfn& experts, const GatedFfn& shared,
                   Activations in) override;
  void gather(Activations out, Activations in, std::span<const uint32_t> rows) override;
  void top_logits(TopLogits out, Activations logits) override;
  void read(std::span<float> out, Activations in) override;

 private:
  struct FreeAligned {
    void operator()(void* memory) const;
  };
  struct Unmap {
    size_t bytes;
    void operator()(void* memory) const;
  };
  /// Scratch memory of one worker, aligned for vectors.
  struct Scratch {
    std::unique_ptr<std::byte, FreeAligned> memory;
    size_t bytes = 0;
  };
  /// A worker's part of the weights that are read after attention.
  struct alignas(64) AfterAttention {
    static constexpr uint32_t kMost = 2;
    cpu::ReadSoon parts[kMost];
    uint32_t count = 0;
  };
  /// cos and sin of the last rope call: every layer of a forward pass asks for the same ones.
  struct RopeTable {
    std::vector<double> inverse;
    uint32_t first_position = 0;
    uint32_t tokens = 0;
    std::vector<float> cos_sin;  ///< {tokens, dim / 2, 2}
  };
  /// The tokens of a batch sorted by the expert that they use: expert i of `used` has the entries
  /// [begin[i], begin[i + 1]), each of which is slot token · per_token + k.
  struct ExpertGroups {
    std::vector<uint32_t> used;
    std::vector<uint32_t> begin;
    std::vector<uint32_t> slots;
  };
  /// One expert's (or the shared, or the dense network's) part of a feed-forward pass: the products of one
  /// matrix of `ffn` for the slots [begin, begin + count).
  struct FfnJob {
    const GatedFfn* ffn;
    uint64_t matrix;
    uint32_t begin;
    uint32_t count;
    size_t activated;  ///< where its slots' activations begin, in blocks
  };
  struct AttentionCall;

  static Error no_memory();
  Result<std::byte*> allocate_bytes(size_t bytes);
  /// Memory for weights, zero-filled; null where there is none.
  std::byte* map_weights(size_t bytes);

  void multiply(Activations out, const TensorView& weight, Activations in, bool accumulate);
  /// Whether the quantised kernels compute with a weight, wherever it is.
  bool is_quantised(const TensorView& weight) const;
  /// Floats of scratch that `quantised_rows` needs for a weight.
  size_t quantised_scratch_floats(const TensorView& weight) const;
  /// Rows [first, end), whole groups, of one matrix of a weight. `gemm` says all but what is multiplied:
  /// out_row is where row `first` goes.
  void quantised_rows(const TensorView& weight, uint64_t matrix, uint32_t first, uint32_t end,
                      cpu::QuantisedGemm gemm, float* scratch);
  /// Each out (+)= its weight · in; of several products all but the last have whole panels of rows.
  void multiply_quantised(std::span<const Product> products, Activations in, bool accumulate);
  /// `rows` {count} pointers to {cols}; the result {count} pointers to {cols / 32}, valid until the next
  /// call.
  const cpu::QuantisedBlock** quantise(const float* const* rows, uint32_t count, uint32_t cols);

  /// Which kernels a feed-forward network's weights are multiplied by.
  enum class Products { Float, Quantised, Mixed };
  Products products_of(const GatedFfn& ffn) const;
  void group_by_expert(const Routing& routing, uint64_t experts);
  void experts_add(Activations out, const Routing& routing, const GatedFfn& experts, Activations in);
  void experts_add_one_by_one(Activations out, const Routing& routing, const GatedFfn& experts,
                              Activations in);
  void quantised_ffn_add(Activations out, const Routing* routing, const GatedFfn* experts,
                         const GatedFfn* shared, Activations in);
  void activate_jobs();
  void add_jobs(Activations out, uint32_t terms);
  const RopeTable& rope_table(const RopeFrequencies& frequencies, uint32_t first_position, uint32_t tokens);
  /// The kernels for a cache's type, null where `kernels_` are to be used.
  const cpu::LatentKernels* latent_kernels(const KvCache& cache, uint32_t value_width) const;
  void attention_by_groups(const AttentionCall& call);
  void attention_by_chunks(const AttentionCall& call);

  /// One scratch of at least `floats` for each worker, 64-byte aligned; call before the tasks that use it.
  void reserve_worker_scratch(size_t floats);
  float* worker_scratch(unsigned worker) {
    return reinterpret_cast<float*>(worker_scratch_[worker].memory.get());
  }
  /// A member vector as scratch memory, grown but never shrunk.
  template <class T>
  static T* grown(std::vector<T>& scratch, size_t size) {
    if (scratch.size() < size) scratch.resize(size);
    return scratch.data();
  }

  /// Calls work(first, end) over blocks of tokens that are worth a task each.
  template <class Work>
  void for_tokens(uint32_t tokens, uint64_t cost_per_token, const Work& work);
  /// Calls work(product, first_row, end_row, worker) over blocks of rows of each of `products` products,
  /// multiples of `unit` but for a last one. `multiplications` is their number in all products together.
  template <class Work>
  void for_rows(uint32_t products, uint32_t rows, uint64_t multiplications, uint32_t unit, const Work& work);

  const cpu::Kernels& kernels_;
  const cpu::QuantisedKernels* quantised_;
  const cpu::AttentionKernels* attention_;
  const bool keep_weights_in_file_;
  BatchSize batch_size_ = BatchSize::Small;
  ThreadPool pool_;
  std::vector<std::unique_ptr<std::byte, FreeAligned>> memory_;
  std::vector<std::unique_ptr<std::byte, Unmap>> weights_;

  // Scratch of single operations.
  std::vector<Scratch> worker_scratch_;
  std::vector<AfterAttention> after_attention_;  ///< {workers}
  std::vector<cpu::QuantisedBlock> quantised_in_;
  std::vector<const cpu::QuantisedBlock*> quantised_rows_;
  std::vector<FfnJob> jobs_;
  std::vector<uint32_t> first_task_;                        ///< of each job
  std::vector<const cpu::QuantisedBlock*> job_in_;          ///< {slots}: what gate and up read
  std::vector<cpu::QuantisedBlock> activated_;              ///< what down reads
  std::vector<const cpu::QuantisedBlock*> activated_rows_;  ///< {slots}
  std::vector<uint32_t> slot_of_term_;  ///< {tokens, terms}: the slots that a token's result is the sum of
  std::vector<float> weight_of_term_;   ///< {tokens, terms}
  std::vector<const float*> in_;
  std::vector<float*> out_;
  std::vector<cpu::Gemm> products_;
  std::vector<float> norm_weight_;
  std::vector<float> gate_;        ///< {slots, intermediate}
  std::vector<float> up_;          ///< {slots, intermediate}
  std::vector<float> expert_out_;  ///< {slots, hidden}
  std::vector<float> router_logits_;
  std::vector<float> softmax_state_;
  std::vector<float> chunk_sums_;
  std::vector<float> chunk_state_;
  std::vector<std::byte> packed_queries_;
  std::vector<uint8_t> has_packed_;  ///< {workers}
  ExpertGroups groups_;
  std::vector<float> block_maxima_, ranked_maxima_;  ///< of logits
  std::vector<TokenLogit> candidates_;
  RopeTable rope_table_;
};

template <class Work>
void CpuBackend::for_tokens(uint32_t tokens, uint64_t cost_per_token, const Work& work) {
  constexpr uint64_t kTaskCost = 16384;  // some microseconds
  const auto block = static_cast<uint32_t>(std::clamp<uint64_t>(kTaskCost / (cost_per_token + 1), 1, tokens));
  pool_.run((tokens + block - 1) / block,
            [&](uint32_t index, unsigned) { work(index * block, std::min(tokens, (index + 1) * block)); });
}

template <class Work>
void CpuBackend::for_rows(uint32_t products, uint32_t rows, uint64_t multiplications, uint32_t unit,
                          const Work& work) {
  constexpr uint64_t kTaskCost = 32768;
  const uint64_t all_rows = uint64_t{products} * rows;
  // Enough tasks to even out threads of different speed, none too small to be worth handing out.
  const uint64_t tasks = std::clamp<uint64_t>(multiplications / kTaskCost, 1, uint64_t{8} * pool_.size());
  const uint64_t wanted = pool_.size() == 1 ? rows : (all_rows + tasks - 1) / tasks;
  const auto block = static_cast<uint32_t>(std::min<uint64_t>((wanted + unit - 1) / unit * unit, rows));
  const RowTasks cut = {products, rows, block};
  pool_.run_stretches(cut.count(), [&](uint32_t task, uint32_t end_task, unsigned worker) {
    while (task < end_task) {
      const RowTasks::Stretch stretch = cut.stretch_of(task, end_task);
      work(stretch.product, stretch.first, stretch.end, worker);
      task += stretch.tasks;
    }
  });
}

}  // namespace kvasir::engine
