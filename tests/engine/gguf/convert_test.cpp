#include "engine/gguf/convert.h"

#include <QtTest>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace kvasir::engine;

namespace {

/// binary16 by its definition: sign, power of two, fraction.
double half_by_definition(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31) magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
  return bits & 0x8000 ? -magnitude : magnitude;
}

}  // namespace

class ConvertTest : public QObject {
  Q_OBJECT

 private slots:
  void every_half_converts_exactly() {
    for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
      const double expected = half_by_definition(static_cast<uint16_t>(bits));
      const auto actual = static_cast<double>(f16_to_f32(static_cast<uint16_t>(bits)));
      if (std::isnan(expected)) {
        QVERIFY(std::isnan(actual));
      } else {
        QVERIFY(actual == expected && std::signbit(actual) == std::signbit(expected));
      }
    }
  }

  void a_bfloat_is_the_upper_half_of_a_float() {
    QCOMPARE(bf16_to_f32(0x3f80), 1.0f);
    QCOMPARE(bf16_to_f32(0xc040), -3.0f);
    QCOMPARE(bf16_to_f32(0x7f7f), std::ldexp(255.0f, 120));
    QVERIFY(std::isinf(bf16_to_f32(0x7f80)));
  }

  void a_q8_0_row_is_scale_times_bytes() {
    std::vector<std::byte> row(1 + 2 * 34);      // one byte in front: rows need no alignment
    const uint16_t scales[] = {0x3800, 0xb400};  // 0.5, -0.25
    for (int block = 0; block < 2; ++block) {
      std::memcpy(row.data() + 1 + block * 34, &scales[block], 2);
      for (int i = 0; i < 32; ++i)
        row[static_cast<size_t>(3 + block * 34 + i)] = static_cast<std::byte>(i * 8 - 128);
    }
    std::vector<float> values(64);
    dequantize_row(DType::Q8_0, row.data() + 1, values.data(), values.size());
    for (int i = 0; i < 64; ++i) {
      const float scale = i < 32 ? 0.5f : -0.25f;
      QCOMPARE(values[static_cast<size_t>(i)], scale * static_cast<float>(i % 32 * 8 - 128));
    }
  }

  void plain_rows_convert_value_by_value() {
    const uint16_t halves[] = {0x3c00, 0xc000, 0x0001};
    const uint16_t brains[] = {0x3f80, 0xc000, 0x0001};
    const float floats[] = {1.0f, -2.0f, 0x1p-149f};
    float out[3];
    dequantize_row(DType::F16, reinterpret_cast<const std::byte*>(halves), out, 3);
    QCOMPARE(std::vector<float>(out, out + 3), (std::vector<float>{1.0f, -2.0f, 0x1p-24f}));
    dequantize_row(DType::BF16, reinterpret_cast<const std::byte*>(brains), out, 3);
    QCOMPARE(std::vector<float>(out, out + 3), (std::vector<float>{1.0f, -2.0f, 0x1p-133f}));
    dequantize_row(DType::F32, reinterpret_cast<const std::byte*>(floats), out, 3);
    QCOMPARE(std::vector<float>(out, out + 3), (std::vector<float>{1.0f, -2.0f, 0x1p-149f}));
  }

  /// Bits per weight as the formats are advertised.
  void block_sizes_are_the_published_bits_per_weight() {
    const std::vector<std::pair<DType, double>> published = {
        {DType::F32, 32},       {DType::F16, 16},         {DType::BF16, 16},        {DType::F64, 64},
        {DType::I8, 8},         {DType::I16, 16},         {DType::I32, 32},         {DType::I64, 64},
        {DType::Q4_0, 4.5},     {DType::Q4_1, 5},         {DType::Q5_0, 5.5},       {DType::Q5_1, 6},
        {DType::Q8_0, 8.5},     {DType::Q8_1, 9},         {DType::Q2_K, 2.625},     {DType::Q3_K, 3.4375},
        {DType::Q4_K, 4.5},     {DType::Q5_K, 5.5},       {DType::Q6_K, 6.5625},    {DType::Q8_K, 9.125},
        {DType::IQ1_S, 1.5625}, {DType::IQ1_M, 1.75},     {DType::IQ2_XXS, 2.0625}, {DType::IQ2_XS, 2.3125},
        {DType::IQ2_S, 2.5625}, {DType::IQ3_XXS, 3.0625}, {DType::IQ3_S, 3.4375},   {DType::IQ4_NL, 4.5},
        {DType::IQ4_XS, 4.25},  {DType::TQ1_0, 1.6875},   {DType::TQ2_0, 2.0625},   {DType::MXFP4, 4.25},
    };
    for (const auto& [type, bits] : published) {
      const auto traits = dtype_traits(type);
      QVERIFY(traits.has_value());
      QCOMPARE(8.0 * traits->block_bytes / traits->block_elements, bits);
      QCOMPARE(row_bytes(type, 4 * traits->block_elements), size_t{4} * traits->block_bytes);
    }
  }

  void an_unknown_type_has_no_size() {
    QVERIFY(!dtype_traits(static_cast<DType>(4)));
    QVERIFY(!dtype_traits(static_cast<DType>(1000)));
    QCOMPARE(row_bytes(static_cast<DType>(1000), 32), size_t{0});
    QCOMPARE(dtype_name(static_cast<DType>(1000)), std::string_view("unknown"));
  }
};

QTEST_GUILESS_MAIN(ConvertTest)
#include "convert_test.moc"
