#include "engine/cuda/kernels/router.h"

#include "engine/ops/moe_router.h"
#include "tests/engine/cuda/device_arrays.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using kvasir::engine::test::Random;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

struct Choice {
  std::vector<int32_t> experts;
  std::vector<float> weights;
  bool operator==(const Choice&) const = default;
};

ModelConfig config_of(const RouterShape& shape) {
  ModelConfig config;
  config.n_routed_experts = shape.n_routed_experts;
  config.num_experts_per_tok = shape.num_experts_per_tok;
  config.n_group = shape.n_group;
  config.topk_group = shape.topk_group;
  config.scoring_func = shape.sigmoid ? ScoringFunc::Sigmoid : ScoringFunc::Softmax;
  config.norm_topk_prob = shape.norm_topk_prob;
  config.routed_scaling_factor = shape.routed_scaling_factor;
  return config;
}

Choice expected_choice(const RouterShape& shape, const std::vector<float>& logits,
                       const std::vector<float>& bias) {
  const ModelConfig config = config_of(shape);
  Choice choice{std::vector<int32_t>(shape.num_experts_per_tok),
                std::vector<float>(shape.num_experts_per_tok)};
  MoeRouter(config).select(logits, bias, choice.experts, choice.weights);
  return choice;
}

bool near(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= 1e-6f * std::abs(b);
}

constexpr RouterShape kV2Lite = {64, 6, 1, 1, false, false, 1.0f};
constexpr RouterShape kV3 = {256, 8, 8, 4, true, true, 2.5f};

}  // namespace

/// The choice of experts on an emulated device.
class RouterTest : public QObject {
  Q_OBJECT

 private slots:
  void choices_from_given_logits_are_the_oracles();
  void hostile_logits_choose_as_the_oracle_does();
  void scores_agree_with_the_oracle();
  void a_token_is_routed_alike_in_every_batch();

 private:
  /// The device's choice for tokens `in` {tokens, hidden}.
  Choice choose(const RouterShape& shape, const std::vector<float>& router, const std::vector<float>& bias,
                const std::vector<float>& in, uint32_t hidden, bool one_launch);
  /// Compares device and oracle where the logits are these.
  void check(const RouterShape& shape, const std::vector<float>& logits, const std::vector<float>& bias);
  RouterShape random_shape();
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
  Stream stream_{nullptr, device_limits()};
};

Choice RouterTest::choose(const RouterShape& shape, const std::vector<float>& router,
                          const std::vector<float>& bias, const std::vector<float>& in, uint32_t hidden,
                          bool one_launch) {
  const auto tokens = static_cast<uint32_t>(in.size() / hidden);
  const DeviceArray<int32_t> experts(size_t{tokens} * shape.num_experts_per_tok);
  const DeviceArray<float> weights(experts.size());
  const DeviceArray<float> device_router(router);
  const DeviceArray<float> device_bias(bias);
  const DeviceArray<float> device_in(in);
  const DeviceArray<uint32_t> blocks_done(std::vector{0u});
  const DeviceArray<std::byte> workspace(route_workspace_bytes(tokens, shape.n_routed_experts));
  Route call;
  call.experts = experts.data();
  call.weights = weights.data();
  call.router = device_router.data();
  call.bias = bias.empty() ? nullptr : device_bias.data();
  call.in = device_in.data();
  call.in_stride = hidden;
  call.hidden = hidden;
  call.tokens = tokens;
  call.blocks_done = one_launch ? blocks_done.data() : nullptr;
  call.shape = shape;
  route(stream_, workspace_of(workspace), call);
  if (stream_.error() != cudaSuccess || blocks_done.values() != std::vector{0u})
    QTest::qFail("the call left an error or blocks behind", __FILE__, __LINE__);
  return {experts.values(), weights.values()};
}

void RouterTest::check(const RouterShape& shape, const std::vector<float>& logits,
                       const std::vector<float>& bias) {
  // Inputs of one value 1 pass the router's weights on as logits.
  for (const bool one_launch : {false, true}) {
    const Choice got = choose(shape, logits, bias, {1.0f}, 1, one_launch);
    const Choice expected = expected_choice(shape, logits, bias);
    QVERIFY2(got.experts == expected.experts, seed());
    for (size_t k = 0; k < expected.weights.size(); ++k)
      QVERIFY2(near(got.weights[k], expected.weights[k]), seed());
  }
}

RouterShape RouterTest::random_shape() {
  RouterShape shape;
  shape.n_group = random_.between(1, 9);
  shape.topk_group = random_.between(1, shape.n_group);
  const uint32_t group = random_.between(2, 20);
  shape.n_routed_experts = group * shape.n_group;
  shape.num_experts_per_tok = random_.between(1, group * shape.topk_group);
  shape.sigmoid = random_.between(0, 1) == 1;
  shape.norm_topk_prob = random_.between(0, 1) == 1;
  shape.routed_scaling_factor = 2.5f;
  return shape;
}

void RouterTest::choices_from_given_logits_are_the_oracles() {
  for (int repeat = 0; repeat < 40; ++repeat) {
    const RouterShape shape = repeat == 0 ? kV2Lite : repeat == 1 ? kV3 : random_shape();
    std::vector<float> logits = normal_values(random_, shape.n_routed_experts);
    // Some are equal.
    for (float& logit : logits)
      if (random_.between(0, 3) == 0) logit = std::round(logit);
    const bool biased = random_.between(0, 1) == 1;
    check(shape, logits, biased ? normal_values(random_, shape.n_routed_experts) : std::vector<float>());
  }
}

void RouterTest::hostile_logits_choose_as_the_oracle_does() {
  for (int repeat = 0; repeat < 40; ++repeat) {
    const RouterShape shape = random_shape();
    std::vector<float> logits(shape.n_routed_experts);
    const std::vector<float> strange = {kNan, kInf, -kInf, 0.0f, -0.0f, 3e38f, -3e38f, 90.0f, -90.0f};
    const auto last = static_cast<uint32_t>(repeat % strange.size());
    for (float& logit : logits) logit = strange[random_.between(0, last)];
    std::vector<float> bias = normal_values(random_, shape.n_routed_experts);
    for (float& value : bias)
      if (random_.between(0, 4) == 0) value = strange[random_.between(0, last)];
    check(shape, logits, repeat % 2 == 0 ? bias : std::vector<float>());
  }
}

void RouterTest::scores_agree_with_the_oracle() {
  for (const uint32_t hidden : {2048u, 1032u, random_.between(1, 300)}) {
    RouterShape shape = kV2Lite;
    shape.n_routed_experts = random_.between(6, 40);
    const uint32_t tokens = random_.between(1, 20);
    const std::vector<float> router = normal_values(random_, size_t{shape.n_routed_experts} * hidden);
    const std::vector<float> in = normal_values(random_, size_t{tokens} * hidden);
    const Choice got = choose(shape, router, {}, in, hidden, false);
    for (uint32_t t = 0; t < tokens; ++t) {
      std::vector<float> logits(shape.n_routed_experts);
      for (uint32_t e = 0; e < shape.n_routed_experts; ++e) {
        double sum = 0;
        for (uint32_t i = 0; i < hidden; ++i)
          sum += static_cast<double>(router[size_t{e} * hidden + i]) *
                 static_cast<double>(in[size_t{t} * hidden + i]);
        logits[e] = static_cast<float>(sum);
      }
      // Rounding may exchange experts that are almost equal, but not change the weights that are chosen.
      const Choice expected = expected_choice(shape, logits, {});
      for (uint32_t k = 0; k < shape.num_experts_per_tok; ++k) {
        const float weight = got.weights[t * shape.num_experts_per_tok + k];
        QVERIFY2(std::abs(weight - expected.weights[k]) < 1e-4f * (expected.weights[k] + 1e-3f), seed());
      }
    }
  }
}

void RouterTest::a_token_is_routed_alike_in_every_batch() {
  constexpr uint32_t kTokens = 19;
  RouterShape shape = kV2Lite;
  shape.n_routed_experts = 20;
  for (const uint32_t hidden : {1200u, 77u}) {
    const std::vector<float> router = normal_values(random_, size_t{shape.n_routed_experts} * hidden);
    const std::vector<float> in = normal_values(random_, size_t{kTokens} * hidden);
    const Choice all = choose(shape, router, {}, in, hidden, false);
    for (const uint32_t cut : {1u, 5u}) {
      Choice pieces;
      for (uint32_t first = 0; first < kTokens; first += cut) {
        const uint32_t count = std::min(cut, kTokens - first);
        const Choice piece =
            choose(shape, router, {}, {in.begin() + first * hidden, in.begin() + (first + count) * hidden},
                   hidden, cut == 1);
        pieces.experts.insert(pieces.experts.end(), piece.experts.begin(), piece.experts.end());
        pieces.weights.insert(pieces.weights.end(), piece.weights.begin(), piece.weights.end());
      }
      QVERIFY2(pieces == all, seed());
    }
  }
}

QTEST_GUILESS_MAIN(RouterTest)
#include "router_test.moc"
