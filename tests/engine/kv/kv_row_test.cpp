#include "engine/kv/kv_row.h"

#include <QtTest>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace kvasir::engine;

namespace {

struct Row {
  Row(KvType row_type, const std::vector<float>& values)
      : type(row_type),
        width(static_cast<uint32_t>(values.size())),
        bytes(kv_row_bytes(type, width) + 1, std::byte{0x5a}) {
    encode_kv_row(type, bytes.data(), values.data(), width);
  }
  bool guard_intact() const { return bytes.back() == std::byte{0x5a}; }
  std::vector<float> decode() const {
    std::vector<float> values(width);
    decode_kv_row(type, bytes.data(), values.data(), width);
    return values;
  }

  KvType type;
  uint32_t width;
  std::vector<std::byte> bytes;
};

std::vector<float> random_values(uint32_t count, float scale = 1.0f) {
  static std::mt19937 random(7);
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

}  // namespace

class KvRowTest : public QObject {
  Q_OBJECT

 private slots:
  void rows_have_the_documented_bytes();
  void f32_rows_keep_every_bit();
  void q8_rows_err_by_half_a_step_at_most();
  void q8_padding_is_zero();
  void q8_rows_of_the_same_values_have_the_same_bytes();
  void what_is_no_number_stays_none();
};

void KvRowTest::rows_have_the_documented_bytes() {
  QCOMPARE(kv_row_bytes(KvType::F32, 576), size_t{2304});
  QCOMPARE(kv_row_bytes(KvType::F16, 576), size_t{1152});
  QCOMPARE(kv_row_bytes(KvType::Q8_0, 576), size_t{624});  // 576 + 18 · 2, then up to a multiple of 16
  QCOMPARE(kv_row_bytes(KvType::Q8_0, 80), size_t{112});   // 96 + 3 · 2
  QCOMPARE(kv_row_bytes(KvType::Q8_0, 1), size_t{48});     // 32 + 2

  const Row row(KvType::Q8_0, {254.0f, -127.0f, 1.0f, 3.0f});
  const auto byte = [&](size_t i) { return std::to_integer<int>(row.bytes[i]); };
  QCOMPARE(byte(0), 127);
  QCOMPARE(byte(1), 256 - 64);  // −63.5: ties to even
  QCOMPARE(byte(2), 0);         // 0.5
  QCOMPARE(byte(3), 2);         // 1.5
  QCOMPARE(byte(32), 0x00);     // the scale 2 as a half: 0x4000
  QCOMPARE(byte(33), 0x40);
}

void KvRowTest::f32_rows_keep_every_bit() {
  const auto values = random_values(80);
  QCOMPARE(Row(KvType::F32, values).decode(), values);
}

void KvRowTest::q8_rows_err_by_half_a_step_at_most() {
  for (const uint32_t width : {1u, 31u, 32u, 33u, 80u, 576u}) {
    for (const float scale : {1e-3f, 1.0f, 1e5f}) {
      const auto values = random_values(width, scale);
      const Row row(KvType::Q8_0, values);
      QVERIFY(row.guard_intact());
      const auto decoded = row.decode();
      for (uint32_t first = 0; first < width; first += kKvScaleValues) {
        const uint32_t end = std::min(width, first + kKvScaleValues);
        float most = 0;
        for (uint32_t i = first; i < end; ++i) most = std::max(most, std::fabs(values[i]));
        // Half a step, and what rounding the scale to a half can move the largest value by; small scales are
        // multiples of 2^-24.
        const float step = most / 127.0f;
        const float limit = 0.5f * step * 1.001f + most * 0x1p-11f + 127.0f * 0x1p-25f;
        for (uint32_t i = first; i < end; ++i) QVERIFY(std::fabs(decoded[i] - values[i]) <= limit);
      }
    }
  }
}

void KvRowTest::q8_padding_is_zero() {
  const uint32_t width = 40;
  const Row row(KvType::Q8_0, random_values(width));
  for (size_t i = width; i < kv_row_scales_offset(width); ++i) QCOMPARE(row.bytes[i], std::byte{});
  for (size_t i = kv_row_scales_offset(width) + 4; i + 1 < row.bytes.size(); ++i)
    QCOMPARE(row.bytes[i], std::byte{});
}

void KvRowTest::q8_rows_of_the_same_values_have_the_same_bytes() {
  const auto values = random_values(576);
  QVERIFY(Row(KvType::Q8_0, values).bytes == Row(KvType::Q8_0, values).bytes);
  // What a row stands for is kept exactly: encoding it again gives the same bytes.
  const Row row(KvType::Q8_0, values);
  QVERIFY(Row(KvType::Q8_0, row.decode()).bytes == row.bytes);
}

void KvRowTest::what_is_no_number_stays_none() {
  for (const float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
    auto values = random_values(96);
    values[40] = bad;
    const auto decoded = Row(KvType::Q8_0, values).decode();
    for (uint32_t i = 0; i < 96; ++i) QCOMPARE(bool(std::isnan(decoded[i])), i / kKvScaleValues == 1);
  }
  const auto zeros = Row(KvType::Q8_0, std::vector<float>(33)).decode();
  for (const float zero : zeros) QCOMPARE(zero, 0.0f);
}

QTEST_GUILESS_MAIN(KvRowTest)
#include "kv_row_test.moc"
