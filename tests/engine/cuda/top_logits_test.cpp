#include "engine/cuda/kernels/top_logits.h"

#include "tests/engine/cuda/device_arrays.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using kvasir::engine::test::Random;

namespace {

/// Ids of the `count` largest, sorted by id.
std::vector<int32_t> expected_ids(const std::vector<float>& logits, uint32_t count) {
  std::vector<int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::partial_sort(ids.begin(), ids.begin() + count, ids.end(), [&](int32_t a, int32_t b) {
    const float x = logits[static_cast<size_t>(a)];
    const float y = logits[static_cast<size_t>(b)];
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) == std::isnan(y) ? a < b : std::isnan(y);
    return x != y ? x > y : a < b;
  });
  ids.resize(count);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

/// The selection of the likeliest tokens on an emulated device.
class TopLogitsTest : public QObject {
  Q_OBJECT

 private slots:
  void the_largest_logits_are_selected();
  void of_equal_logits_the_smaller_ids_are_selected();
  void nan_and_infinities_have_their_places();

 private:
  void check(const std::vector<float>& logits, uint32_t count);
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
};

void TopLogitsTest::check(const std::vector<float>& logits, uint32_t count) {
  const auto vocab = static_cast<uint32_t>(logits.size());
  Stream stream(nullptr, device_limits());
  const DeviceArray<float> device_logits(logits);
  const DeviceArray<TopLogit> top(count);
  const DeviceArray<std::byte> workspace(top_logits_workspace_bytes(vocab));
  top_logits(stream, workspace_of(workspace), {top.data(), device_logits.data(), vocab, count});
  QCOMPARE(stream.error(), cudaSuccess);
  std::vector<int32_t> ids;
  for (const TopLogit& entry : top.values()) {
    QVERIFY2(entry.id >= 0 && static_cast<uint32_t>(entry.id) < vocab, seed());
    const float logit = logits[static_cast<size_t>(entry.id)];
    QVERIFY2(entry.logit == logit || (std::isnan(entry.logit) && std::isnan(logit)), seed());
    ids.push_back(entry.id);
  }
  std::sort(ids.begin(), ids.end());
  QVERIFY2(ids == expected_ids(logits, count), seed());
}

void TopLogitsTest::the_largest_logits_are_selected() {
  check(normal_values(random_, 102400), 64);
  check(normal_values(random_, 4096 * 3 + 1), kMaxTopLogits);
  for (int repeat = 0; repeat < 20; ++repeat) {
    const uint32_t vocab = random_.between(1, 1u << random_.between(1, 14));
    check(normal_values(random_, vocab), random_.between(1, std::min(vocab, kMaxTopLogits)));
  }
}

void TopLogitsTest::of_equal_logits_the_smaller_ids_are_selected() {
  check(std::vector<float>(9000, 1.5f), 1000);
  std::vector<float> logits = normal_values(random_, 10000);
  for (float& logit : logits) logit = std::round(logit * 4);  // both zeros among them
  check(logits, 500);
  check(logits, 5);
}

void TopLogitsTest::nan_and_infinities_have_their_places() {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  std::vector<float> logits = normal_values(random_, 5000);
  for (float& logit : logits) {
    const uint32_t kind = random_.between(0, 9);
    if (kind < 4) logit = std::numeric_limits<float>::quiet_NaN();
    if (kind == 4) logit = -kInf;
    if (kind == 5 && random_.between(0, 9) == 0) logit = kInf;
    if (kind == 6) logit = -std::numeric_limits<float>::quiet_NaN();
  }
  check(logits, 100);
  check({logits.begin(), logits.begin() + 900}, 890);
  check(std::vector<float>(4500, std::numeric_limits<float>::quiet_NaN()), 300);
}

QTEST_GUILESS_MAIN(TopLogitsTest)
#include "top_logits_test.moc"
