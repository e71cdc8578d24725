#pragma once

#include "engine/cuda/cuda_module.h"
#include "engine/cuda/host_experts.h"
#include "engine/cuda/kernel_profile.h"
#include "engine/cuda/kernels/attention.h"
#include "engine/cuda/kernels/products.h"
#include "engine/cuda/kernels/workspace.h"
#include "engine/cuda/memory.h"
#include "engine/cuda/placement.h"
#include "engine/cuda/recordings.h"
#include "engine/cuda/stream.h"
#include "engine/cuda/weight_upload.h"
#include "engine/ops/backend.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace kvasir::engine::cuda {

/// A GPU. Weights, activations and caches live in its memory; operations are launched and nothing is waited
/// for but by `read`, `read_top`, and `begin_batch`, which waits for the batch before: so at most one batch
/// is being computed while the caller goes on. Batches of one token are recorded (see Recordings).
///
/// Routed experts that find no room stay with `host` (see `place_experts`).
///
/// One thread. The first error of CUDA's stays, and `status` tells it.
class CudaBackend final : public Backend {
 public:
  static Result<std::unique_ptr<Backend>> create(const CudaOptions& options, std::unique_ptr<Backend> host);
  /// Waits for what is being computed.
  ~CudaBackend() override;

  Result<void> plan(const ModelConfig& config, const ModelWeights& weights) override;
  ComputeDevice device() override;

  Result<TensorView> place(const TensorView& weight, std::span<std::byte> writable) override;
  Result<TensorView> place_table(const TensorView& table) override { return place(table, {}); }
  Result<KvExpansion> place_expansion(const TensorView& k_b, const TensorView& v_b) override;
  Result<float*> allocate(size_t floats) override;
  Result<Routing> allocate_routing(uint32_t tokens, uint32_t per_token) override;
  Result<TopLogits> allocate_top_logits(uint32_t count) override;
  Result<KvCache> make_cache(const KvLayout& layout, uint32_t capacity_tokens) override;

  uint32_t max_batch_tokens() const override { return std::min(options_.max_batch_tokens, kMostTokens); }
  bool begin_batch(const Batch& batch) override;
  void begin_logits() override { size_ = BatchSize::Small; }
  void end_batch(bool whole) override;
  Result<void> status() override;

  void embed(Activations out, const TensorView& table, std::span<const int32_t> ids) override;
  void rms_norm(Activations out, Activations in, const TensorView& weight, float eps) override;
  void matmul(Activations out, const TensorView& weight, Activations in) override;
  void matmul_add(Activations out, const TensorView& weight, Activations in) override;
  void matmul_each(std::span<const engine::Product> products, Activations in) override;
  void matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) override;
  void rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
            uint32_t first_position) override;
  void kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) override;
  void append_latents(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows,
                      const TensorView& latent_norm, float eps, const RopeFrequencies& frequencies) override;
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
  void read_top(std::span<TokenLogit> out, TopLogits in) override;

 private:
  static constexpr uint32_t kMostTokens = 4096;
  static constexpr uint32_t kUsualRopeDim = 64;
  /// Rows that one `gather` may ask for.
  static constexpr uint32_t kMaxRows = 256;

  /// What the host tells the device about a batch.
  struct Inputs {
    uint32_t first_position;
    uint32_t zero;  ///< the row of a `gather` of one row, which begins there
    int32_t ids[kMostTokens];
    uint32_t rows[kMaxRows];
    uint32_t blocks_done;  ///< zero, and the device's own from then on: see Route
  };

  CudaBackend(const CudaOptions& options, std::unique_ptr<Backend> host, const DeviceLimits& limits,
              OwnedStream stream);
  Result<void> prepare();

  // In cuda_backend_plan.cpp:
  DeviceExpansion expansion_of(const ModelConfig& config) const;
  uint64_t workspace_bytes(const ModelConfig& config) const;
  uint64_t fixed_bytes(const ModelConfig& config, const ModelWeights& weights) const;
  bool expands(const DeviceExpansion& expansion, uint32_t rope) const;

  KvAppend append_call(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) const;
  template <class Call>
  Call attention_call(HeadActivations out, HeadActivations query, const KvCache& cache, uint32_t layer,
                      uint32_t first_position, float softmax_scale) const;
  ProductMode mode() const;
  /// Workspace of at least `bytes`.
  Workspace workspace(size_t bytes);
  BatchPosition position(uint32_t first_position) const;
  const double* on_device(const RopeFrequencies& frequencies);
  /// Brings a part of `inputs_` to the device.
  void send(size_t offset, size_t bytes);
  /// Copies from memory that is not pinned, and waits: cudaMemcpy would return while the copy may still be on
  /// its way, and what is launched on a stream that does not wait for the default one would not wait for it.
  cudaError_t copy_to_device(std::byte* to, const void* from, size_t bytes);
  /// Ends a recording, if there is one, and runs it. Later calls of the batch are launched as they are.
  void end_recording();
  /// Waits for all that was launched, and copies `rows` rows that are `stride_bytes` apart. Nothing comes
  /// where something has gone wrong.
  void fetch(std::byte* to, const void* from, size_t row_bytes, size_t stride_bytes, size_t rows);
  void multiply_all(std::span<const Product> products, uint32_t tokens);
  void ffn_add(Activations out, const Routing* routing, const GatedFfn* experts, const GatedFfn& shared,
               Activations in);
  /// Whether a batch makes it worth while to bring a block's experts over from RAM.
  bool is_worth_a_visit(const GatedFfn& experts, const Routing& routing) const;
  /// The experts, brought over.
  std::array<TensorView, 3> visit(const GatedFfn& experts);

  const CudaOptions options_;
  const std::unique_ptr<Backend> host_;
  const DeviceLimits limits_;
  OwnedStream owned_stream_;
  Stream stream_;
  OwnedEvent batch_done_;
  KernelProfile profile_;

  // Homes
  std::unique_ptr<WeightUpload> upload_;
  std::map<const std::byte*, TensorView> placed_;  ///< by their bytes in the file: two names may share them
  std::set<const std::byte*> stay_on_host_;        ///< bytes in the file of experts that do
  std::vector<DeviceBuffer> memory_;
  std::unique_ptr<HostExperts> host_experts_;
  DeviceBuffer visitors_;  ///< room for one block's experts; nothing where there is none
  ComputeDevice device_;

  // What operations use
  DeviceBuffer workspace_;
  PinnedBuffer inputs_;         ///< Inputs
  DeviceBuffer device_inputs_;  ///< the same
  PinnedBuffer fetched_;
  std::vector<double> inverse_;  ///< what device_inverse_ holds
  DeviceBuffer device_inverse_;
  Recordings recordings_;
  std::optional<RecordingKey> recording_key_;  ///< of the batch, where it can be recorded
  std::shared_ptr<void> needed_;               ///< by what is being computed

  // The batch
  BatchSize size_ = BatchSize::Small;
  uint32_t first_position_ = 0;
  const int32_t* batch_ids_ = nullptr;  ///< null between batches
  /// Where in each layer of the cache the last batch wrote, in bytes; all before it has been waited for.
  size_t batch_rows_begin_ = 0;
  uint32_t rope_dim_ = kUsualRopeDim;  ///< of the planned model
};

}  // namespace kvasir::engine::cuda
