#include "tests/engine/ops/random_tensors.h"

#include <QTest>
#include <functional>

using namespace kvasir::engine;
using namespace kvasir::engine::test;

namespace {

constexpr double kLimit = 1e-7;
const TensorView kNoWeight;
constexpr DType kTypes[] = {DType::F32, DType::F16, DType::BF16, DType::Q8_0, DType::Q4_K, DType::Q5_0};

}  // namespace

/// The CPU backend against the scalar one, each operation on fresh random shapes.
class BackendTest : public QObject {
  Q_OBJECT

 private slots:
  void embed_agrees_with_the_oracle_data() { add_backends(); }
  void embed_agrees_with_the_oracle();
  void rms_norm_agrees_with_the_oracle_data() { add_backends(); }
  void rms_norm_agrees_with_the_oracle();
  void matmul_agrees_with_the_oracle_data() { add_backends(); }
  void matmul_agrees_with_the_oracle();
  void matmul_add_agrees_with_the_oracle_data() { add_backends(); }
  void matmul_add_agrees_with_the_oracle();
  void matmul_heads_agrees_with_the_oracle_data() { add_backends(); }
  void matmul_heads_agrees_with_the_oracle();
  void rope_agrees_with_the_oracle_data() { add_backends(); }
  void rope_agrees_with_the_oracle();
  void kv_append_writes_the_oracles_bytes_data() { add_backends(); }
  void kv_append_writes_the_oracles_bytes();
  void attention_agrees_with_the_oracle_data() { add_backends(); }
  void attention_agrees_with_the_oracle();
  void top_logits_are_the_largest_data() { add_backends(); }
  void top_logits_are_the_largest();
  void route_agrees_with_the_oracle_data() { add_backends(); }
  void route_agrees_with_the_oracle();
  void gated_ffn_add_agrees_with_the_oracle_data() { add_backends(); }
  void gated_ffn_add_agrees_with_the_oracle();
  void moe_ffn_add_agrees_with_the_oracle_data() { add_backends(); }
  void moe_ffn_add_agrees_with_the_oracle();
  void gather_and_read_copy_the_rows_data() { add_backends(); }
  void gather_and_read_copy_the_rows();
  void silu_and_softmax_survive_extreme_values_data() { add_backends(); }
  void silu_and_softmax_survive_extreme_values();
  void weights_of_unknown_types_are_refused();

 private:
  void add_backends();
  std::unique_ptr<Backend> backend() const;
  /// An odd row length that the type allows.
  uint32_t random_cols(DType type);
  uint32_t random_tokens() {
    return random_.between(0, 3) == 0 ? random_.between(1, 3) : random_.between(1, 70);
  }
  /// Runs `operation` on both backends over copies of `out` and compares what they left there.
  void compare(GuardedRows out, const std::function<void(Backend&, GuardedRows&)>& operation);

  Random random_;
  std::unique_ptr<Backend> oracle_ = make_scalar_backend();
};

void BackendTest::add_backends() {
  QTest::addColumn<int>("isa");
  QTest::addColumn<unsigned>("threads");
  for (Isa isa : available_isas())
    for (unsigned threads : {1u, 3u})
      QTest::addRow("%s, %u threads", isa_name(isa).data(), threads) << static_cast<int>(isa) << threads;
}

std::unique_ptr<Backend> BackendTest::backend() const {
  QFETCH(int, isa);
  QFETCH(unsigned, threads);
  return make_cpu_backend({threads, static_cast<Isa>(isa), Arithmetic::Exact});
}

uint32_t BackendTest::random_cols(DType type) {
  const uint32_t block = dtype_traits(type)->block_elements;
  return block > 1 ? block * random_.between(1, 3) : random_.between(1, 300);
}

void BackendTest::compare(GuardedRows out, const std::function<void(Backend&, GuardedRows&)>& operation) {
  GuardedRows expected = out;
  const auto backend = this->backend();
  operation(*oracle_, expected);
  operation(*backend, out);
  const QByteArray seed = "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed());
  QVERIFY2(out.guards_intact(), seed);
  const double error = nmse(out.values(), expected.values());
  QVERIFY2(error <= kLimit, QByteArray::number(error) + ", " + seed);
}

#define REPEAT(times) for (int repeat = 0; repeat < (times) && !QTest::currentTestFailed(); ++repeat)

void BackendTest::embed_agrees_with_the_oracle() {
  for (DType type : kTypes) {
    REPEAT(3) {
      const uint32_t tokens = random_tokens();
      const uint32_t cols = random_cols(type);
      const uint32_t vocab = random_.between(1, 40);
      const OwnedTensor table = random_tensor(random_, type, cols, vocab);
      std::vector<int32_t> ids(tokens);
      for (int32_t& id : ids) id = static_cast<int32_t>(random_.between(0, vocab - 1));
      compare({tokens, cols}, [&](Backend& b, GuardedRows& out) { b.embed(out.view(), table.view, ids); });
    }
  }
}

void BackendTest::rms_norm_agrees_with_the_oracle() {
  REPEAT(10) {
    const uint32_t tokens = random_tokens();
    const uint32_t cols = random_cols(DType::F32);
    const OwnedTensor weight = random_tensor(random_, DType::F32, cols);
    GuardedRows in(random_, tokens, cols);
    compare({tokens, cols},
            [&](Backend& b, GuardedRows& out) { b.rms_norm(out.view(), in.view(), weight.view, 1e-6f); });
    compare(in, [&](Backend& b, GuardedRows& out) {
      b.rms_norm(out.view(), out.view(), weight.view, 1e-6f);  // in place
    });
  }
}

void BackendTest::matmul_agrees_with_the_oracle() {
  for (DType type : kTypes) {
    REPEAT(8) {
      const uint32_t tokens = random_tokens();
      const uint32_t cols = random_cols(type);
      const uint32_t rows = random_.between(1, 150);
      const OwnedTensor weight = random_tensor(random_, type, cols, rows);
      GuardedRows in(random_, tokens, cols);
      compare({tokens, rows},
              [&](Backend& b, GuardedRows& out) { b.matmul(out.view(), weight.view, in.view()); });
    }
  }
}

void BackendTest::matmul_add_agrees_with_the_oracle() {
  for (DType type : kTypes) {
    REPEAT(4) {
      const uint32_t tokens = random_tokens();
      const uint32_t cols = random_cols(type);
      const uint32_t rows = random_.between(1, 150);
      const OwnedTensor weight = random_tensor(random_, type, cols, rows);
      GuardedRows in(random_, tokens, cols);
      compare(GuardedRows(random_, tokens, rows),
              [&](Backend& b, GuardedRows& out) { b.matmul_add(out.view(), weight.view, in.view()); });
    }
  }
}

void BackendTest::matmul_heads_agrees_with_the_oracle() {
  for (DType type : kTypes) {
    REPEAT(4) {
      const uint32_t tokens = random_tokens();
      const uint32_t heads = random_.between(1, 6);
      const uint32_t in_dim = random_cols(type);
      const uint32_t out_dim = random_.between(1, 70);
      const OwnedTensor weight = random_tensor(random_, type, in_dim, out_dim, heads);
      GuardedRows in(random_, tokens, heads * in_dim);
      compare({tokens, heads * out_dim}, [&](Backend& b, GuardedRows& out) {
        b.matmul_heads(out.heads(heads), weight.view, in.heads(heads));
      });
    }
  }
}

void BackendTest::rope_agrees_with_the_oracle() {
  REPEAT(8) {
    ModelConfig config;
    config.qk_rope_head_dim = 2 * random_.between(1, 40);
    config.yarn = YarnConfig{40.0f, 4096, 32.0f, 1.0f, 0.1f};
    if (repeat % 2 == 0) config.yarn.reset();
    const auto frequencies = RopeFrequencies::from_config(config);
    const uint32_t tokens = random_tokens();
    const uint32_t heads = random_.between(1, 5);
    const uint32_t position = random_.between(0, 100000);
    GuardedRows in(random_, tokens, heads * config.qk_rope_head_dim);
    compare({tokens, heads * config.qk_rope_head_dim}, [&](Backend& b, GuardedRows& out) {
      b.rope(out.heads(heads), in.heads(heads), frequencies, position);
    });
    compare(in, [&](Backend& b, GuardedRows& out) {
      b.rope(out.heads(heads), out.heads(heads), frequencies, position);  // in place
    });
  }
}

void BackendTest::kv_append_writes_the_oracles_bytes() {
  const auto backend = this->backend();
  for (KvType type : {KvType::F32, KvType::F16, KvType::Q8_0}) {
    REPEAT(4) {
      const uint32_t tokens = random_tokens();
      const uint32_t width = random_.between(1, 100);
      const uint32_t first = random_.between(0, 50);
      GuardedRows rows(random_, tokens, width);
      auto expected = KvCache::create({2, width, type}, 128);
      auto cache = KvCache::create({2, width, type}, 128);
      QVERIFY(expected && cache);
      oracle_->kv_append(*expected, 1, first, rows.view());
      backend->kv_append(*cache, 1, first, rows.view());
      for (uint32_t layer : {0u, 1u}) {
        const auto a = cache->slice(layer, 0, 128);
        const auto b = expected->slice(layer, 0, 128);
        QVERIFY2(std::equal(a.begin(), a.end(), b.begin()), QByteArray::number(random_.seed()));
      }
    }
  }
}

void BackendTest::attention_agrees_with_the_oracle() {
  for (KvType type : {KvType::F32, KvType::F16, KvType::Q8_0}) {
    REPEAT(8) {
      const uint32_t tokens = repeat == 0 ? 1 : random_tokens();
      const uint32_t heads = random_.between(1, 20);
      const uint32_t value_width = random_.between(1, 90);
      const uint32_t width = value_width + random_.between(1, 30);
      const uint32_t first = random_.between(0, 400);
      auto cache = KvCache::create({2, width, type}, first + tokens);
      QVERIFY(cache);
      GuardedRows rows(random_, first + tokens, width);
      oracle_->kv_append(*cache, 1, 0, rows.view());
      GuardedRows query(random_, tokens, heads * width);
      compare({tokens, heads * value_width}, [&](Backend& b, GuardedRows& out) {
        b.attention(out.heads(heads), query.heads(heads), *cache, 1, first, 0.3f);
      });
    }
  }
}

void BackendTest::top_logits_are_the_largest() {
  const auto backend = this->backend();
  REPEAT(8) {
    const uint32_t vocab = random_.between(1, repeat < 4 ? 900 : 40'000);
    GuardedRows logits(random_, 1, vocab);
    if (repeat % 2 == 0)  // equal ones, and some that are no numbers
      for (uint32_t i = 0; i < vocab; ++i)
        logits.view().data[i] =
            i % 9 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i % 5);
    std::vector<TokenLogit> expected;
    for (uint32_t i = 0; i < vocab; ++i) expected.push_back({static_cast<int32_t>(i), logits.view().data[i]});
    std::ranges::sort(expected, Likelier());
    const auto top =
        backend->allocate_top_logits(random_.between(1, repeat < 6 ? vocab : std::min(vocab, 512u)));
    QVERIFY(top);
    std::vector<TokenLogit> found(top->count);
    backend->top_logits(*top, logits.view());
    backend->read_top(found, *top);
    std::ranges::sort(found, Likelier());
    for (uint32_t i = 0; i < top->count; ++i)
      QVERIFY2(found[i].id == expected[i].id, QByteArray::number(random_.seed()));
  }
}

void BackendTest::route_agrees_with_the_oracle() {
  const auto backend = this->backend();
  REPEAT(8) {
    ModelConfig config;
    config.scoring_func = repeat % 2 == 0 ? ScoringFunc::Softmax : ScoringFunc::Sigmoid;
    config.n_group = random_.between(1, 4);
    config.topk_group = random_.between(1, config.n_group);
    config.n_routed_experts = config.n_group * random_.between(3, 20);
    config.num_experts_per_tok =
        std::min(config.n_routed_experts / config.n_group * config.topk_group, random_.between(1, 8));
    config.norm_topk_prob = random_.between(0, 1) == 1;
    config.routed_scaling_factor = 2.5f;
    const uint32_t tokens = random_tokens();
    const uint32_t cols = random_cols(DType::F32);
    const OwnedTensor router = random_tensor(random_, DType::F32, cols, config.n_routed_experts);
    const OwnedTensor bias = random_tensor(random_, DType::F32, config.n_routed_experts);
    GuardedRows in(random_, tokens, cols);
    const auto expected = oracle_->allocate_routing(tokens, config.num_experts_per_tok);
    const auto routing = backend->allocate_routing(tokens, config.num_experts_per_tok);
    QVERIFY(expected && routing);
    const TensorView no_bias;
    const TensorView& used_bias = random_.between(0, 1) == 1 ? bias.view : no_bias;
    oracle_->route(*expected, router.view, used_bias, in.view(), config);
    backend->route(*routing, router.view, used_bias, in.view(), config);
    for (uint32_t i = 0; i < tokens * config.num_experts_per_tok; ++i) {
      QVERIFY2(routing->experts[i] == expected->experts[i], QByteArray::number(random_.seed()));
      QVERIFY2(std::abs(routing->weights[i] - expected->weights[i]) <= 1e-4f * expected->weights[i],
               QByteArray::number(random_.seed()));
    }
  }
}

void BackendTest::gated_ffn_add_agrees_with_the_oracle() {
  for (DType type : kTypes) {
    REPEAT(3) {
      const uint32_t tokens = random_tokens();
      const uint32_t hidden = random_cols(type);
      const uint32_t inner = random_cols(type);
      const OwnedTensor gate = random_tensor(random_, type, hidden, inner);
      const OwnedTensor up = random_tensor(random_, type, hidden, inner);
      const OwnedTensor down = random_tensor(random_, type, inner, hidden);
      GuardedRows in(random_, tokens, hidden);
      compare(GuardedRows(random_, tokens, hidden), [&](Backend& b, GuardedRows& out) {
        b.gated_ffn_add(out.view(), {gate.view, up.view, down.view}, in.view());
      });
    }
  }
}

void BackendTest::moe_ffn_add_agrees_with_the_oracle() {
  for (DType type : kTypes) {
    REPEAT(3) {
      const uint32_t tokens = random_tokens();
      const uint32_t hidden = random_cols(type);
      const uint32_t inner = random_cols(type);
      const uint32_t experts = random_.between(3, 9);
      const uint32_t per_token = random_.between(1, 3);
      const OwnedTensor gate = random_tensor(random_, type, hidden, inner, experts);
      const OwnedTensor up = random_tensor(random_, type, hidden, inner, experts);
      const OwnedTensor down = random_tensor(random_, type, inner, hidden, experts);
      std::vector<int32_t> ids;
      std::vector<float> weights;
      for (uint32_t t = 0; t < tokens; ++t) {
        // Distinct experts of a token; the last expert stays unused.
        const uint32_t first = random_.between(0, experts - 2);
        for (uint32_t k = 0; k < per_token; ++k) {
          ids.push_back(static_cast<int32_t>((first + k) % (experts - 1)));
          weights.push_back(random_.normal());
        }
      }
      const Routing routing = {ids.data(), weights.data(), tokens, per_token};
      GuardedRows in(random_, tokens, hidden);
      compare(GuardedRows(random_, tokens, hidden), [&](Backend& b, GuardedRows& out) {
        b.moe_ffn_add(out.view(), routing, {gate.view, up.view, down.view}, {kNoWeight, kNoWeight, kNoWeight},
                      in.view());
      });
    }
  }
}

void BackendTest::gather_and_read_copy_the_rows() {
  const auto backend = this->backend();
  GuardedRows in(random_, 9, 33);
  GuardedRows out(3, 33);
  const std::vector<uint32_t> rows = {8, 0, 8};
  backend->gather(out.view(), in.view(), rows);
  QVERIFY(out.guards_intact());
  std::vector<float> read(size_t{3} * 33);
  backend->read(read, out.view());
  QCOMPARE(read, out.values());
  const std::vector<float> all = in.values();
  QVERIFY(std::equal(read.begin(), read.begin() + 33, all.begin() + 8 * 33));
  QVERIFY(std::equal(read.begin() + 33, read.begin() + 66, all.begin()));
}

void BackendTest::silu_and_softmax_survive_extreme_values() {
  const auto backend = this->backend();
  // One weight of 1 each: out = silu(x) · x.
  const float one = 1.0f;
  TensorView unit;
  unit.shape = {1, 1, 1, 1};
  unit.data = std::as_bytes(std::span(&one, 1));
  for (float x : {-1e30f, -1000.0f, -88.5f, -87.0f, -1e-30f, 0.0f, 1e-30f, 87.0f, 88.5f, 1000.0f, 1e15f}) {
    float in = x;
    float out = 0;
    float expected = 0;
    backend->gated_ffn_add({&out, 1, 1, 1}, {unit, unit, unit}, {&in, 1, 1, 1});
    oracle_->gated_ffn_add({&expected, 1, 1, 1}, {unit, unit, unit}, {&in, 1, 1, 1});
    QVERIFY2(std::abs(out - expected) <= 1e-6f * std::abs(expected) + 1e-30f,
             qPrintable(QString("%1: %2, %3").arg(double(x)).arg(double(out)).arg(double(expected))));
  }
  // Logits hundreds apart, in different chunks: the largest one takes all.
  auto cache = KvCache::create({1, 2, KvType::F32}, 200);
  QVERIFY(cache);
  GuardedRows rows(random_, 200, 2);
  for (uint32_t p = 0; p < 200; ++p) {
    rows.view().row(p)[0] = static_cast<float>(p);
    rows.view().row(p)[1] = p == 130 ? 500.0f : -500.0f;
  }
  oracle_->kv_append(*cache, 0, 0, rows.view());
  float query[] = {0.0f, 1.0f};
  float out = 0;
  backend->attention({&out, 1, 1, 1, 1, 1}, {query, 1, 1, 2, 2, 2}, *cache, 0, 199, 1.0f);
  QCOMPARE(out, 130.0f);
}

void BackendTest::weights_of_unknown_types_are_refused() {
  TensorView weight;
  weight.name = "blk.0.attn_q.weight";
  weight.dtype = DType::IQ1_S;
  const auto placed = make_cpu_backend({})->place(weight);
  QVERIFY(!placed);
  QCOMPARE(placed.error().code, ErrorCode::Unsupported);
  QVERIFY(placed.error().message.find("blk.0.attn_q.weight") != std::string::npos);
}

QTEST_GUILESS_MAIN(BackendTest)
#include "backend_test.moc"
