#include "tests/engine/ops/random_tensors.h"

#include "engine/gguf/quant_blocks.h"
#include "engine/ops/half.h"

#include <cmath>
#include <cstddef>
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

namespace {

/// Random codes under scales of sane size: two-byte scales of the types that have them, the exponent of
/// MXFP4.
void append_blocks(Random& random, DType type, uint64_t count, std::vector<std::byte>& bytes) {
  const DTypeTraits traits = *dtype_traits(type);
  for (uint64_t block = 0; block < count / traits.block_elements; ++block) {
    const size_t at = bytes.size();
    for (uint32_t i = 0; i < traits.block_bytes; ++i)
      bytes.push_back(static_cast<std::byte>(random.between(0, 255)));
    if (type == DType::MXFP4) {
      bytes[at] = static_cast<std::byte>(random.between(118, 128));
      continue;
    }
    const auto set_scale = [&](size_t offset, float deviation = 1.0f / 64) {
      const uint16_t half = f32_to_f16(random.normal() * deviation);
      std::memcpy(bytes.data() + at + offset, &half, sizeof(half));
    };
    switch (type) {
      case DType::Q2_K:
        set_scale(offsetof(BlockQ2_K, d));
        set_scale(offsetof(BlockQ2_K, dmin), 1.0f / 512);  // or the minima drown the few codes
        break;
      case DType::Q3_K:
        set_scale(offsetof(BlockQ3_K, d));
        break;
      case DType::Q6_K:
        set_scale(offsetof(BlockQ6_K, d));
        break;
      case DType::Q4_1:
      case DType::Q5_1:
      case DType::Q4_K:
      case DType::Q5_K:
        set_scale(2);
        [[fallthrough]];
      default:
        set_scale(0);
    }
  }
}

bool has_blocks(DType type) {
  return dtype_traits(type)->block_elements > 1;
}

}  // namespace

OwnedTensor random_tensor(Random& random, DType type, uint64_t cols, uint64_t rows, uint64_t matrices) {
  OwnedTensor tensor;
  std::vector<std::byte>& bytes = tensor.storage;
  bytes.push_back(std::byte{0});
  const uint64_t count = cols * rows * matrices;
  if (has_blocks(type)) append_blocks(random, type, count, bytes);
  for (uint64_t i = 0; i < count && !has_blocks(type); ++i) {
    const auto bits = std::bit_cast<uint32_t>(random.normal());
    switch (type) {
      case DType::F16:
        append_half(bytes, f32_to_f16(std::bit_cast<float>(bits)));
        break;
      case DType::BF16:
        append_half(bytes, static_cast<uint16_t>(bits >> 16));
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
