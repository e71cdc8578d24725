#include "engine/ops/cpu/cpu_backend.h"

#include "engine/gguf/convert.h"

#include <cmath>
#include <cstring>
#include <new>
#include <string>

namespace kvasir::engine {
namespace {

constexpr std::align_val_t kAlignment{64};

Error no_memory() {
  return {ErrorCode::OutOfMemory,
          "There is not enough memory to run this model. Close other programs, or choose a smaller model."};
}

}  // namespace

void CpuBackend::FreeAligned::operator()(void* memory) const {
  ::operator delete(memory, kAlignment);
}

CpuBackend::CpuBackend(unsigned threads, const cpu::Kernels& kernels)
    : kernels_(kernels), pool_(threads), worker_scratch_(pool_.size()) {}

Result<TensorView> CpuBackend::place(const TensorView& weight) {
  if (!can_dequantize(weight.dtype))
    return fail(ErrorCode::Unsupported, "The tensor " + weight.name + " is stored as " +
                                            std::string(dtype_name(weight.dtype)) +
                                            ", which this version can't compute with. Choose a file with "
                                            "F32, F16, BF16 or Q8_0 weights.");
  return weight;
}

Result<std::byte*> CpuBackend::allocate_bytes(size_t bytes) {
  auto* memory =
      static_cast<std::byte*>(::operator new(std::max<size_t>(bytes, 1), kAlignment, std::nothrow));
  if (memory == nullptr) return tl::unexpected(no_memory());
  return memory_.emplace_back(memory).get();
}

Result<float*> CpuBackend::allocate(size_t floats) {
  return allocate_bytes(floats * sizeof(float)).map([](std::byte* bytes) {
    return reinterpret_cast<float*>(bytes);
  });
}

Result<Routing> CpuBackend::allocate_routing(uint32_t tokens, uint32_t per_token) {
  const size_t slots = size_t{tokens} * per_token;
  const auto weights = allocate(slots);
  if (!weights) return tl::unexpected(weights.error());
  const auto experts = allocate_bytes(slots * sizeof(int32_t));
  if (!experts) return tl::unexpected(experts.error());
  return Routing{reinterpret_cast<int32_t*>(*experts), *weights, tokens, per_token};
}

void CpuBackend::reserve_worker_scratch(size_t floats) {
  for (std::vector<float>& scratch : worker_scratch_) grown(scratch, floats);
}

void CpuBackend::embed(Activations out, const TensorView& table, std::span<const int32_t> ids) {
  for_tokens(out.tokens, out.cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t)
      kernels_.dequantize(table.dtype, table.row(0, static_cast<uint64_t>(ids[t])), out.cols, out.row(t));
  });
}

void CpuBackend::rms_norm(Activations out, Activations in, const TensorView& weight, float eps) {
  float* scale = grown(norm_weight_, in.cols);
  kernels_.dequantize(weight.dtype, weight.row(0, 0), in.cols, scale);
  for_tokens(in.tokens, in.cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t) kernels_.rms_norm(out.row(t), in.row(t), scale, in.cols, eps);
  });
}

void CpuBackend::matmul(Activations out, const TensorView& weight, Activations in) {
  multiply(out, weight, in, false);
}

void CpuBackend::matmul_add(Activations out, const TensorView& weight, Activations in) {
  multiply(out, weight, in, true);
}

void CpuBackend::multiply(Activations out, const TensorView& weight, Activations in, bool accumulate) {
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
  for_rows(1, out.cols, uint64_t{out.cols} * in.cols * in.tokens,
           [&](uint32_t, uint32_t first, uint32_t end, unsigned worker) {
             kernels_.gemm(gemm, first, end, worker_scratch(worker));
           });
}

void CpuBackend::matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) {
  const float** in_rows = grown(in_, size_t{in.heads} * in.tokens);
  float** out_rows = grown(out_, size_t{in.heads} * in.tokens);
  cpu::Gemm* gemms = grown(products_, in.heads);
  for (uint32_t h = 0; h < in.heads; ++h) {
    const size_t begin = size_t{h} * in.tokens;
    for (uint32_t t = 0; t < in.tokens; ++t) {
      in_rows[begin + t] = in.at(t, h);
      out_rows[begin + t] = out.at(t, h);
    }
    gemms[h] = {weight.dtype, weight.row(h, 0), weight.row_stride_bytes(), in.dim,
                in.tokens,    in_rows + begin,  out_rows + begin,          false};
  }
  reserve_worker_scratch(size_t{cpu::kTileRows} * in.dim);
  for_rows(in.heads, out.dim, uint64_t{in.heads} * out.dim * in.dim * in.tokens,
           [&](uint32_t head, uint32_t first, uint32_t end, unsigned worker) {
             kernels_.gemm(gemms[head], first, end, worker_scratch(worker));
           });
}

const CpuBackend::RopeTable& CpuBackend::rope_table(const RopeFrequencies& frequencies,
                                                    uint32_t first_position, uint32_t tokens) {
  RopeTable& table = rope_table_;
  if (table.first_position == first_position && table.tokens == tokens &&
      table.inverse == frequencies.inverse)
    return table;
  table.inverse = frequencies.inverse;
  table.first_position = first_position;
  table.tokens = tokens;
  const size_t pairs = table.inverse.size();
  table.cos_sin.resize(tokens * pairs * 2);
  for_tokens(tokens, 32 * pairs, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t) {
      const double position = first_position + t;
      float* pair = table.cos_sin.data() + t * pairs * 2;
      for (size_t i = 0; i < pairs; ++i) {
        *pair++ = static_cast<float>(std::cos(position * table.inverse[i]));
        *pair++ = static_cast<float>(std::sin(position * table.inverse[i]));
      }
    }
  });
  return table;
}

void CpuBackend::rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
                      uint32_t first_position) {
  const RopeTable& table = rope_table(frequencies, first_position, in.tokens);
  for_tokens(in.tokens, uint64_t{in.heads} * in.dim, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t) {
      const float* angles = table.cos_sin.data() + size_t{t} * in.dim;
      for (uint32_t h = 0; h < in.heads; ++h) {
        const float* x = in.at(t, h);
        float* y = out.at(t, h);
        for (uint32_t i = 0; i < in.dim; i += 2) {
          const float even = x[i] * angles[i] - x[i + 1] * angles[i + 1];
          const float odd = x[i] * angles[i + 1] + x[i + 1] * angles[i];
          y[i] = even;
          y[i + 1] = odd;
        }
      }
    }
  });
}

void CpuBackend::gather(Activations out, Activations in, std::span<const uint32_t> rows) {
  for (uint32_t i = 0; i < out.tokens; ++i) std::copy_n(in.row(rows[i]), in.cols, out.row(i));
}

void CpuBackend::read(std::span<float> out, Activations in) {
  for (uint32_t t = 0; t < in.tokens; ++t) std::copy_n(in.row(t), in.cols, out.data() + size_t{t} * in.cols);
}

}  // namespace kvasir::engine
