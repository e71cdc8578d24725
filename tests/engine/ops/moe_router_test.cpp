#include "engine/ops/moe_router.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <set>

using namespace kvasir::engine;

namespace {

struct Selected {
  std::vector<int32_t> experts;
  std::vector<float> weights;
};

Selected select(const ModelConfig& config, const std::vector<float>& logits,
                const std::vector<float>& bias = {}) {
  Selected selected;
  selected.experts.resize(config.num_experts_per_tok);
  selected.weights.resize(config.num_experts_per_tok);
  MoeRouter(config).select(logits, bias, selected.experts, selected.weights);
  return selected;
}

ModelConfig router_config(ScoringFunc scoring, uint32_t experts, uint32_t used) {
  ModelConfig config;
  config.scoring_func = scoring;
  config.n_routed_experts = experts;
  config.num_experts_per_tok = used;
  return config;
}

bool near(float a, double b) {
  return std::abs(static_cast<double>(a) - b) < 1e-6;
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

class MoeRouterTest : public QObject {
  Q_OBJECT

 private slots:
  void softmax_weights_are_shares_of_all_experts();
  void normalised_weights_sum_to_the_scale();
  void bias_moves_selection_but_not_weights();
  void sigmoid_groups_are_judged_by_their_best_two();
  void softmax_groups_are_judged_by_their_best_one();
  void equal_scores_prefer_the_lower_id();
  void infinite_and_undefined_logits_still_give_distinct_experts();
};

void MoeRouterTest::softmax_weights_are_shares_of_all_experts() {
  const auto config = router_config(ScoringFunc::Softmax, 4, 2);
  const auto s = select(config, {std::log(1.0f), std::log(4.0f), std::log(2.0f), std::log(3.0f)});
  QCOMPARE(s.experts, (std::vector<int32_t>{1, 3}));
  QVERIFY(near(s.weights[0], 0.4));
  QVERIFY(near(s.weights[1], 0.3));
}

void MoeRouterTest::normalised_weights_sum_to_the_scale() {
  auto config = router_config(ScoringFunc::Softmax, 4, 2);
  config.norm_topk_prob = true;
  config.routed_scaling_factor = 2.5f;
  const auto s = select(config, {std::log(1.0f), std::log(4.0f), std::log(2.0f), std::log(3.0f)});
  QVERIFY(near(s.weights[0], 2.5 * 4 / 7));
  QVERIFY(near(s.weights[1], 2.5 * 3 / 7));
}

void MoeRouterTest::bias_moves_selection_but_not_weights() {
  const auto config = router_config(ScoringFunc::Sigmoid, 3, 1);
  const auto s = select(config, {2.0f, 1.0f, -1.0f}, {0.0f, 0.0f, 5.0f});
  QCOMPARE(s.experts, (std::vector<int32_t>{2}));
  QVERIFY(near(s.weights[0], sigmoid(-1)));
}

void MoeRouterTest::sigmoid_groups_are_judged_by_their_best_two() {
  auto config = router_config(ScoringFunc::Sigmoid, 6, 2);
  config.n_group = 2;
  config.topk_group = 1;
  // The first group has the best expert, the second the best pair.
  const auto s = select(config, {3.0f, -5.0f, -5.0f, 2.0f, 1.0f, -5.0f});
  QCOMPARE(s.experts, (std::vector<int32_t>{3, 4}));
  QVERIFY(near(s.weights[1], sigmoid(1)));
}

void MoeRouterTest::softmax_groups_are_judged_by_their_best_one() {
  auto config = router_config(ScoringFunc::Softmax, 6, 2);
  config.n_group = 2;
  config.topk_group = 1;
  const auto s = select(config, {3.0f, -5.0f, -4.0f, 2.0f, 1.0f, -5.0f});
  QCOMPARE(s.experts, (std::vector<int32_t>{0, 2}));
}

void MoeRouterTest::equal_scores_prefer_the_lower_id() {
  const auto s = select(router_config(ScoringFunc::Sigmoid, 5, 3), {1.0f, 2.0f, 2.0f, 1.0f, 1.0f});
  QCOMPARE(s.experts, (std::vector<int32_t>{1, 2, 0}));
}

void MoeRouterTest::infinite_and_undefined_logits_still_give_distinct_experts() {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  for (ScoringFunc scoring : {ScoringFunc::Softmax, ScoringFunc::Sigmoid}) {
    auto config = router_config(scoring, 8, 4);
    config.n_group = 4;
    config.topk_group = 2;
    const std::vector<std::vector<float>> cases = {std::vector<float>(8, nan),
                                                   std::vector<float>(8, inf),
                                                   std::vector<float>(8, -inf),
                                                   {nan, 1, inf, -inf, 0, nan, 2, -1}};
    for (const auto& logits : cases) {
      const auto s = select(config, logits);
      const std::set<int32_t> distinct(s.experts.begin(), s.experts.end());
      QCOMPARE(distinct.size(), size_t{4});
      QVERIFY(*distinct.begin() >= 0 && *distinct.rbegin() < 8);
    }
  }
}

QTEST_GUILESS_MAIN(MoeRouterTest)
#include "moe_router_test.moc"
