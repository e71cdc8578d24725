#include "engine/ops/cpu/cpu_backend.h"
#include "engine/ops/cpu/interleave.h"

namespace kvasir::engine {

void CpuBackend::matmul(Activations out, const TensorView& weight, Activations in) {
  multiply(out, weight, in, false);
}

void CpuBackend::matmul_add(Activations out, const TensorView& weight, Activations in) {
  multiply(out, weight, in, true);
}

void CpuBackend::multiply(Activations out, const TensorView& weight, Activations in, bool accumulate) {
  if (weight.layout == Layout::Interleaved) return multiply_quantised(out, weight, in, accumulate);
  const float** in_rows = grown(in_, in.tokens);
  float** out_rows = grown(out_, in.tokens);
  for (uint32_t t = 0; t < in.tokens; ++t) {
    in_rows[t] = in.row(t);
    out_rows[t] = out.row(t);
  }
  const cpu::Gemm gemm = {weight.dtype, weight.data.data(), weight.row_stride_bytes(),
                          in.cols,      in.tokens,          in_rows,
                          out_rows,     accumulate};
  reserve_worker_scratch(size_t{cpu::kTileRows} * in.cols);
  for_rows(1, out.cols, uint64_t{out.cols} * in.cols * in.tokens, cpu::kTileRows,
           [&](uint32_t, uint32_t first, uint32_t end, unsigned worker) {
             kernels_.gemm(gemm, first, end, worker_scratch(worker));
           });
}

const cpu::QuantisedBlock** CpuBackend::quantise(const float* const* rows, uint32_t count, uint32_t cols) {
  const size_t blocks = cols / cpu::kQuantisedBlockValues;
  cpu::QuantisedBlock* out = grown(quantised_in_, count * blocks);
  const cpu::QuantisedBlock** out_rows = grown(quantised_rows_, count);
  for_tokens(count, cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; ++i) {
      quantised_->quantise(rows[i], cols, out + i * blocks);
      out_rows[i] = out + i * blocks;
    }
  });
  return out_rows;
}

void CpuBackend::multiply_quantised(Activations out, const TensorView& weight, Activations in,
                                    bool accumulate) {
  const float** in_rows = grown(in_, in.tokens);
  float** out_rows = grown(out_, in.tokens);
  for (uint32_t t = 0; t < in.tokens; ++t) {
    in_rows[t] = in.row(t);
    out_rows[t] = out.row(t);
  }
  const cpu::QuantisedGemm gemm = {
      weight.dtype, weight.data.data(), in.cols, in.tokens, quantise(in_rows, in.tokens, in.cols),
      out_rows,     accumulate};
  reserve_worker_scratch(cpu::panel_bytes(in.cols) / sizeof(float));
  const uint32_t unit = cpu::kGroupRows * (in.tokens == 1 ? 1 : cpu::kPanelGroups);
  for_rows(1, out.cols, uint64_t{out.cols} * in.cols * in.tokens, unit,
           [&](uint32_t, uint32_t first, uint32_t end, unsigned worker) {
             quantised_->gemm(gemm, first / cpu::kGroupRows, end / cpu::kGroupRows,
                              reinterpret_cast<std::byte*>(worker_scratch(worker)));
           });
}

void CpuBackend::matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) {
  const float** in_rows = grown(in_, size_t{in.heads} * in.tokens);
  float** out_rows = grown(out_, size_t{in.heads} * in.tokens);
  for (uint32_t h = 0; h < in.heads; ++h) {
    for (uint32_t t = 0; t < in.tokens; ++t) {
      in_rows[size_t{h} * in.tokens + t] = in.at(t, h);
      out_rows[size_t{h} * in.tokens + t] = out.at(t, h);
    }
  }
  const uint64_t multiplications = uint64_t{in.heads} * out.dim * in.dim * in.tokens;
  if (weight.layout == Layout::Interleaved) {
    const cpu::QuantisedBlock** blocks = quantise(in_rows, in.heads * in.tokens, in.dim);
    cpu::QuantisedGemm* gemms = grown(quantised_products_, in.heads);
    for (uint32_t h = 0; h < in.heads; ++h) {
      const size_t begin = size_t{h} * in.tokens;
      gemms[h] = {weight.dtype, weight.matrix(h), in.dim, in.tokens, blocks + begin, out_rows + begin, false};
    }
    reserve_worker_scratch(cpu::panel_bytes(in.dim) / sizeof(float));
    const uint32_t unit = cpu::kGroupRows * (in.tokens == 1 ? 1 : cpu::kPanelGroups);
    for_rows(in.heads, out.dim, multiplications, unit,
             [&](uint32_t head, uint32_t first, uint32_t end, unsigned worker) {
               quantised_->gemm(gemms[head], first / cpu::kGroupRows, end / cpu::kGroupRows,
                                reinterpret_cast<std::byte*>(worker_scratch(worker)));
             });
    return;
  }
  cpu::Gemm* gemms = grown(products_, in.heads);
  for (uint32_t h = 0; h < in.heads; ++h) {
    const size_t begin = size_t{h} * in.tokens;
    gemms[h] = {weight.dtype, weight.matrix(h), weight.row_stride_bytes(), in.dim,
                in.tokens,    in_rows + begin,  out_rows + begin,          false};
  }
  reserve_worker_scratch(size_t{cpu::kTileRows} * in.dim);
  for_rows(in.heads, out.dim, multiplications, cpu::kTileRows,
           [&](uint32_t head, uint32_t first, uint32_t end, unsigned worker) {
             kernels_.gemm(gemms[head], first, end, worker_scratch(worker));
           });
}

}  // namespace kvasir::engine
