#include "tests/gpu/operation_context.h"

#include "tests/gpu/backend_under_test.h"
#include "tests/gpu/value_or_exit.h"

#include <algorithm>

namespace kvasir::engine::test {

ModelConfig some_router(Random& random, bool sigmoid, bool small) {
  ModelConfig config;
  config.scoring_func = sigmoid ? ScoringFunc::Sigmoid : ScoringFunc::Softmax;
  config.n_group = random.between(1, 4);
  config.topk_group = random.between(1, config.n_group);
  config.n_routed_experts = config.n_group * random.between(3, small ? 12 : 64);
  config.num_experts_per_tok =
      std::min(config.n_routed_experts / config.n_group * config.topk_group, random.between(1, 8));
  config.norm_topk_prob = random.between(0, 1) == 1;
  config.routed_scaling_factor = 2.5f;
  return config;
}

OwnedTensor whole_router(Random& random, uint32_t cols, uint32_t experts) {
  HostRows rows = HostRows::whole(random, experts, cols);
  for (float& value : rows.values) value /= 64;
  return float_tensor(rows);
}

std::string shape_of(std::initializer_list<std::pair<const char*, uint32_t>> sizes) {
  std::string text;
  for (const auto& [name, size] : sizes)
    text += (text.empty() ? "" : ", ") + std::string(name) + " " + std::to_string(size);
  return text;
}

void OperationContext::repeat(const std::function<void()>& check) {
  for (unsigned round = 0; round < options_.rounds; ++round) check();
  report_.print();
}

void OperationContext::compare(const std::string& name, const std::string& shape, double limit,
                               Arithmetic arithmetic, const Trial& trial) {
  Workbench oracle(make_scalar_backend());
  Workbench tested = workbench(arithmetic);
  const std::vector<float> expected = trial(oracle);
  report_.measure(name, nmse(trial(tested), expected), limit, shape + seed());
}

Workbench OperationContext::workbench(Arithmetic arithmetic) const {
  return Workbench(value_or_exit(make_backend_under_test(arithmetic)));
}

uint32_t OperationContext::some_cols(DType type, uint32_t most) {
  const uint32_t block = dtype_traits(type)->block_elements;
  if (small()) most = 512;
  return block > 1 ? block * between(1, most / block) : between(1, most);
}

}  // namespace kvasir::engine::test
