#include "engine/ops/cpu/cpu_backend.h"
#include "engine/ops/moe_router.h"

#include <numeric>

namespace kvasir::engine {

void CpuBackend::route(Routing out, const TensorView& router, const TensorView& bias, Activations in,
                       const ModelConfig& config) {
  const uint32_t experts = config.n_routed_experts;
  float* logits = grown(router_logits_, size_t{in.tokens + 1} * experts);
  matmul({logits, in.tokens, experts, experts}, router, in);
  std::span<float> bias_values;
  if (bias.present()) {
    bias_values = {logits + size_t{in.tokens} * experts, experts};
    kernels_.dequantize(bias.dtype, bias.row(0, 0), experts, bias_values.data());
  }

  const uint32_t tasks = std::min(in.tokens, pool_.size());
  const uint32_t block = (in.tokens + tasks - 1) / tasks;
  std::vector<MoeRouter> routers(tasks, MoeRouter(config));
  pool_.run(tasks, [&](uint32_t task, unsigned) {
    for (uint32_t t = task * block; t < std::min(in.tokens, (task + 1) * block); ++t) {
      const size_t first = size_t{t} * out.per_token;
      routers[task].select({logits + size_t{t} * experts, experts}, bias_values,
                           {out.experts + first, out.per_token}, {out.weights + first, out.per_token});
    }
  });
}

namespace {

/// One matrix of a weight.
TensorView matrix_of(const TensorView& weight, uint64_t matrix) {
  TensorView view = weight;
  view.shape[2] = 1;
  view.data = {weight.matrix(matrix), weight.matrix_bytes()};
  return view;
}

}  // namespace

CpuBackend::Products CpuBackend::products_of(const GatedFfn& ffn) const {
  const int quantised = is_quantised(ffn.gate) + is_quantised(ffn.up) + is_quantised(ffn.down);
  return quantised == 0 ? Products::Float : quantised == 3 ? Products::Quantised : Products::Mixed;
}

void CpuBackend::gated_ffn_add(Activations out, const GatedFfn& ffn, Activations in) {
  const auto& [gate, up, down] = ffn;
  const Products products = products_of(ffn);
  if (products == Products::Quantised) return quantised_ffn_add(out, nullptr, nullptr, &ffn, in);
  const auto inner = static_cast<uint32_t>(gate.rows());
  const Activations gated = {grown(gate_, size_t{in.tokens} * inner), in.tokens, inner, inner};
  const Activations upped = {grown(up_, size_t{in.tokens} * inner), in.tokens, inner, inner};
  if (products == Products::Mixed) {
    matmul(gated, gate, in);
    matmul(upped, up, in);
    for_tokens(in.tokens, inner, [&](uint32_t first, uint32_t end) {
      for (uint32_t t = first; t < end; ++t) kernels_.silu_mul(gated.row(t), upped.row(t), inner);
    });
    return matmul_add(out, down, gated);
  }
  const float** in_rows = grown(in_, in.tokens);
  float** out_rows = grown(out_, size_t{2} * in.tokens);
  for (uint32_t t = 0; t < in.tokens; ++t) {
    in_rows[t] = in.row(t);
    out_rows[t] = gated.row(t);
    out_rows[in.tokens + t] = upped.row(t);
  }
  const cpu::Gemm gate_gemm = {
      gate.dtype, gate.data.data(), gate.row_stride_bytes(), in.cols, in.tokens, in_rows, out_rows, false};
  const cpu::Gemm up_gemm = {up.dtype,  up.data.data(), up.row_stride_bytes(), in.cols,
                             in.tokens, in_rows,        out_rows + in.tokens,  false};
  reserve_worker_scratch(size_t{cpu::kTileRows} * in.cols);
  for_rows(1, inner, uint64_t{2} * inner * in.cols * in.tokens, cpu::kTileRows,
           [&](uint32_t, uint32_t first, uint32_t end, unsigned worker) {
             kernels_.gemm(gate_gemm, first, end, worker_scratch(worker));
             kernels_.gemm(up_gemm, first, end, worker_scratch(worker));
             for (uint32_t t = 0; t < in.tokens; ++t)
               kernels_.silu_mul(gated.row(t) + first, upped.row(t) + first, end - first);
           });
  matmul_add(out, down, gated);
}

void CpuBackend::group_by_expert(const Routing& routing, uint64_t experts) {
  const uint32_t slots = routing.tokens * routing.per_token;
  std::vector<uint32_t>& begin = groups_.begin;
  begin.assign(experts + 1, 0);
  for (uint32_t slot = 0; slot < slots; ++slot) ++begin[static_cast<size_t>(routing.experts[slot]) + 1];
  groups_.used.clear();
  for (uint32_t e = 0; e < experts; ++e)
    if (begin[e + 1] > 0) groups_.used.push_back(e);
  std::partial_sum(begin.begin(), begin.end(), begin.begin());

  groups_.slots.resize(slots);
  for (uint32_t slot = 0; slot < slots; ++slot)
    groups_.slots[begin[static_cast<size_t>(routing.experts[slot])]++] = slot;
  // Each begin has moved to its expert's end; keep only the used experts' true beginnings.
  uint32_t first = 0;
  for (size_t i = 0; i < groups_.used.size(); ++i) {
    const uint32_t end = begin[groups_.used[i]];
    begin[i] = first;
    first = end;
  }
  begin[groups_.used.size()] = slots;
}

void CpuBackend::moe_ffn_add(Activations out, const Routing& routing, const GatedFfn& experts,
                             const GatedFfn& shared, Activations in) {
  const Products products = products_of(experts);
  if (products == Products::Quantised && (!shared.present() || products_of(shared) == products))
    return quantised_ffn_add(out, &routing, &experts, shared.present() ? &shared : nullptr, in);
  if (products == Products::Quantised)
    quantised_ffn_add(out, &routing, &experts, nullptr, in);
  else if (products == Products::Float)
    experts_add(out, routing, experts, in);
  else
    experts_add_one_by_one(out, routing, experts, in);
  if (shared.present()) gated_ffn_add(out, shared, in);
}

/// For files whose experts are of types that are computed with in different ways: rare, and slow.
void CpuBackend::experts_add_one_by_one(Activations out, const Routing& routing, const GatedFfn& experts,
                                        Activations in) {
  std::vector<float> added(out.cols);
  for (uint32_t slot = 0; slot < routing.tokens * routing.per_token; ++slot) {
    const uint32_t token = slot / routing.per_token;
    const auto expert = static_cast<uint64_t>(routing.experts[slot]);
    const TensorView gate = matrix_of(experts.gate, expert);
    const TensorView up = matrix_of(experts.up, expert);
    const TensorView down = matrix_of(experts.down, expert);
    std::ranges::fill(added, 0.0f);
    gated_ffn_add({added.data(), 1, out.cols, out.cols}, {gate, up, down},
                  {in.row(token), 1, in.cols, in.stride});
    kernels_.add_scaled(out.row(token), added.data(), routing.weights[slot], out.cols);
  }
}

void CpuBackend::experts_add(Activations out, const Routing& routing, const GatedFfn& experts,
                             Activations in) {
  const auto& [gate, up, down] = experts;
  group_by_expert(routing, gate.matrices());
  const auto used = static_cast<uint32_t>(groups_.used.size());
  const uint32_t slots = routing.tokens * routing.per_token;
  const auto inner = static_cast<uint32_t>(gate.rows());
  const Activations gated = {grown(gate_, size_t{slots} * inner), slots, inner, inner};
  const Activations upped = {grown(up_, size_t{slots} * inner), slots, inner, inner};
  const Activations results = {grown(expert_out_, size_t{slots} * out.cols), slots, out.cols, out.cols};

  // Pointers {3 · slots} in the experts' order: what gate and up read and write, then what down does.
  const float** in_rows = grown(in_, size_t{2} * slots);
  float** out_rows = grown(out_, size_t{3} * slots);
  for (uint32_t i = 0; i < slots; ++i) {
    const uint32_t slot = groups_.slots[i];
    in_rows[i] = in.row(slot / routing.per_token);
    in_rows[slots + i] = gated.row(slot);
    out_rows[i] = gated.row(slot);
    out_rows[slots + i] = upped.row(slot);
    out_rows[2 * slots + i] = results.row(slot);
  }
  cpu::Gemm* gemms = grown(products_, size_t{3} * used);
  for (uint32_t i = 0; i < used; ++i) {
    const uint32_t e = groups_.used[i];
    const uint32_t begin = groups_.begin[i];
    const uint32_t count = groups_.begin[i + 1] - begin;
    gemms[i] = {gate.dtype, gate.matrix(e),  gate.row_stride_bytes(), in.cols,
                count,      in_rows + begin, out_rows + begin,        false};
    gemms[used + i] = {up.dtype, up.matrix(e),    up.row_stride_bytes(),    in.cols,
                       count,    in_rows + begin, out_rows + slots + begin, false};
    gemms[2 * used + i] = {down.dtype, down.matrix(e),          down.row_stride_bytes(),      inner,
                           count,      in_rows + slots + begin, out_rows + 2 * slots + begin, false};
  }

  reserve_worker_scratch(size_t{cpu::kTileRows} * std::max(in.cols, inner));
  for_rows(used, inner, uint64_t{2} * slots * inner * in.cols, cpu::kTileRows,
           [&](uint32_t i, uint32_t first, uint32_t end, unsigned worker) {
             kernels_.gemm(gemms[i], first, end, worker_scratch(worker));
             kernels_.gemm(gemms[used + i], first, end, worker_scratch(worker));
             for (uint32_t n = 0; n < gemms[i].tokens; ++n)
               kernels_.silu_mul(gemms[i].out[n] + first, gemms[used + i].out[n] + first, end - first);
           });
  for_rows(used, out.cols, uint64_t{slots} * inner * out.cols, cpu::kTileRows,
           [&](uint32_t i, uint32_t first, uint32_t end, unsigned worker) {
             kernels_.gemm(gemms[2 * used + i], first, end, worker_scratch(worker));
           });
  // Each token adds its experts in the order of its routing, whoever else used them.
  for_tokens(in.tokens, uint64_t{routing.per_token} * out.cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t slot = first * routing.per_token; slot < end * routing.per_token; ++slot)
      kernels_.add_scaled(out.row(slot / routing.per_token), results.row(slot), routing.weights[slot],
                          out.cols);
  });
}

}  // namespace kvasir::engine
