#include "engine/ops/cpu/cpu_backend.h"
#include "engine/ops/cpu/interleave.h"

#include <array>

namespace kvasir::engine {
namespace {

/// Rows that tasks are cut at: one token needs whole groups, several share whole panels.
uint32_t quantised_unit(uint32_t tokens) {
  return cpu::kGroupRows * (tokens == 1 ? 1 : cpu::kPanelGroups);
}

}  // namespace

void CpuBackend::matmul(Activations out, const TensorView& weight, Activations in) {
  multiply(out, weight, in, false);
}

void CpuBackend::matmul_add(Activations out, const TensorView& weight, Activations in) {
  multiply(out, weight, in, true);
}

void CpuBackend::matmul_each(std::span<const Product> products, Activations in) {
  const auto is_whole = [this](const Product& product) {
    return is_quantised(product.weight) && product.weight.rows() % quantised_unit(2) == 0;
  };
  if (!std::ranges::all_of(products, is_whole)) return Backend::matmul_each(products, in);
  multiply_quantised(products, in, false);
}

void CpuBackend::multiply(Activations out, const TensorView& weight, Activations in, bool accumulate) {
  if (is_quantised(weight)) return multiply_quantised(std::array{Product{out, weight}}, in, accumulate);
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
      quantised_->quantise(rows[i], cols, cpu::shared_blocks(cols), out + i * blocks);
      out_rows[i] = out + i * blocks;
    }
  });
  return out_rows;
}

bool CpuBackend::is_quantised(const TensorView& weight) const {
  return quantised_ != nullptr && cpu::can_interleave(weight.dtype, weight.cols(), weight.rows());
}

size_t CpuBackend::quantised_scratch_floats(const TensorView& weight) const {
  const size_t panel = cpu::panel_bytes(static_cast<uint32_t>(weight.cols()));
  const size_t copy = weight.layout == Layout::Interleaved
                          ? 0
                          : weight.row_stride_bytes() * cpu::kGroupRows * cpu::kPanelGroups;
  return (panel + copy) / sizeof(float) + 1;
}

void CpuBackend::quantised_rows(const TensorView& weight, uint64_t matrix, uint32_t first, uint32_t end,
                                cpu::QuantisedGemm gemm, float* scratch) {
  const size_t group_bytes = weight.row_stride_bytes() * cpu::kGroupRows;
  auto* const panel = reinterpret_cast<std::byte*>(scratch);
  gemm.dtype = weight.dtype;
  gemm.cols = static_cast<uint32_t>(weight.cols());
  const std::byte* rows = weight.matrix(matrix) + first / cpu::kGroupRows * group_bytes;
  uint32_t groups = (end - first) / cpu::kGroupRows;
  const bool is_requantised = batch_size_ == BatchSize::Large && quantised_->gemm_requantised != nullptr;
  const auto multiply = is_requantised ? quantised_->gemm_requantised : quantised_->gemm;
  if (weight.layout == Layout::Interleaved) {
    gemm.weights = rows;
    gemm.groups = groups;
    multiply(gemm, panel);
    return;
  }
  // A weight that stays in its file is interleaved anew, a panel at a time.
  std::byte* const copy = panel + cpu::panel_bytes(gemm.cols);
  gemm.weights = copy;
  while (groups > 0) {
    gemm.groups = std::min(groups, cpu::kPanelGroups);
    for (uint32_t i = 0; i < gemm.groups; ++i, rows += group_bytes)
      cpu::interleave_group(weight.dtype, gemm.cols, rows, weight.row_stride_bytes(), copy + i * group_bytes);
    multiply(gemm, panel);
    gemm.out_row += gemm.groups * cpu::kGroupRows;
    groups -= gemm.groups;
  }
}

/// The rows of all products are shared out as if they were one's, so that threads meet once.
void CpuBackend::multiply_quantised(std::span<const Product> products, Activations in, bool accumulate) {
  const float** in_rows = grown(in_, in.tokens);
  float** out_rows = grown(out_, products.size() * in.tokens);
  uint32_t all_rows = 0;
  size_t scratch_floats = 0;
  for (size_t i = 0; i < products.size(); ++i) {
    const auto& [out, weight] = products[i];
    for (uint32_t t = 0; t < in.tokens; ++t) out_rows[i * in.tokens + t] = out.row(t);
    all_rows += out.cols;
    scratch_floats = std::max(scratch_floats, quantised_scratch_floats(weight));
  }
  for (uint32_t t = 0; t < in.tokens; ++t) in_rows[t] = in.row(t);
  cpu::QuantisedGemm gemm = {};
  gemm.tokens = in.tokens;
  gemm.in = quantise(in_rows, in.tokens, in.cols);
  gemm.accumulate = accumulate;
  reserve_worker_scratch(scratch_floats);
  for_rows(1, all_rows, uint64_t{all_rows} * in.cols * in.tokens, quantised_unit(in.tokens),
           [&](uint32_t, uint32_t first, uint32_t end, unsigned worker) {
             uint32_t before = 0;  // rows of the products so far
             for (size_t i = 0; i < products.size() && before < end; ++i) {
               const auto& [out, weight] = products[i];
               const uint32_t from = std::max(first, before);
               const uint32_t until = std::min(end, before + out.cols);
               cpu::QuantisedGemm part = gemm;
               part.out = out_rows + i * in.tokens;
               part.out_row = from - before;
               if (from < until)
                 quantised_rows(weight, 0, from - before, until - before, part, worker_scratch(worker));
               before += out.cols;
             }
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
  if (is_quantised(weight)) {
    const cpu::QuantisedBlock** blocks = quantise(in_rows, in.heads * in.tokens, in.dim);
    reserve_worker_scratch(quantised_scratch_floats(weight));
    for_rows(in.heads, out.dim, multiplications, quantised_unit(in.tokens),
             [&](uint32_t head, uint32_t first, uint32_t end, unsigned worker) {
               cpu::QuantisedGemm gemm = {};
               gemm.tokens = in.tokens;
               gemm.in = blocks + size_t{head} * in.tokens;
               gemm.out = out_rows + size_t{head} * in.tokens;
               gemm.out_row = first;
               quantised_rows(weight, head, first, end, gemm, worker_scratch(worker));
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
