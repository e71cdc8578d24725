#pragma once

#include "engine/gguf/dtype.h"
#include "tests/gpu/check_options.h"
#include "tests/gpu/check_report.h"
#include "tests/gpu/workbench.h"

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace kvasir::engine::test {

inline constexpr std::array kWeightTypes = {DType::F32,  DType::F16,    DType::BF16,   DType::Q4_0,
                                            DType::Q4_1, DType::Q5_0,   DType::Q5_1,   DType::Q8_0,
                                            DType::Q2_K, DType::Q3_K,   DType::Q4_K,   DType::Q5_K,
                                            DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS, DType::MXFP4};

// What a mean squared error may be, as a share of the mean square.
inline constexpr double kFloatLimit = 1e-9;    ///< float32 sums in another order
inline constexpr double kHalfLimit = 1e-5;     ///< values of 11 bits
inline constexpr double kRoundedLimit = 5e-4;  ///< values of 8 bits

/// A router's shape, as models have them.
ModelConfig some_router(Random& random, bool sigmoid, bool small);
/// A router {cols, experts} whose scores of small whole numbers are exact, and many of them equal: every
/// backend must choose the same experts.
OwnedTensor whole_router(Random& random, uint32_t cols, uint32_t experts);

/// "cols 5, rows 7"
std::string shape_of(std::initializer_list<std::pair<const char*, uint32_t>> sizes);

/// What the checks of operations share: random shapes, and the comparison with the scalar backend.
class OperationContext {
 public:
  OperationContext(const CheckOptions& options, CheckReport& report)
      : options_(options), report_(report), random_(options.seed) {}

  Random& random() { return random_; }
  CheckReport& report() { return report_; }
  bool small() const { return options_.small; }
  /// Of `count` ways, one for each item: another one with another seed.
  bool has_turn(uint32_t way, uint32_t item, uint32_t count) const {
    return (options_.seed % count + item) % count == way;
  }
  /// How to repeat a failure, to be appended to what was measured.
  std::string seed() const { return ", --seed " + std::to_string(options_.seed); }

  /// Does a check as often as was asked for, and prints its lines.
  void repeat(const std::function<void()>& check);
  /// One operation's result, computed on a workbench.
  using Trial = std::function<std::vector<float>(Workbench&)>;
  /// Runs a trial on both backends and measures how far apart they are.
  void compare(const std::string& name, const std::string& shape, double limit, Arithmetic arithmetic,
               const Trial& trial);
  /// One with the backend under test.
  Workbench workbench(Arithmetic arithmetic) const;

  uint32_t between(uint32_t low, uint32_t high) { return random_.between(low, high); }
  /// A row length up to `most` that the type allows; for types without blocks any.
  uint32_t some_cols(DType type, uint32_t most = 4096);
  uint32_t some_context() { return between(0, small() ? 200 : 3000); }

 private:
  const CheckOptions& options_;
  CheckReport& report_;
  Random random_;
};

}  // namespace kvasir::engine::test
