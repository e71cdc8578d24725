#include "tests/gpu/check_report.h"

#include <algorithm>
#include <cmath>

namespace kvasir::engine::test {

CheckReport::Kind& CheckReport::kind(const std::string& name) {
  const auto found = std::ranges::find(kinds_, name, &Kind::name);
  if (found != kinds_.end()) return *found;
  kinds_.push_back({.name = name});
  return kinds_.back();
}

void CheckReport::measure(const std::string& name, double value, double limit, const std::string& detail) {
  Kind& kind = this->kind(name);
  const bool holds = value <= limit;
  kind.limit = limit;
  kind.worst = std::isnan(value) ? value : std::max(kind.worst, value);
  ++kind.checks;
  ++checks_;
  if (holds) return;
  ++kind.failures;
  ++failures_;
  std::printf("FAILED  %s: %g, at most %g may be: %s\n", name.c_str(), value, limit, detail.c_str());
  std::fflush(stdout);
}

void CheckReport::print() {
  for (const Kind& kind : kinds_) {
    std::printf("%s  %-58s", kind.failures == 0 ? "ok    " : "FAILED", kind.name.c_str());
    if (kind.limit > 0) std::printf("  worst %8.2g of %-7.2g", kind.worst, kind.limit);
    std::printf("  %u of %u\n", kind.checks - kind.failures, kind.checks);
  }
  std::fflush(stdout);
  kinds_.clear();
}

}  // namespace kvasir::engine::test
