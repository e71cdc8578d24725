#include "engine/runtime/sampler.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

using namespace kvasir::engine;

namespace {

using Ids = std::vector<TokenId>;
using Logits = std::vector<float>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

/// Everything off: a plain draw from the softmax.
SamplingParams plain() {
  SamplingParams params;
  params.temperature = 1;
  params.top_k = 0;
  params.top_p = 1;
  params.min_p = 0;
  params.repetition_penalty = 1;
  params.seed = 1;
  return params;
}

TokenId draw(Sampler& sampler, Logits logits, const Ids& history = {}) {
  return sampler.sample(logits, history);
}

std::map<TokenId, int> counts(const SamplingParams& params, const Logits& logits, int draws) {
  Sampler sampler(params);
  std::map<TokenId, int> result;
  for (int i = 0; i < draws; ++i) ++result[draw(sampler, logits)];
  return result;
}

/// The ids that can be drawn at all.
std::set<TokenId> drawn(const SamplingParams& params, const Logits& logits) {
  std::set<TokenId> ids;
  for (const auto& [id, count] : counts(params, logits, 5000)) ids.insert(id);
  return ids;
}

std::vector<double> softmax(const Logits& logits, double temperature) {
  std::vector<double> p;
  double sum = 0;
  for (float logit : logits) sum += p.emplace_back(std::exp(static_cast<double>(logit) / temperature));
  for (double& value : p) value /= sum;
  return p;
}

Logits log_of(const std::vector<double>& probabilities) {
  Logits logits;
  for (double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

}  // namespace

class SamplerTest : public QObject {
  Q_OBJECT

 private slots:
  void frequencies_are_the_softmax() {
    const Logits logits{2.0f, 1.0f, 0.0f, -1.0f, 1.0f, -kInf};
    constexpr int kDraws = 200'000;
    for (float temperature : {0.5f, 1.0f, 2.0f}) {
      SamplingParams params = plain();
      params.temperature = temperature;
      auto count = counts(params, logits, kDraws);
      const auto p = softmax(logits, static_cast<double>(temperature));
      for (size_t i = 0; i < logits.size(); ++i) {
        const double expected = p[i] * kDraws;
        const double tolerance = 5 * std::sqrt(expected * (1 - p[i]));  // five standard deviations
        QVERIFY(std::abs(count[static_cast<TokenId>(i)] - expected) <= tolerance);
      }
    }
  }

  void frequencies_after_all_filters_are_the_softmax_of_what_is_left() {
    SamplingParams params = plain();
    params.top_k = 4;
    params.top_p = 0.9f;
    params.min_p = 0.2f;
    // Top-k leaves 0.4 0.3 0.15 0.05, of which 0.85 ÷ 0.9 reaches top-p; min-p asks for 0.08.
    constexpr int kDraws = 100'000;
    auto count = counts(params, log_of({0.05, 0.4, 0.04, 0.3, 0.15, 0.06}), kDraws);
    QCOMPARE(count.size(), size_t{3});
    for (const auto& [id, p] : std::map<TokenId, double>{{1, 0.4}, {3, 0.3}, {4, 0.15}}) {
      const double share = p / 0.85;
      QVERIFY(std::abs(count[id] - share * kDraws) <= 5 * std::sqrt(kDraws * share * (1 - share)));
    }
  }

  void temperature_zero_takes_the_likeliest_and_of_equals_the_lowest_id() {
    SamplingParams params = plain();
    params.temperature = 0;
    Sampler sampler(params);
    QCOMPARE(draw(sampler, {0.0f, 3.0f, 1.0f, 3.0f}), 1);
    QCOMPARE(draw(sampler, {-5.0f}), 0);
    // After the penalty.
    params.repetition_penalty = 2.0f;
    Sampler penalized(params);
    QCOMPARE(draw(penalized, {0.0f, 3.0f, 1.6f}, {1}), 2);
  }

  void the_same_seed_gives_the_same_tokens() {
    const Logits logits(50, 0.0f);
    const auto sequence = [&](uint64_t seed) {
      SamplingParams params = plain();
      params.seed = seed;
      Sampler sampler(params);
      Ids ids;
      for (int i = 0; i < 40; ++i) ids.push_back(draw(sampler, logits));
      return ids;
    };
    QCOMPARE(sequence(42), sequence(42));
    QVERIFY(sequence(42) != sequence(43));
  }

  void draws_are_the_same_on_every_machine() {
    // The generator is fixed by the standard; a draw is the upper 53 bits of its next number.
    std::mt19937_64 random(1234);
    SamplingParams params = plain();
    params.seed = 1234;
    Sampler sampler(params);
    for (int i = 0; i < 100; ++i) {
      const double u = static_cast<double>(random() >> 11) / 9007199254740992.0;
      QCOMPARE(draw(sampler, Logits(1024, 0.0f)), static_cast<TokenId>(u * 1024));
    }
  }

  void top_k_keeps_exactly_the_k_likeliest() {
    const Logits logits{0.1f, 0.5f, 0.3f, 0.2f, 0.4f, 0.0f};
    const Ids order{1, 4, 2, 3, 0, 5};
    for (uint32_t k = 1; k <= 8; ++k) {
      SamplingParams params = plain();
      params.top_k = k;
      QCOMPARE(drawn(params, logits), std::set<TokenId>(order.begin(), order.begin() + std::min(k, 6u)));
    }
    // Of equals at the border the lower ids stay.
    SamplingParams params = plain();
    params.top_k = 2;
    QCOMPARE(drawn(params, Logits(5, 1.0f)), (std::set<TokenId>{0, 1}));
  }

  void a_large_vocabulary_is_cut_and_drawn_from_as_if_it_were_sorted() {
    std::mt19937_64 random(3);
    Logits logits(3000);
    for (float& logit : logits) logit = static_cast<float>(random() % 500) / 50.0f;  // with many equals
    Ids sorted(logits.size());
    for (size_t i = 0; i < sorted.size(); ++i) sorted[i] = static_cast<TokenId>(i);
    const auto logit = [&](TokenId id) { return logits[static_cast<size_t>(id)]; };
    std::ranges::stable_sort(sorted, [&](TokenId a, TokenId b) { return logit(a) > logit(b); });

    for (uint32_t k : {1u, 2u, 7u, 40u, 1000u, 2999u}) {
      SamplingParams params = plain();
      params.top_k = k;
      params.seed = k;
      Sampler sampler(params);
      std::mt19937_64 same(k);
      double total = 0;
      for (uint32_t i = 0; i < k; ++i)
        total += std::exp(static_cast<double>(logit(sorted[i]) - logit(sorted[0])));
      for (int round = 0; round < 50; ++round) {
        double left = static_cast<double>(same() >> 11) / 9007199254740992.0 * total;
        size_t i = 0;
        while ((left -= std::exp(static_cast<double>(logit(sorted[i]) - logit(sorted[0])))) >= 0) ++i;
        QCOMPARE(draw(sampler, logits), sorted[i]);
      }
    }
  }

  void top_p_keeps_the_smallest_set_that_reaches_it() {
    const Logits logits = log_of({0.1, 0.4, 0.05, 0.25, 0.2});
    const std::pair<float, std::set<TokenId>> cases[] = {
        {0.01f, {1}},       {0.39f, {1}},         {0.41f, {1, 3}},          {0.64f, {1, 3}},
        {0.66f, {1, 3, 4}}, {0.9f, {0, 1, 3, 4}}, {0.96f, {0, 1, 2, 3, 4}}, {1.0f, {0, 1, 2, 3, 4}}};
    for (const auto& [top_p, expected] : cases) {
      SamplingParams params = plain();
      params.top_p = top_p;
      QCOMPARE(drawn(params, logits), expected);
    }
  }

  void top_p_looks_at_as_many_tokens_as_it_needs() {
    // 1000 equal tokens: half of the mass is the 500 lowest ids.
    SamplingParams params = plain();
    params.top_p = 0.4995f;
    Sampler sampler(params);
    TokenId highest = 0;
    for (int i = 0; i < 5000; ++i) highest = std::max(highest, draw(sampler, Logits(1000, 1.0f)));
    QCOMPARE(highest, 499);
  }

  void min_p_is_relative_to_the_likeliest() {
    const Logits logits = log_of({0.5, 0.26, 0.24, 0.04, 0.06});
    for (const auto& [min_p, expected] : std::map<float, std::set<TokenId>>{
             {0.0f, {0, 1, 2, 3, 4}}, {0.1f, {0, 1, 2, 4}}, {0.5f, {0, 1}}, {1.0f, {0}}}) {
      SamplingParams params = plain();
      params.min_p = min_p;
      QCOMPARE(drawn(params, logits), expected);
    }
  }

  void filters_look_at_the_tempered_distribution() {
    // At temperature 2, 0.64 : 0.16 becomes 2 : 1.
    SamplingParams params = plain();
    params.temperature = 2;
    params.min_p = 0.4f;
    QCOMPARE(drawn(params, log_of({0.64, 0.16})), (std::set<TokenId>{0, 1}));
    params.temperature = 1;
    QCOMPARE(drawn(params, log_of({0.64, 0.16})), std::set<TokenId>{0});
  }

  void the_penalty_divides_positive_and_multiplies_negative_logits() {
    SamplingParams params = plain();
    params.repetition_penalty = 1.5f;
    Sampler sampler(params);
    Logits logits{3.0f, -2.0f, 3.0f, 0.0f, -2.0f};
    const Ids history{0, 1, 1, 0, 3};  // repeats are punished once
    sampler.sample(logits, history);
    QCOMPARE(logits, (Logits{2.0f, -3.0f, 3.0f, 0.0f, -2.0f}));
  }

  void the_penalty_looks_at_its_window_only() {
    SamplingParams params = plain();
    params.repetition_penalty = 2.0f;
    params.repetition_window = 2;
    const Ids history{0, 1, 2, -1, 99, 2, 3};
    Logits logits(5, 4.0f);
    Sampler(params).sample(logits, history);
    QCOMPARE(logits, (Logits{4, 4, 2, 2, 4}));
    params.repetition_window = 100;  // ids outside the vocabulary are passed over
    logits.assign(5, 4.0f);
    Sampler(params).sample(logits, history);
    QCOMPARE(logits, (Logits{2, 2, 2, 2, 4}));
    params.repetition_window = 0;
    logits.assign(5, 4.0f);
    Sampler(params).sample(logits, history);
    QCOMPARE(logits, Logits(5, 4.0f));
  }

  void nan_and_infinity_are_survived() {
    SamplingParams all_on;
    all_on.repetition_penalty = 1.3f;
    SamplingParams greedy = all_on;
    greedy.temperature = 0;
    for (const SamplingParams& params : {plain(), all_on, greedy}) {
      Sampler sampler(params);
      for (int i = 0; i < 200; ++i) {
        QCOMPARE(draw(sampler, {kNan, 1.0f, kNan, -kInf}, {0, 1, 2, 3}), 1);
        QCOMPARE(draw(sampler, {0.0f, kInf, 5.0f}), 1);
        const TokenId any = draw(sampler, {kNan, kNan, -kInf}, {1});
        QVERIFY(any >= 0 && any < 3);
      }
    }
  }

  void extreme_values_still_give_a_token() {
    SamplingParams params;
    for (float temperature : {1e-30f, 1e-6f, 100.0f, kNan, -1.0f}) {
      for (float fraction : {0.0f, 1e-9f, 1.0f, kNan, 7.0f}) {
        params.temperature = temperature;
        params.top_p = params.min_p = fraction;
        Sampler sampler(params);
        const TokenId id = draw(sampler, {-3e38f, 3e38f, 1.0f, 2.0f});
        QVERIFY(id >= 0 && id < 4);
      }
    }
    params = plain();
    params.temperature = 1e-4f;
    QCOMPARE(drawn(params, {1.0f, 1.5f, 1.2f}), std::set<TokenId>{1});
  }

  void likeliest_tokens_decide_as_all_would() {
    std::mt19937 random(17);
    const auto one_of = [&](std::initializer_list<float> values) {
      return values.begin()[random() % values.size()];
    };
    int decided = 0;
    for (int round = 0; round < 2000; ++round) {
      SamplingParams params;
      params.temperature = one_of({0.0f, 0.3f, 0.8f, 2.0f});
      params.top_k = static_cast<uint32_t>(one_of({0, 1, 3, 40}));
      params.top_p = one_of({0.3f, 0.95f, 1.0f});
      params.min_p = one_of({0.0f, 0.05f});
      params.repetition_penalty = one_of({0.8f, 1.0f, 1.1f, 3.0f});
      params.repetition_window = 16;
      params.seed = random();
      Logits logits;
      for (int i = 0; i < 300; ++i)
        logits.push_back(static_cast<float>(random() % 64) / 4 - 8);  // many are equal
      if (round % 5 == 0) logits[random() % 300] = kNan;
      if (round % 7 == 0) logits[random() % 300] = kInf;
      Ids history;
      for (int i = 0; i < 40; ++i) history.push_back(static_cast<TokenId>(random() % 300));
      const Ids forbidden{static_cast<TokenId>(random() % 300), static_cast<TokenId>(random() % 300)};

      std::vector<TokenLogit> top;
      for (size_t i = 0; i < logits.size(); ++i) top.push_back({static_cast<TokenId>(i), logits[i]});
      std::ranges::sort(top, Likelier());
      const auto deciding = Sampler(params).deciding(forbidden.size());
      if (!deciding) continue;
      ++decided;
      top.resize(*deciding);
      std::ranges::shuffle(top, random);
      for (const TokenId id : forbidden) logits[static_cast<size_t>(id)] = -kInf;
      Sampler of_all(params), of_top(params);
      QCOMPARE(of_top.sample(top, forbidden, history), of_all.sample(logits, history));
    }
    QVERIFY(decided > 900);
  }

  void values_out_of_range_are_named() {
    QVERIFY(!check(SamplingParams()));
    QVERIFY(!check(plain()));
    const auto message = [](auto member, float value) {
      SamplingParams params;
      params.*member = value;
      return check(params).value_or("");
    };
    for (float bad : {-0.1f, kNan, kInf})
      QVERIFY(message(&SamplingParams::temperature, bad).find("temperature") != std::string::npos);
    for (float bad : {0.0f, 1.01f, kNan})
      QVERIFY(message(&SamplingParams::top_p, bad).find("Top-p") != std::string::npos);
    for (float bad : {-0.01f, 1.01f, kNan})
      QVERIFY(message(&SamplingParams::min_p, bad).find("Min-p") != std::string::npos);
    for (float bad : {0.0f, -1.0f, kInf, kNan})
      QVERIFY(message(&SamplingParams::repetition_penalty, bad).find("penalty") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(SamplerTest)
#include "sampler_test.moc"
