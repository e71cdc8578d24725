#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace kvasir::engine::test {

/// What has been checked: each kind of check under one name, with the worst of its measurements. Failures are
/// printed as they are met, the rest by `print`.
class CheckReport {
 public:
  /// A measurement that may be at most `limit`; what is no number fails. `detail` says what was measured.
  void measure(const std::string& name, double value, double limit, const std::string& detail);
  void require(const std::string& name, bool holds, const std::string& detail) {
    measure(name, holds ? 0 : 1, 0, detail);
  }

  /// Prints what was checked since the last time, a line for each name.
  void print();
  bool failed() const { return failures_ > 0; }
  unsigned checks() const { return checks_; }
  unsigned failures() const { return failures_; }

 private:
  struct Kind {
    std::string name;
    double worst = 0;
    double limit = 0;
    unsigned checks = 0;
    unsigned failures = 0;
  };
  Kind& kind(const std::string& name);

  std::vector<Kind> kinds_;  ///< since the last `print`, in the order in which they came
  unsigned checks_ = 0;
  unsigned failures_ = 0;
};

}  // namespace kvasir::engine::test
