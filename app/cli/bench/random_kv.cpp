#include "app/cli/bench/random_kv.h"

#include "app/cli/bench/random_source.h"
#include "app/cli/command.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace kvasir::app {

void fill_with_random_kv(engine::KvCache& cache, uint32_t tokens, uint64_t seed) {
  constexpr uint32_t kTokensAtOnce = 64;
  const engine::KvLayout& layout = cache.layout();
  const float bound = std::sqrt(3.0f);
  std::vector<float> values(layout.width);
  std::vector<std::byte> slices(layout.layers * layout.slice_bytes(kTokensAtOnce));
  RandomSource random(seed);
  for (uint32_t first = 0; first < tokens; first += kTokensAtOnce) {
    for (uint32_t row = 0; row < layout.layers * kTokensAtOnce; ++row) {
      for (float& value : values) value = random.uniform(-bound, bound);
      engine::encode_kv_row(layout.type, slices.data() + row * layout.row_bytes(), values.data(),
                            layout.width);
    }
    const uint32_t count = std::min(kTokensAtOnce, tokens - first);
    value_or_fail(cache.write_rows(first, count, slices.data(), kTokensAtOnce).map([] { return true; }),
                  kExitFailed);
  }
}

}  // namespace kvasir::app
