#include "engine/cuda/kernels/elementwise.h"

#include "engine/cuda/device/kv_encoding.h"
#include "engine/cuda/device/rotation.h"
#include "tests/engine/cuda/device_arrays.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using kvasir::engine::test::nmse;
using kvasir::engine::test::Random;

namespace {

constexpr float kEps = 1e-6f;

Activations view(std::vector<float>& values, uint32_t cols) {
  return {values.data(), static_cast<uint32_t>(values.size() / cols), cols, cols};
}

TensorView vector_view(const std::vector<float>& values) {
  TensorView view;
  view.dtype = DType::F32;
  view.shape = {values.size(), 1, 1, 1};
  view.data = std::as_bytes(std::span(values));
  return view;
}

RopeFrequencies frequencies_of(uint32_t dim) {
  ModelConfig config;
  config.qk_rope_head_dim = dim;
  config.rope_theta = 10000.0f;
  return RopeFrequencies::from_config(config);
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

/// Norms, rotations and rows of the cache on an emulated device.
class ElementwiseTest : public QObject {
  Q_OBJECT

 private slots:
  void rms_norm_agrees_with_the_oracle();
  void rms_norm_may_write_where_it_reads();
  void rotation_keeps_its_digits_at_large_positions();
  void rope_agrees_with_the_oracle();
  void rows_of_the_cache_are_encoded_bit_by_bit();
  void rows_are_normalised_and_rotated_on_their_way_into_the_cache();
  void gather_and_add_move_rows();

 private:
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
  Stream stream_{nullptr, device_limits()};
  std::unique_ptr<Backend> oracle_ = make_scalar_backend();
};

void ElementwiseTest::rms_norm_agrees_with_the_oracle() {
  for (const uint32_t cols : {2048u, 1u, random_.between(2, 700), 9001u, 8 * random_.between(1024, 2000)}) {
    const uint32_t tokens = random_.between(1, 4);
    std::vector<float> in = normal_values(random_, size_t{tokens} * cols);
    const std::vector<float> weight = normal_values(random_, cols);
    std::vector<float> expected(in.size());
    oracle_->rms_norm(view(expected, cols), view(in, cols), vector_view(weight), kEps);

    const DeviceRows from(in, cols, cols + 8);
    const DeviceRows out(tokens, cols, cols + 12);
    const DeviceArray<float> scale(weight);
    rms_norm(stream_,
             {out.data(), out.stride(), from.data(), from.stride(), scale.data(), tokens, cols, kEps});
    QVERIFY2(out.guards_intact(), seed());
    QVERIFY2(nmse(out.values(), expected) < 1e-12, seed() + " cols " + QByteArray::number(cols));
  }
  QCOMPARE(stream_.error(), cudaSuccess);
}

void ElementwiseTest::rms_norm_may_write_where_it_reads() {
  const uint32_t cols = 10000;
  const DeviceRows rows(normal_values(random_, 3 * cols), cols, cols);
  const DeviceRows apart(3, cols, cols);
  const DeviceArray<float> weight(normal_values(random_, cols));
  rms_norm(stream_, {apart.data(), cols, rows.data(), cols, weight.data(), 3, cols, kEps});
  rms_norm(stream_, {rows.data(), cols, rows.data(), cols, weight.data(), 3, cols, kEps});
  QVERIFY2(same_bits(rows.values(), apart.values()), seed());
}

void ElementwiseTest::rotation_keeps_its_digits_at_large_positions() {
  const RopeFrequencies frequencies = frequencies_of(64);
  for (int repeat = 0; repeat < 1000; ++repeat) {
    const uint32_t position = random_.between(0, 1u << random_.between(1, 30));
    const double inverse = frequencies.inverse[random_.between(0, 31)];
    const Rotation rotation = rotation_at(position, inverse);
    QVERIFY2(std::abs(static_cast<double>(rotation.cosine) - std::cos(position * inverse)) < 3e-7, seed());
    QVERIFY2(std::abs(static_cast<double>(rotation.sine) - std::sin(position * inverse)) < 3e-7, seed());
  }
}

void ElementwiseTest::rope_agrees_with_the_oracle() {
  for (const uint32_t dim : {64u, 2 * random_.between(1, 20), 600u}) {
    const uint32_t heads = random_.between(1, 20);
    const uint32_t tokens = random_.between(1, 3);
    const RopeFrequencies frequencies = frequencies_of(dim);
    const uint32_t first = random_.between(0, 100000);
    // Heads stand apart from each other, as the rotated parts of queries do.
    const uint32_t head_stride = dim + 7;
    std::vector<float> in = normal_values(random_, size_t{tokens} * heads * head_stride);
    std::vector<float> expected = in;
    const HeadActivations rows{expected.data(), tokens, heads, dim, size_t{heads} * head_stride, head_stride};
    oracle_->rope(rows, rows, frequencies, first + 2);

    const DeviceArray<float> from(in);
    const DeviceArray<double> inverse(frequencies.inverse);
    const DeviceArray<uint32_t> position(std::vector{first});
    rope(stream_, {from.data(), rows.token_stride, head_stride, from.data(), rows.token_stride, head_stride,
                   inverse.data(), BatchPosition{position.data(), 2}, tokens, heads, dim});
    QVERIFY2(nmse(from.values(), expected) < 1e-12, seed());
  }
  QCOMPARE(stream_.error(), cudaSuccess);
}

void ElementwiseTest::rows_of_the_cache_are_encoded_bit_by_bit() {
  constexpr uint32_t kTokens = 6;
  for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0}) {
    for (const uint32_t width : {576u, 80u, random_.between(1, 300)}) {
      std::vector<float> in = normal_values(random_, size_t{kTokens} * width);
      for (uint32_t i = 0; i < width; ++i) {
        in[width + i] *= std::ldexp(1.0f, static_cast<int>(random_.between(0, 60)) - 35);
        in[2 * width + i] = 0;
        in[3 * width + i] *= 1e7f;
      }
      in[4 * width + random_.between(0, width - 1)] = std::numeric_limits<float>::infinity();
      in[5 * width + random_.between(0, width - 1)] = std::numeric_limits<float>::quiet_NaN();

      const size_t row_bytes = kv_row_bytes(type, width);
      std::vector<std::byte> expected((kTokens + 4) * row_bytes, std::byte{0x5a});
      for (uint32_t t = 0; t < kTokens; ++t)
        encode_kv_row(type, expected.data() + (3 + t) * row_bytes, in.data() + size_t{t} * width, width);

      const DeviceRows rows(in, width, width + 3);
      const DeviceArray<std::byte> cache(std::vector(expected.size(), std::byte{0x5a}));
      const DeviceArray<uint32_t> position(std::vector{1u});
      KvAppend call;
      call.cache = {cache.data(), type, width, row_bytes};
      call.rows = rows.data();
      call.row_stride = rows.stride();
      call.kv_lora = width / 2;
      call.position = {position.data(), 2};
      call.tokens = kTokens;
      kv_append(stream_, call);
      QVERIFY2(cache.values() == expected, seed() + kv_type_name(type).data());

      for (uint32_t t = 0; t < kTokens; ++t) {
        const std::byte* const row = expected.data() + (3 + t) * row_bytes;
        std::vector<float> decoded(width);
        decode_kv_row(type, row, decoded.data(), width);
        for (uint32_t i = 0; i < width; ++i) {
          const float value = kv_value(type, row, width, i);
          QVERIFY2(value == decoded[i] || (std::isnan(value) && std::isnan(decoded[i])), seed());
        }
      }
    }
  }
  QCOMPARE(stream_.error(), cudaSuccess);
}

void ElementwiseTest::rows_are_normalised_and_rotated_on_their_way_into_the_cache() {
  constexpr uint32_t kLora = 96;
  constexpr uint32_t kRope = 20;
  constexpr uint32_t kWidth = kLora + kRope;
  constexpr uint32_t kTokens = 3;
  const uint32_t first = random_.between(0, 30);
  const RopeFrequencies frequencies = frequencies_of(kRope);
  std::vector<float> in = normal_values(random_, kTokens * kWidth);
  const std::vector<float> weight = normal_values(random_, kLora);
  std::vector<float> expected = in;
  const Activations rows = view(expected, kWidth);
  oracle_->rms_norm(rows.columns(0, kLora), rows.columns(0, kLora), vector_view(weight), kEps);
  const HeadActivations rotated{expected.data() + kLora, kTokens, 1, kRope, kWidth, kRope};
  oracle_->rope(rotated, rotated, frequencies, first);

  const DeviceArray<float> device_rows(in);
  const DeviceArray<float> norm_weight(weight);
  const DeviceArray<double> inverse(frequencies.inverse);
  const DeviceArray<uint32_t> position(std::vector{first});
  const DeviceArray<float> cache(size_t{first + kTokens} * kWidth);
  kv_append(stream_,
            {{reinterpret_cast<std::byte*>(cache.data()), KvType::F32, kWidth, kWidth * sizeof(float)},
             device_rows.data(),
             kWidth,
             norm_weight.data(),
             inverse.data(),
             kLora,
             kEps,
             {position.data(), 0},
             kTokens});
  const std::vector<float> all = cache.values();
  QVERIFY2(nmse({all.end() - kTokens * kWidth, all.end()}, expected) < 1e-12, seed());
}

void ElementwiseTest::gather_and_add_move_rows() {
  constexpr uint32_t kCols = 700;
  const std::vector<float> in = normal_values(random_, 5 * kCols);
  const DeviceRows from(in, kCols, kCols + 1);
  const DeviceRows out(3, kCols, kCols + 2);
  const std::vector<uint32_t> wanted = {4, 0, 4};
  const DeviceArray<uint32_t> rows(wanted);
  gather(stream_, {out.data(), out.stride(), from.data(), from.stride(), rows.data(), 3, kCols});
  add(stream_, out.data(), out.stride(), from.data() + from.stride(), from.stride(), 3, kCols);
  QVERIFY(out.guards_intact());
  const std::vector<float> values = out.values();
  for (uint32_t row = 0; row < 3; ++row)
    for (uint32_t i = 0; i < kCols; ++i)
      QCOMPARE(values[row * kCols + i], in[wanted[row] * kCols + i] + in[(row + 1) * kCols + i]);
}

QTEST_GUILESS_MAIN(ElementwiseTest)
#include "elementwise_test.moc"
