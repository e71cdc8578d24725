#pragma once

#include "engine/gguf/tensor_view.h"
#include "engine/ops/backend.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace kvasir::engine::test {

/// Random numbers from a fresh seed, or from KVASIR_TEST_SEED to repeat a failure.
class Random {
 public:
  Random();
  explicit Random(uint32_t seed) : seed_(seed), engine_(seed) {}
  uint32_t seed() const { return seed_; }
  /// Uniform in [low, high].
  uint32_t between(uint32_t low, uint32_t high);
  /// Normal with deviation 1.
  float normal();

 private:
  uint32_t seed_;
  std::mt19937 engine_;
};

/// A weight that owns its bytes, which start at an odd address: files promise no alignment to kernels.
struct OwnedTensor {
  std::vector<std::byte> storage;
  TensorView view;
};

OwnedTensor random_tensor(Random& random, DType type, uint64_t cols, uint64_t rows = 1,
                          uint64_t matrices = 1);

/// Float memory for activations with guard values between, before and after the rows.
class GuardedRows {
 public:
  GuardedRows(uint32_t rows, uint32_t cols);
  /// Filled with normal random numbers.
  GuardedRows(Random& random, uint32_t rows, uint32_t cols);

  Activations view() { return {data_.data() + kGuard, rows_, cols_, cols_ + kGuard}; }
  /// The same memory as {rows, heads, cols / heads}.
  HeadActivations heads(uint32_t heads) {
    return {data_.data() + kGuard, rows_, heads, cols_ / heads, cols_ + kGuard, cols_ / heads};
  }
  bool guards_intact() const;
  std::vector<float> values() const;

 private:
  static constexpr uint32_t kGuard = 17;
  uint32_t rows_;
  uint32_t cols_;
  std::vector<float> data_;
};

/// Σ (x − reference)² / Σ reference²; infinite where a value is NaN.
double nmse(const std::vector<float>& x, const std::vector<float>& reference);

}  // namespace kvasir::engine::test
