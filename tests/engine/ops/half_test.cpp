#include "engine/ops/half.h"

#include "engine/gguf/convert.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace kvasir::engine;

class HalfTest : public QObject {
  Q_OBJECT

 private slots:
  void every_half_survives_a_round_trip();
  void values_between_round_to_the_nearest_even();
  void large_values_become_infinite();
};

void HalfTest::every_half_survives_a_round_trip() {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const float value = f16_to_f32(static_cast<uint16_t>(half));
    if (std::isnan(value))
      QVERIFY(std::isnan(f16_to_f32(f32_to_f16(value))));
    else
      QCOMPARE(f32_to_f16(value), static_cast<uint16_t>(half));
  }
}

void HalfTest::values_between_round_to_the_nearest_even() {
  for (uint32_t half = 0; half < 0x7bff; ++half) {
    const float low = f16_to_f32(static_cast<uint16_t>(half));
    const float high = f16_to_f32(static_cast<uint16_t>(half + 1));
    const float middle = (low + high) / 2;  // exact
    const auto even = static_cast<uint16_t>(half % 2 == 0 ? half : half + 1);
    QCOMPARE(f32_to_f16(middle), even);
    QCOMPARE(f32_to_f16(-middle), static_cast<uint16_t>(even | 0x8000));
    QCOMPARE(f32_to_f16(std::nextafter(middle, low)), static_cast<uint16_t>(half));
    QCOMPARE(f32_to_f16(std::nextafter(middle, high)), static_cast<uint16_t>(half + 1));
  }
}

void HalfTest::large_values_become_infinite() {
  QCOMPARE(f32_to_f16(65519.996f), uint16_t{0x7bff});
  QCOMPARE(f32_to_f16(65520.0f), uint16_t{0x7c00});
  QCOMPARE(f32_to_f16(-1e30f), uint16_t{0xfc00});
  QCOMPARE(f32_to_f16(std::numeric_limits<float>::infinity()), uint16_t{0x7c00});
}

QTEST_GUILESS_MAIN(HalfTest)
#include "half_test.moc"
