#include "engine/cuda/kernels/products.h"
#include "tests/engine/cuda/device_tensors.h"
#include "tests/support/emulated_cuda/device.h"

#include <QTest>
#include <algorithm>
#include <numeric>
#include <optional>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using namespace kvasir::engine::test;

namespace {

constexpr ProductMode kModes[] = {ProductMode::Exact, ProductMode::Small, ProductMode::Large};

const char* name_of(ProductMode mode) {
  return mode == ProductMode::Exact ? "exact" : mode == ProductMode::Small ? "small" : "large";
}

struct Types {
  DType gate, up, down;
};

/// A network on the host and on the device.
struct Network {
  OwnedTensor gate, up, down;
  DeviceTensor device_gate, device_up, device_down;

  Network(Random& random, Stream& stream, const Types& types, uint32_t hidden, uint32_t intermediate,
          uint32_t experts)
      : gate(random_tensor(random, types.gate, hidden, intermediate, experts)),
        up(random_tensor(random, types.up, hidden, intermediate, experts)),
        down(random_tensor(random, types.down, intermediate, hidden, experts)),
        device_gate(device_tensor(stream, gate.view)),
        device_up(device_tensor(stream, up.view)),
        device_down(device_tensor(stream, down.view)) {}

  GatedFfn host() const { return {gate.view, up.view, down.view}; }
  FfnWeights device() const { return {device_gate.matrix, device_up.matrix, device_down.matrix}; }
};

/// What a test computes: networks, and tokens with their routing.
struct Case {
  uint32_t hidden = 0, tokens = 0, per_token = 0;
  std::optional<Network> experts, shared;
  std::vector<float> in;        ///< {tokens, hidden}
  std::vector<float> before;    ///< {tokens, hidden}: what is added to
  std::vector<int32_t> chosen;  ///< {tokens, per_token}
  std::vector<float> weights;   ///< {tokens, per_token}
};

}  // namespace

/// Gated feed-forward networks against the scalar oracle.
class FfnTest : public QObject {
  Q_OBJECT

 private slots:
  void routed_and_shared_networks_agree_with_the_oracle_data() { add_rows(); }
  void routed_and_shared_networks_agree_with_the_oracle();
  void networks_of_one_kind_agree_with_the_oracle_data() { add_modes(); }
  void networks_of_one_kind_agree_with_the_oracle();
  void tiny_networks_of_floats_agree_with_the_oracle_data() { add_modes(); }
  void tiny_networks_of_floats_agree_with_the_oracle();
  void a_token_gets_the_same_bits_alone_and_among_others_data() { add_modes(); }
  void a_token_gets_the_same_bits_alone_and_among_others();

 private:
  static void add_modes() {
    QTest::addColumn<int>("mode");
    for (const ProductMode mode : kModes) QTest::addRow("%s", name_of(mode)) << static_cast<int>(mode);
  }
  static void add_rows();
  static ProductMode mode() {
    QFETCH(int, mode);
    return static_cast<ProductMode>(mode);
  }
  static std::vector<float> run(const Case& c, uint32_t first, uint32_t tokens);
  std::vector<float> expected(const Case& c);
  void fill_tokens(Case& c, uint32_t tokens, uint32_t per_token, uint32_t experts);
  void require_agreement(const Case& c);
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
  std::unique_ptr<Backend> oracle_ = make_scalar_backend();
};

void FfnTest::add_rows() {
  // Types of gate, up and down as files mix them; every type is once among them.
  constexpr Types kMixes[] = {
      {DType::Q4_K, DType::Q4_K, DType::Q5_0},       {DType::Q2_K, DType::Q2_K, DType::Q3_K},
      {DType::IQ4_XS, DType::IQ4_XS, DType::IQ4_NL}, {DType::Q5_K, DType::Q6_K, DType::Q8_0},
      {DType::Q4_0, DType::Q4_1, DType::Q5_1},       {DType::MXFP4, DType::MXFP4, DType::Q4_K},
      {DType::F16, DType::F16, DType::BF16},         {DType::Q8_0, DType::Q8_0, DType::F32}};
  QTest::addColumn<int>("mode");
  QTest::addColumn<int>("gate");
  QTest::addColumn<int>("up");
  QTest::addColumn<int>("down");
  for (const ProductMode mode : kModes)
    for (const auto& [gate, up, down] : kMixes)
      QTest::addRow("%s, %s and %s", name_of(mode), dtype_name(gate).data(), dtype_name(down).data())
          << static_cast<int>(mode) << static_cast<int>(gate) << static_cast<int>(up)
          << static_cast<int>(down);
}

void FfnTest::fill_tokens(Case& c, uint32_t tokens, uint32_t per_token, uint32_t experts) {
  c.tokens = tokens;
  c.per_token = per_token;
  c.in = normal_values(random_, size_t{tokens} * c.hidden);
  c.before = normal_values(random_, size_t{tokens} * c.hidden);
  c.weights = normal_values(random_, size_t{tokens} * per_token);
  c.chosen.clear();
  std::vector<int32_t> ids(experts);
  std::iota(ids.begin(), ids.end(), 0);
  for (uint32_t t = 0; t < tokens; ++t) {
    for (uint32_t k = 0; k < per_token; ++k) std::swap(ids[k], ids[random_.between(k, experts - 1)]);
    c.chosen.insert(c.chosen.end(), ids.begin(), ids.begin() + per_token);
  }
}

std::vector<float> FfnTest::run(const Case& c, uint32_t first, uint32_t tokens) {
  Stream stream(nullptr, device_limits());
  // Rows that are not aligned, and values between them that must stay.
  const size_t stride = c.hidden + 3;
  const auto rows = [&](const std::vector<float>& all) {
    return DeviceRows(
        std::vector<float>(all.begin() + first * c.hidden, all.begin() + (first + tokens) * c.hidden),
        c.hidden, stride);
  };
  const DeviceRows in = rows(c.in), out = rows(c.before);
  const DeviceArray<int32_t> chosen(c.chosen);
  const DeviceArray<float> weights(c.weights);
  const FfnWeights experts = c.experts ? c.experts->device() : FfnWeights{};
  const FfnWeights shared = c.shared ? c.shared->device() : FfnWeights{};
  FfnCall call;
  if (c.experts) {
    call.experts = &experts;
    call.routing = {chosen.data() + first * c.per_token, weights.data() + first * c.per_token, c.per_token};
  }
  if (c.shared) call.shared = &shared;
  call.in = in.data();
  call.in_stride = stride;
  call.out = out.data();
  call.out_stride = stride;
  call.tokens = tokens;
  const DeviceArray<std::byte> workspace(gated_ffn_workspace_bytes(
      tokens, c.hidden, c.per_token, experts.gate.matrices, experts.gate.rows, shared.gate.rows));
  gated_ffn_add(stream, workspace_of(workspace), call, mode());
  return stream.error() == cudaSuccess && out.guards_intact() ? out.values() : std::vector<float>();
}

std::vector<float> FfnTest::expected(const Case& c) {
  std::vector<float> out = c.before, in = c.in, weights = c.weights;
  std::vector<int32_t> chosen = c.chosen;
  const Activations to{out.data(), c.tokens, c.hidden, c.hidden},
      from{in.data(), c.tokens, c.hidden, c.hidden};
  const TensorView none;
  if (c.experts)
    oracle_->moe_ffn_add(to, {chosen.data(), weights.data(), c.tokens, c.per_token}, c.experts->host(),
                         c.shared ? c.shared->host() : GatedFfn{none, none, none}, from);
  else
    oracle_->gated_ffn_add(to, c.shared->host(), from);
  return out;
}

void FfnTest::require_agreement(const Case& c) {
  const double limit = mode() == ProductMode::Exact ? 1e-10 : 3 * 5e-4;  // three products after another
  const std::vector<float> out = run(c, 0, c.tokens);
  QCOMPARE(out.size(), c.before.size());
  const double error = nmse(out, expected(c));
  QVERIFY2(error < limit, QByteArray::number(error) + ", " + seed());
}

void FfnTest::routed_and_shared_networks_agree_with_the_oracle() {
  QFETCH(int, gate);
  QFETCH(int, up);
  QFETCH(int, down);
  const Types types{static_cast<DType>(gate), static_cast<DType>(up), static_cast<DType>(down)};
  const auto width = [&](DType type, uint32_t units) {
    return dtype_traits(type)->block_elements == 256 ? 256 : 32 * units;
  };
  Stream stream(nullptr, device_limits());
  Case c;
  c.hidden = std::max(width(types.gate, 2), width(types.up, 2));
  const uint32_t experts = random_.between(3, 5);
  c.experts.emplace(random_, stream, types, c.hidden, width(types.down, 1), experts);
  c.shared.emplace(random_, stream, types, c.hidden, width(types.down, 3), 1);
  for (const uint32_t tokens : {1u, 13u}) {
    fill_tokens(c, tokens, random_.between(1, 3), experts);
    require_agreement(c);
  }
}

void FfnTest::networks_of_one_kind_agree_with_the_oracle() {
  Stream stream(nullptr, device_limits());
  Case routed;
  routed.hidden = 64;
  routed.experts.emplace(random_, stream, Types{DType::Q8_0, DType::Q8_0, DType::Q4_0}, 64, 96, 7);
  fill_tokens(routed, 9, 2, 7);
  // An expert that most tokens use, and some that none does.
  for (uint32_t t = 0; t < 9; ++t) routed.chosen[2 * t] = 5, routed.chosen[2 * t + 1] = t == 3 ? 6 : 0;
  require_agreement(routed);
  Case dense;
  dense.hidden = 64;
  dense.shared.emplace(random_, stream, Types{DType::Q8_0, DType::Q8_0, DType::Q4_0}, 64, 96, 1);
  fill_tokens(dense, 9, 0, 0);
  require_agreement(dense);
}

void FfnTest::tiny_networks_of_floats_agree_with_the_oracle() {
  Stream stream(nullptr, device_limits());
  Case c;
  c.hidden = random_.between(5, 40);
  c.experts.emplace(random_, stream, Types{DType::F32, DType::F32, DType::F16}, c.hidden,
                    random_.between(1, 50), 4);
  c.shared.emplace(random_, stream, Types{DType::BF16, DType::F32, DType::F32}, c.hidden,
                   random_.between(1, 70), 1);
  for (const uint32_t tokens : {1u, 5u}) {
    fill_tokens(c, tokens, 2, 4);
    require_agreement(c);
  }
}

void FfnTest::a_token_gets_the_same_bits_alone_and_among_others() {
  // More of an expert's slots than a tile holds.
  const uint32_t count_of_all = mode() == ProductMode::Large ? 150 : 40;
  Stream stream(nullptr, device_limits());
  Case c;
  c.hidden = 256;
  c.experts.emplace(random_, stream, Types{DType::Q4_K, DType::Q4_K, DType::Q8_0}, 256, 64, 3);
  c.shared.emplace(random_, stream, Types{DType::Q5_K, DType::Q5_K, DType::Q5_0}, 256, 32, 1);
  fill_tokens(c, count_of_all, 2, 3);
  for (uint32_t t = 0; t < count_of_all; ++t)
    if (c.chosen[2 * t + 1] != 1) c.chosen[2 * t] = 1;
  const std::vector<float> together = run(c, 0, count_of_all);
  QCOMPARE(together.size(), c.before.size());
  constexpr std::pair<uint32_t, uint32_t> kPieces[] = {{0, 1}, {1, 2}, {3, 13}, {19, 20}};
  for (const auto& [first, count] : kPieces) {
    const std::vector<float> same(together.begin() + first * c.hidden,
                                  together.begin() + (first + count) * c.hidden);
    QVERIFY2(run(c, first, count) == same, seed());
  }
}

QTEST_APPLESS_MAIN(FfnTest)
#include "ffn_test.moc"
