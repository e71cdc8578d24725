#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace kvasir::app {

/// Of at least one value.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Between which two of the values the median of what they were drawn from lies with a probability of at
/// least 95 %, however they are distributed: each is below it with a probability of a half, so how many are
/// is binomial. Of fewer than six values it is their range, with less. At most a thousand values.
inline std::pair<double, double> median_interval(std::vector<double> values) {
  constexpr double kBeyondOneEnd = 0.025;
  std::sort(values.begin(), values.end());
  const size_t count = values.size();
  double exactly = std::pow(0.5, static_cast<double>(count));  // as many as `rank` are below it
  double beyond = exactly;                                     // no more than those
  size_t rank = 0;
  for (; beyond <= kBeyondOneEnd; beyond += exactly, ++rank)
    exactly *= static_cast<double>(count - rank) / static_cast<double>(rank + 1);
  const size_t first = rank > 0 ? rank - 1 : 0;
  return {values[first], values[count - 1 - first]};
}

}  // namespace kvasir::app
