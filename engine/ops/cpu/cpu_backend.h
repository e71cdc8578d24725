#pragma once

#include "engine/ops/backend.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/thread_pool.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace kvasir::engine {

/// See `make_cpu_backend`. Weights stay in the file's mapping; activations live in ordinary memory.
///
/// This class cuts operations into tasks; the arithmetic is in the kernels (`cpu/kernels.h`, which also says
/// why the cuts change no bit). One thread at a time, which takes part in the work.
class CpuBackend final : public Backend {
 public:
  CpuBackend(unsigned threads, const cpu::Kernels& kernels);

  Result<TensorView> place(const TensorView& weight) override;
  Result<float*> allocate(size_t floats) override;
  Result<Routing> allocate_routing(uint32_t tokens, uint32_t per_token) override;

  void embed(Activations out, const TensorView& table, std::span<const int32_t> ids) override;
  void rms_norm(Activations out, Activations in, const TensorView& weight, float eps) override;
  void matmul(Activations out, const TensorView& weight, Activations in) override;
  void matmul_add(Activations out, const TensorView& weight, Activations in) override;
  void matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) override;
  void rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
            uint32_t first_position) override;
  void kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) override;
  void attention(HeadActivations out, HeadActivations query, const KvCache& cache, uint32_t layer,
                 uint32_t first_position, float softmax_scale) override;
  void route(Routing out, const TensorView& router, const TensorView& bias, Activations in,
             const ModelConfig& config) override;
  void gated_ffn_add(Activations out, const TensorView& gate, const TensorView& up, const TensorView& down,
                     Activations in) override;
  void moe_ffn_add(Activations out, const Routing& routing, const TensorView& gate, const TensorView& up,
                   const TensorView& down, Activations in) override;
  void gather(Activations out, Activations in, std::span<const uint32_t> rows) override;
  void read(std::span<float> out, Activations in) override;

 private:
  struct FreeAligned {
    void operator()(void* memory) const;
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
  struct AttentionCall;

  Result<std::byte*> allocate_bytes(size_t bytes);
  void multiply(Activations out, const TensorView& weight, Activations in, bool accumulate);
  void group_by_expert(const Routing& routing, uint64_t experts);
  const RopeTable& rope_table(const RopeFrequencies& frequencies, uint32_t first_position, uint32_t tokens);
  void attention_by_groups(const AttentionCall& call);
  void attention_by_chunks(const AttentionCall& call);

  /// One float scratch of at least `floats` for each worker; call before the tasks that use it.
  void reserve_worker_scratch(size_t floats);
  float* worker_scratch(unsigned worker) { return worker_scratch_[worker].data(); }
  /// A member vector as scratch memory, grown but never shrunk.
  template <class T>
  static T* grown(std::vector<T>& scratch, size_t size) {
    if (scratch.size() < size) scratch.resize(size);
    return scratch.data();
  }

  /// Calls work(first, end) over blocks of tokens that are worth a task each.
  template <class Work>
  void for_tokens(uint32_t tokens, uint64_t cost_per_token, const Work& work);
  /// Calls work(product, first_row, end_row, worker) over blocks of rows of each of `products` products.
  /// `multiplications` is their number in all products together.
  template <class Work>
  void for_rows(uint32_t products, uint32_t rows, uint64_t multiplications, const Work& work);

  const cpu::Kernels& kernels_;
  ThreadPool pool_;
  std::vector<std::unique_ptr<std::byte, FreeAligned>> memory_;

  // Scratch of single operations.
  std::vector<std::vector<float>> worker_scratch_;
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
  ExpertGroups groups_;
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
void CpuBackend::for_rows(uint32_t products, uint32_t rows, uint64_t multiplications, const Work& work) {
  constexpr uint64_t kTaskCost = 32768;
  const uint64_t all_rows = uint64_t{products} * rows;
  // Enough tasks to even out threads of different speed, none too small to be worth handing out.
  const uint64_t tasks = std::clamp<uint64_t>(multiplications / kTaskCost, 1, uint64_t{8} * pool_.size());
  const uint64_t wanted = pool_.size() == 1 ? rows : (all_rows + tasks - 1) / tasks;
  const uint64_t block =
      std::min<uint64_t>((wanted + cpu::kTileRows - 1) / cpu::kTileRows * cpu::kTileRows, rows);
  const auto blocks = static_cast<uint32_t>((rows + block - 1) / block);
  pool_.run(products * blocks, [&](uint32_t index, unsigned worker) {
    const auto first = static_cast<uint32_t>(index % blocks * block);
    work(index / blocks, first, static_cast<uint32_t>(std::min<uint64_t>(rows, first + block)), worker);
  });
}

}  // namespace kvasir::engine
