#include "engine/gguf/convert.h"
#include "engine/ops/cpu/interleave.h"
#include "engine/ops/half.h"
#include "tests/engine/ops/random_tensors.h"

#include <QTest>
#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <set>

using namespace kvasir::engine;
using namespace kvasir::engine::test;

namespace {

/// What rounding activations to 8 bit may cost.
constexpr double kLimit = 5e-4;

constexpr BatchSize kBatchSizes[] = {BatchSize::Small, BatchSize::Large};
constexpr DType kTypes[] = {DType::Q8_0,   DType::Q4_0,   DType::Q4_1, DType::Q5_0, DType::Q5_1,
                            DType::Q2_K,   DType::Q3_K,   DType::Q4_K, DType::Q5_K, DType::Q6_K,
                            DType::IQ4_NL, DType::IQ4_XS, DType::MXFP4};
const TensorView kNoWeight;

std::vector<Isa> isas_with_kernels() {
  std::vector<Isa> isas = available_isas();
  std::erase(isas, Isa::Generic);
  return isas;
}

/// More than one multiplication for each block of 32 columns, which requantising spares.
bool has_many_scales(DType type) {
  constexpr DType kMany[] = {DType::Q4_1, DType::Q5_1, DType::Q2_K, DType::Q3_K,
                             DType::Q4_K, DType::Q5_K, DType::Q6_K};
  return std::ranges::find(kMany, type) != std::end(kMany);
}

std::unique_ptr<Backend> fast_backend(Isa isa, unsigned threads, bool keep_weights_in_file = false) {
  return make_cpu_backend({.threads = threads, .isa = isa, .keep_weights_in_file = keep_weights_in_file});
}

}  // namespace

/// Products of quantised weights with activations in 8 bit, for every type and instruction set, against the
/// scalar oracle, which computes with float32; in small batches and in large ones, which may requantise.
class QuantisedTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase();
  void init();
  void matmul_agrees_with_the_oracle_data() { add_rows(); }
  void matmul_agrees_with_the_oracle();
  void matmul_heads_agrees_with_the_oracle_data() { add_rows(); }
  void matmul_heads_agrees_with_the_oracle();
  void feed_forward_agrees_with_the_oracle_data() { add_rows(); }
  void feed_forward_agrees_with_the_oracle();
  void a_token_gets_the_same_bits_alone_and_among_others_data() { add_rows(); }
  void a_token_gets_the_same_bits_alone_and_among_others();
  void products_with_one_input_give_the_bits_of_single_ones_data() { add_rows(); }
  void products_with_one_input_give_the_bits_of_single_ones();
  void weights_that_stay_in_the_file_give_the_same_bits_data() { add_rows(); }
  void weights_that_stay_in_the_file_give_the_same_bits();
  void instruction_sets_give_the_same_bits();
  void large_batches_requantise_only_what_has_many_scales();
  void experts_of_mixed_types_agree_with_the_oracle();
  void what_is_no_number_stays_none();
  void a_rows_end_does_not_leak_into_the_next();
  void interleaving_loses_no_bit();

 private:
  void add_rows();
  Isa isa() const;
  DType type() const;
  uint32_t random_cols(DType type) { return dtype_traits(type)->block_elements * random_.between(1, 5); }
  /// Two panels at most.
  uint32_t random_rows() { return 16 * random_.between(1, 7); }
  /// Three register tiles at most.
  uint32_t random_tokens() { return random_.between(0, 2) == 0 ? 1 : random_.between(2, 12); }
  OwnedTensor weight(DType type, uint32_t cols, uint32_t rows, uint32_t matrices = 1) {
    return random_tensor(random_, type, cols, rows, matrices);
  }
  /// Runs `operation` on both backends, on the fast one in batches of both sizes, and adds up by how much
  /// they differ.
  void compare(Backend& backend, GuardedRows out,
               const std::function<void(Backend&, GuardedRows&)>& operation);
  /// Of all comparisons together: a single small result may be near zero by chance, where nothing but
  /// rounding is left. `products` follow one after another in an operation.
  void require_small_error(int products = 1);
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
  std::unique_ptr<Backend> oracle_ = make_scalar_backend();
  double squared_error_ = 0;
  double squared_values_ = 0;
};

#define REPEAT(times) for (int repeat = 0; repeat < (times) && !QTest::currentTestFailed(); ++repeat)

void QuantisedTest::initTestCase() {
  if (isas_with_kernels().empty()) QSKIP("This processor has neither AVX2 nor AVX-512.");
}

void QuantisedTest::add_rows() {
  QTest::addColumn<int>("isa");
  QTest::addColumn<int>("type");
  for (Isa isa : isas_with_kernels())
    for (DType type : kTypes)
      QTest::addRow("%s, %s", isa_name(isa).data(), dtype_name(type).data())
          << static_cast<int>(isa) << static_cast<int>(type);
}

Isa QuantisedTest::isa() const {
  QFETCH(int, isa);
  return static_cast<Isa>(isa);
}

DType QuantisedTest::type() const {
  QFETCH(int, type);
  return static_cast<DType>(type);
}

void QuantisedTest::init() {
  squared_error_ = 0;
  squared_values_ = 0;
}

void QuantisedTest::compare(Backend& backend, GuardedRows out,
                            const std::function<void(Backend&, GuardedRows&)>& operation) {
  GuardedRows expected = out;
  operation(*oracle_, expected);
  const std::vector<float> expected_values = expected.values();
  for (const BatchSize size : kBatchSizes) {
    GuardedRows result = out;
    backend.begin_batch({.size = size});
    operation(backend, result);
    QVERIFY2(result.guards_intact(), seed());
    const std::vector<float> values = result.values();
    for (size_t i = 0; i < values.size(); ++i) {
      const double difference = double{values[i]} - double{expected_values[i]};
      squared_error_ += difference * difference;
      squared_values_ += double{expected_values[i]} * double{expected_values[i]};
    }
  }
}

void QuantisedTest::require_small_error(int products) {
  const double error = squared_error_ / squared_values_;
  QVERIFY2(error <= products * kLimit, QByteArray::number(error) + ", " + seed());
}

void QuantisedTest::matmul_agrees_with_the_oracle() {
  const auto backend = fast_backend(isa(), 2);
  REPEAT(4) {
    const uint32_t cols = random_cols(type());
    const uint32_t rows = random_rows();
    const OwnedTensor w = weight(type(), cols, rows);
    const TensorView home = *backend->place(w.view);
    QVERIFY(home.layout == Layout::Interleaved);
    GuardedRows in(random_, random_tokens(), cols);
    const auto placed = [&](Backend& b) -> const TensorView& { return &b == backend.get() ? home : w.view; };
    compare(*backend, {in.view().tokens, rows},
            [&](Backend& b, GuardedRows& out) { b.matmul(out.view(), placed(b), in.view()); });
    compare(*backend, GuardedRows(random_, in.view().tokens, rows),
            [&](Backend& b, GuardedRows& out) { b.matmul_add(out.view(), placed(b), in.view()); });
  }
  require_small_error();
}

void QuantisedTest::matmul_heads_agrees_with_the_oracle() {
  const auto backend = fast_backend(isa(), 2);
  REPEAT(3) {
    const uint32_t heads = random_.between(1, 5);
    const uint32_t cols = random_cols(type());
    const uint32_t rows = random_rows();
    const OwnedTensor w = weight(type(), cols, rows, heads);
    const TensorView home = *backend->place(w.view);
    GuardedRows in(random_, random_tokens(), heads * cols);
    compare(*backend, {in.view().tokens, heads * rows}, [&](Backend& b, GuardedRows& out) {
      b.matmul_heads(out.heads(heads), &b == backend.get() ? home : w.view, in.heads(heads));
    });
  }
  require_small_error();
}

void QuantisedTest::feed_forward_agrees_with_the_oracle() {
  const auto backend = fast_backend(isa(), 3);
  REPEAT(2) {
    const uint32_t hidden = dtype_traits(type())->block_elements * random_.between(1, 2);
    const uint32_t inner = dtype_traits(type())->block_elements * random_.between(1, 2);
    const uint32_t experts = random_.between(3, 6);
    const uint32_t per_token = random_.between(1, 2);
    const uint32_t tokens = random_tokens();
    const OwnedTensor owned[] = {
        weight(type(), hidden, inner, experts), weight(type(), hidden, inner, experts),
        weight(type(), inner, hidden, experts), weight(type(), hidden, 2 * inner),
        weight(type(), hidden, 2 * inner),      weight(type(), 2 * inner, hidden)};
    std::vector<TensorView> homes;
    for (const OwnedTensor& w : owned) homes.push_back(*backend->place(w.view));
    std::vector<int32_t> ids;
    std::vector<float> weights;
    for (uint32_t t = 0; t < tokens; ++t) {
      const uint32_t first = random_.between(0, experts - 1);
      for (uint32_t k = 0; k < per_token; ++k) {
        ids.push_back(static_cast<int32_t>((first + k) % experts));
        weights.push_back(random_.normal());
      }
    }
    const Routing routing = {ids.data(), weights.data(), tokens, per_token};
    GuardedRows in(random_, tokens, hidden);
    const auto at = [&](Backend& b, size_t i) -> const TensorView& {
      return &b == backend.get() ? homes[i] : owned[i].view;
    };
    compare(*backend, GuardedRows(random_, tokens, hidden), [&](Backend& b, GuardedRows& out) {
      b.gated_ffn_add(out.view(), {at(b, 3), at(b, 4), at(b, 5)}, in.view());
    });
    compare(*backend, GuardedRows(random_, tokens, hidden), [&](Backend& b, GuardedRows& out) {
      b.moe_ffn_add(out.view(), routing, {at(b, 0), at(b, 1), at(b, 2)}, {at(b, 3), at(b, 4), at(b, 5)},
                    in.view());
    });
    compare(*backend, GuardedRows(random_, tokens, hidden), [&](Backend& b, GuardedRows& out) {
      b.moe_ffn_add(out.view(), routing, {at(b, 0), at(b, 1), at(b, 2)}, {kNoWeight, kNoWeight, kNoWeight},
                    in.view());
    });
  }
  require_small_error(3);
}

void QuantisedTest::a_token_gets_the_same_bits_alone_and_among_others() {
  const auto one = fast_backend(isa(), 1);
  const auto many = fast_backend(isa(), 3);
  const uint32_t cols = random_cols(type());
  const uint32_t rows = random_rows();
  const uint32_t tokens = random_.between(2, 12);
  const OwnedTensor w = weight(type(), cols, rows);
  const TensorView home = *one->place(w.view);
  GuardedRows in(random_, tokens, cols);
  for (const BatchSize size : kBatchSizes) {
    one->begin_batch({.size = size});
    many->begin_batch({.size = size});
    GuardedRows alone(tokens, rows);
    GuardedRows together(tokens, rows);
    many->matmul(together.view(), *many->place(w.view), in.view());
    for (uint32_t t = 0; t < tokens; ++t) {
      const Activations in_row = {in.view().row(t), 1, cols, cols};
      one->matmul({alone.view().row(t), 1, rows, rows}, home, in_row);
    }
    QVERIFY2(alone.values() == together.values(), seed());
  }
}

void QuantisedTest::products_with_one_input_give_the_bits_of_single_ones() {
  const auto backend = fast_backend(isa(), 3);
  REPEAT(4) {
    const uint32_t cols = random_cols(type());
    // Half of them whole panels, which are shared out together.
    const uint32_t unit = repeat % 2 == 0 ? 64 : 16;
    const OwnedTensor weights[] = {weight(type(), cols, unit * random_.between(1, 5)),
                                   weight(DType::Q8_0, cols, unit * random_.between(1, 3))};
    const TensorView homes[] = {*backend->place(weights[0].view), *backend->place(weights[1].view)};
    GuardedRows in(random_, repeat < 2 ? 1 : random_.between(2, 7), cols);
    const uint32_t tokens = in.view().tokens;
    const auto rows = [&](int i) { return static_cast<uint32_t>(homes[i].rows()); };
    GuardedRows together[] = {{tokens, rows(0)}, {tokens, rows(1)}};
    const Product products[] = {{together[0].view(), homes[0]}, {together[1].view(), homes[1]}};
    backend->matmul_each(products, in.view());
    for (int i = 0; i < 2; ++i) {
      GuardedRows alone(tokens, rows(i));
      backend->matmul(alone.view(), homes[i], in.view());
      QVERIFY2(together[i].guards_intact() && together[i].values() == alone.values(), seed());
    }
  }
}

void QuantisedTest::weights_that_stay_in_the_file_give_the_same_bits() {
  const auto in_memory = fast_backend(isa(), 2);
  const auto in_file = fast_backend(isa(), 2, true);
  const uint32_t cols = random_cols(type());
  const uint32_t rows = random_rows();
  const OwnedTensor w = weight(type(), cols, rows);
  const TensorView kept = *in_file->place(w.view);
  QVERIFY(kept.data.data() == w.view.data.data());
  for (const uint32_t tokens : {1u, 13u}) {
    GuardedRows in(random_, tokens, cols);
    GuardedRows expected(tokens, rows);
    GuardedRows out(tokens, rows);
    in_memory->matmul(expected.view(), *in_memory->place(w.view), in.view());
    in_file->matmul(out.view(), kept, in.view());
    QVERIFY2(out.guards_intact() && out.values() == expected.values(), seed());
  }
}

void QuantisedTest::instruction_sets_give_the_same_bits() {
  const std::vector<Isa> isas = isas_with_kernels();
  for (DType type : kTypes) {
    const uint32_t cols = random_cols(type);
    const uint32_t rows = random_rows();
    const OwnedTensor w = weight(type, cols, rows);
    GuardedRows in(random_, 9, cols);
    std::vector<std::vector<float>> results;
    for (Isa isa : isas) {
      const auto backend = fast_backend(isa, 1);
      GuardedRows out(9, rows);
      backend->matmul(out.view(), *backend->place(w.view), in.view());
      results.push_back(out.values());
    }
    for (const auto& result : results)
      QVERIFY2(result == results.front(), QByteArray(dtype_name(type).data()) + ", " + seed());
  }
}

void QuantisedTest::large_batches_requantise_only_what_has_many_scales() {
  for (Isa isa : isas_with_kernels()) {
    const bool requantises = isa != Isa::Avx2;
    for (DType type : kTypes) {
      const OwnedTensor w = weight(type, dtype_traits(type)->block_elements * 2, 64);
      const auto backend = fast_backend(isa, 1);
      const TensorView home = *backend->place(w.view);
      GuardedRows in(random_, 3, static_cast<uint32_t>(w.view.cols()));
      std::vector<float> results[2];
      for (const BatchSize size : kBatchSizes) {
        GuardedRows out(3, 64);
        backend->begin_batch({.size = size});
        backend->matmul(out.view(), home, in.view());
        results[size == BatchSize::Large] = out.values();
      }
      QVERIFY2((results[0] != results[1]) == (requantises && has_many_scales(type)),
               QByteArray(isa_name(isa).data()) + ", " + dtype_name(type).data() + ", " + seed());
    }
  }
}

void QuantisedTest::experts_of_mixed_types_agree_with_the_oracle() {
  const auto backend = fast_backend(isas_with_kernels().back(), 2);
  const OwnedTensor gate = weight(DType::Q4_K, 256, 64, 3);
  const OwnedTensor up = weight(DType::Q4_K, 256, 64, 3);
  const OwnedTensor down = weight(DType::F16, 64, 256, 3);
  const TensorView homes[] = {*backend->place(gate.view), *backend->place(up.view),
                              *backend->place(down.view)};
  std::vector<int32_t> ids = {0, 2, 1, 0, 2, 1};
  std::vector<float> weights = {0.5f, -1, 2, 0.25f, 1, 1};
  const Routing routing = {ids.data(), weights.data(), 3, 2};
  GuardedRows in(random_, 3, 256);
  compare(*backend, GuardedRows(random_, 3, 256), [&](Backend& b, GuardedRows& out) {
    if (&b == backend.get())
      b.moe_ffn_add(out.view(), routing, {homes[0], homes[1], homes[2]}, {kNoWeight, kNoWeight, kNoWeight},
                    in.view());
    else
      b.moe_ffn_add(out.view(), routing, {gate.view, up.view, down.view}, {kNoWeight, kNoWeight, kNoWeight},
                    in.view());
  });
  require_small_error(3);
}

void QuantisedTest::what_is_no_number_stays_none() {
  for (Isa isa : isas_with_kernels()) {
    const auto backend = fast_backend(isa, 1);
    const OwnedTensor w = weight(DType::Q4_K, 256, 16);
    const TensorView home = *backend->place(w.view);
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      std::vector<float> in(256, 1.0f);
      in[random_.between(0, 255)] = bad;
      std::vector<float> out(16);
      backend->matmul({out.data(), 1, 16, 16}, home, {in.data(), 1, 256, 256});
      for (float value : out) QVERIFY(std::isnan(value));
    }
  }
}

/// A file's last weights may end where its mapping does.
void QuantisedTest::a_rows_end_does_not_leak_into_the_next() {
  for (DType type : kTypes) {
    const uint32_t cols = random_cols(type);
    const OwnedTensor w = weight(type, cols, 16);
    const size_t bytes = row_bytes(type, cols) * 16;
    std::vector<std::byte> out(bytes + 64, std::byte{0xa5});
    cpu::interleave_group(type, cols, w.view.data.data(), row_bytes(type, cols), out.data());
    for (size_t i = bytes; i < out.size(); ++i) QVERIFY(out[i] == std::byte{0xa5});
  }
}

/// Another order of the same bits: each moves one, and no two meet.
void QuantisedTest::interleaving_loses_no_bit() {
  for (DType type : kTypes) {
    const uint32_t cols = dtype_traits(type)->block_elements;
    const size_t row = row_bytes(type, cols);
    std::vector<std::byte> in(row * 16);
    std::vector<std::byte> out(in.size());
    std::set<size_t> places;
    for (size_t bit = 0; bit < row * 8; ++bit) {
      const size_t at = random_.between(0, 15) * row + bit / 8;
      in[at] = std::byte{1} << bit % 8;
      cpu::interleave_group(type, cols, in.data(), row, out.data());
      in[at] = {};
      int ones = 0;
      size_t place = 0;
      for (size_t i = 0; i < out.size(); ++i) {
        if (out[i] == std::byte{}) continue;
        ones += std::popcount(std::to_integer<uint8_t>(out[i]));
        place = 8 * i + static_cast<size_t>(std::countr_zero(std::to_integer<uint8_t>(out[i])));
      }
      QCOMPARE(ones, 1);
      QVERIFY2(places.insert(place).second, dtype_name(type).data());
    }
  }
}

QTEST_GUILESS_MAIN(QuantisedTest)
#include "quantised_test.moc"
