#pragma once

#include "engine/ops/backend.h"

#include <memory>
#include <vector>

namespace kvasir::engine {

/// See `make_scalar_backend`. Weights stay where they are; activations live in ordinary memory.
class ScalarBackend final : public Backend {
 public:
  Result<TensorView> place(const TensorView& weight, std::span<std::byte> writable) override;
  Result<KvExpansion> place_expansion(const TensorView& k_b, const TensorView& v_b) override;
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
  void attention_expanded(HeadActivations out, HeadActivations query, const KvExpansion& expansion,
                          const KvCache& cache, uint32_t layer, uint32_t first_position,
                          float softmax_scale) override;
  void route(Routing out, const TensorView& router, const TensorView& bias, Activations in,
             const ModelConfig& config) override;
  void gated_ffn_add(Activations out, const GatedFfn& ffn, Activations in) override;
  void moe_ffn_add(Activations out, const Routing& routing, const GatedFfn& experts, const GatedFfn& shared,
                   Activations in) override;
  void gather(Activations out, Activations in, std::span<const uint32_t> rows) override;
  void read(std::span<float> out, Activations in) override;

 private:
  std::vector<std::vector<float>> floats_;
  std::vector<std::vector<int32_t>> integers_;
};

/// Row `row` of matrix `matrix` as float32, {weight.cols()}.
std::vector<float> weight_row(const TensorView& weight, uint64_t matrix, uint64_t row);

/// Σ aᵢ·bᵢ, accumulated in double.
double dot(const float* a, const float* b, size_t count);

}  // namespace kvasir::engine
