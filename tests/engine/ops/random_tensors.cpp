#include "tests/engine/ops/random_tensors.h"

#include "engine/ops/half.h"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace kvasir::engine::test {
namespace {

/// A NaN with a payload that no computation makes.
constexpr uint32_t kGuardBits = 0x7fc5a5a5u;

void append_half(std::vector<std::byte>& bytes, uint16_t half) {
  bytes.push_back(static_cast<std::byte>(half & 0xff));
  bytes.push_back(static_cast<std::byte>(half >> 8));
}

}  // namespace

Random::Random() {
  const char* given = std::getenv("KVASIR_TEST_SEED");
  seed_ = given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  engine_.seed(seed_);
}

uint32_t Random::between(uint32_t low, uint32_t high) {
  return std::uniform_int_distribution<uint32_t>(low, high)(engine_);
}

float Random::normal() {
  return std::normal_distribution<float>()(engine_);
}

OwnedTensor random_tensor(Random& random, DType type, uint64_t cols, uint64_t rows, uint64_t matrices) {
  OwnedTensor tensor;
  std::vector<std::byte>& bytes = tensor.storage;
  bytes.push_back(std::byte{0});
  const uint64_t count = cols * rows * matrices;
  for (uint64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<uint32_t>(random.normal());
    switch (type) {
      case DType::F16:
        append_half(bytes, f32_to_f16(std::bit_cast<float>(bits)));
        break;
      case DType::BF16:
        append_half(bytes, static_cast<uint16_t>(bits >> 16));
        break;
      case DType::Q8_0:
        if (i % 32 == 0) append_half(bytes, f32_to_f16(random.normal() / 64));
        bytes.push_back(static_cast<std::byte>(random.between(0, 255)));
        break;
      default:
        append_half(bytes, static_cast<uint16_t>(bits));
        append_half(bytes, static_cast<uint16_t>(bits >> 16));
    }
  }
  tensor.view.name = "random";
  tensor.view.dtype = type;
  tensor.view.shape = {cols, rows, matrices, 1};
  tensor.view.data = std::span(bytes).subspan(1);
  return tensor;
}

GuardedRows::GuardedRows(uint32_t rows, uint32_t cols)
    : rows_(rows),
      cols_(cols),
      data_(kGuard + size_t{rows} * (cols + kGuard), std::bit_cast<float>(kGuardBits)) {}

GuardedRows::GuardedRows(Random& random, uint32_t rows, uint32_t cols) : GuardedRows(rows, cols) {
  for (uint32_t r = 0; r < rows; ++r)
    for (uint32_t c = 0; c < cols; ++c) view().row(r)[c] = random.normal();
}

bool GuardedRows::guards_intact() const {
  for (size_t i = 0; i < data_.size(); ++i) {
    const bool guard = i < kGuard || (i - kGuard) % (cols_ + kGuard) >= cols_;
    if (guard && std::bit_cast<uint32_t>(data_[i]) != kGuardBits) return false;
  }
  return true;
}

std::vector<float> GuardedRows::values() const {
  std::vector<float> values;
  for (uint32_t r = 0; r < rows_; ++r) {
    const float* row = data_.data() + kGuard + size_t{r} * (cols_ + kGuard);
    values.insert(values.end(), row, row + cols_);
  }
  return values;
}

double nmse(const std::vector<float>& x, const std::vector<float>& reference) {
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    difference += std::pow(static_cast<double>(x[i]) - static_cast<double>(reference[i]), 2);
    norm += std::pow(static_cast<double>(reference[i]), 2);
  }
  const double ratio = difference / norm;
  return std::isnan(ratio) ? std::numeric_limits<double>::infinity() : ratio;
}

}  // namespace kvasir::engine::test
