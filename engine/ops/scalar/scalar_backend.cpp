#include "engine/ops/scalar/scalar_backend.h"

#include "engine/gguf/convert.h"

#include <algorithm>
#include <cmath>
#include <new>

namespace kvasir::engine {

std::vector<float> weight_row(const TensorView& weight, uint64_t matrix, uint64_t row) {
  std::vector<float> values(weight.cols());
  dequantize_row(weight.dtype, weight.row(matrix, row), values.data(), values.size());
  return values;
}

double dot(const float* a, const float* b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

Result<TensorView> ScalarBackend::place(const TensorView& weight, std::span<std::byte> /*writable*/) {
  return weight;
}

Result<float*> ScalarBackend::allocate(size_t floats) {
  try {
    return floats_.emplace_back(floats).data();
  } catch (const std::bad_alloc&) {
    return fail(
        ErrorCode::OutOfMemory,
        "There is not enough memory to run this model. Close other programs, or choose a smaller model.");
  }
}

Result<Routing> ScalarBackend::allocate_routing(uint32_t tokens, uint32_t per_token) {
  Result<float*> weights = allocate(size_t{tokens} * per_token);
  if (!weights) return tl::unexpected(weights.error());
  try {
    int32_t* experts = integers_.emplace_back(size_t{tokens} * per_token).data();
    return Routing{experts, *weights, tokens, per_token};
  } catch (const std::bad_alloc&) {
    return fail(
        ErrorCode::OutOfMemory,
        "There is not enough memory to run this model. Close other programs, or choose a smaller model.");
  }
}

void ScalarBackend::embed(Activations out, const TensorView& table, std::span<const int32_t> ids) {
  for (uint32_t t = 0; t < out.tokens; ++t) {
    const std::vector<float> row = weight_row(table, 0, static_cast<uint64_t>(ids[t]));
    std::copy(row.begin(), row.end(), out.row(t));
  }
}

void ScalarBackend::rms_norm(Activations out, Activations in, const TensorView& weight, float eps) {
  const std::vector<float> scale = weight_row(weight, 0, 0);
  for (uint32_t t = 0; t < in.tokens; ++t) {
    const double mean = dot(in.row(t), in.row(t), in.cols) / in.cols;
    const double factor = 1.0 / std::sqrt(mean + static_cast<double>(eps));
    for (uint32_t i = 0; i < in.cols; ++i)
      out.row(t)[i] = static_cast<float>(static_cast<double>(in.row(t)[i]) * factor) * scale[i];
  }
}

void ScalarBackend::matmul(Activations out, const TensorView& weight, Activations in) {
  for (uint32_t r = 0; r < out.cols; ++r) {
    const std::vector<float> row = weight_row(weight, 0, r);
    for (uint32_t t = 0; t < in.tokens; ++t)
      out.row(t)[r] = static_cast<float>(dot(row.data(), in.row(t), in.cols));
  }
}

void ScalarBackend::matmul_add(Activations out, const TensorView& weight, Activations in) {
  for (uint32_t r = 0; r < out.cols; ++r) {
    const std::vector<float> row = weight_row(weight, 0, r);
    for (uint32_t t = 0; t < in.tokens; ++t)
      out.row(t)[r] += static_cast<float>(dot(row.data(), in.row(t), in.cols));
  }
}

void ScalarBackend::matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) {
  for (uint32_t h = 0; h < in.heads; ++h) {
    for (uint32_t r = 0; r < out.dim; ++r) {
      const std::vector<float> row = weight_row(weight, h, r);
      for (uint32_t t = 0; t < in.tokens; ++t)
        out.at(t, h)[r] = static_cast<float>(dot(row.data(), in.at(t, h), in.dim));
    }
  }
}

void ScalarBackend::rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
                         uint32_t first_position) {
  for (uint32_t t = 0; t < in.tokens; ++t) {
    const double position = first_position + t;
    for (uint32_t h = 0; h < in.heads; ++h) {
      for (uint32_t i = 0; i < in.dim / 2; ++i) {
        const double angle = position * frequencies.inverse[i];
        const double x = static_cast<double>(in.at(t, h)[2 * i]);
        const double y = static_cast<double>(in.at(t, h)[2 * i + 1]);
        out.at(t, h)[2 * i] = static_cast<float>(x * std::cos(angle) - y * std::sin(angle));
        out.at(t, h)[2 * i + 1] = static_cast<float>(x * std::sin(angle) + y * std::cos(angle));
      }
    }
  }
}

void ScalarBackend::gather(Activations out, Activations in, std::span<const uint32_t> rows) {
  for (uint32_t i = 0; i < out.tokens; ++i) std::copy_n(in.row(rows[i]), in.cols, out.row(i));
}

void ScalarBackend::read(std::span<float> out, Activations in) {
  for (uint32_t t = 0; t < in.tokens; ++t) std::copy_n(in.row(t), in.cols, out.data() + size_t{t} * in.cols);
}

std::unique_ptr<Backend> make_scalar_backend() {
  return std::make_unique<ScalarBackend>();
}

}  // namespace kvasir::engine
