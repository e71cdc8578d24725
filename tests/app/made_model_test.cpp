#include "app/cli/bench/made_model.h"

#include "app/cli/bench/random_blocks.h"
#include "engine/gguf/convert.h"
#include "engine/gguf/gguf_file.h"
#include "engine/model/model.h"
#include "engine/ops/moe_router.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/faulty_file_system.h"

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using namespace kvasir;
using engine::DType;
using storage::testing::FaultyFileSystem;

namespace {

const std::filesystem::path kPath = "/models/made.gguf";

/// The shape micro made small, so that a test may hold many of them.
app::ModelShape small_shape() {
  app::ModelShape shape = app::find_model_shape("micro").value();
  shape.blocks = 2;
  shape.vocab_size = 512;
  shape.hidden_size = 256;
  shape.intermediate_size = 288;
  shape.moe_intermediate_size = 96;
  shape.kv_lora_rank = 256;
  return shape;
}

app::MadeModel small_model(std::string_view mix) {
  return {small_shape(), app::find_type_mix(mix).value()};
}

std::vector<std::byte> bytes_of(const app::MadeModel& model, unsigned threads = 2) {
  FaultyFileSystem disk;
  const auto written = app::write_made_model(model, disk, kPath, threads, {});
  if (!written) qFatal("%s", written.error().message.c_str());
  return disk.contents(kPath);
}

engine::GgufFile file_of(const app::MadeModel& model) {
  auto file = engine::GgufFile::from_bytes(bytes_of(model), kPath);
  if (!file) qFatal("%s", file.error().message.c_str());
  return std::move(*file);
}

struct Moments {
  double mean = 0;
  double deviation = 0;
};

Moments moments_of(std::span<const float> values) {
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  return {mean, std::sqrt(squares / count - mean * mean)};
}

std::vector<float> weights_of(const engine::TensorView& tensor) {
  std::vector<float> values(tensor.cols() * tensor.rows() * tensor.matrices());
  engine::dequantize_row(tensor.dtype, tensor.data.data(), values.data(), values.size());
  return values;
}

/// Logits behind a few tokens.
std::vector<float> logits_of(const engine::GgufFile& file,
                             std::unique_ptr<engine::Backend> backend = engine::make_scalar_backend()) {
  auto config = engine::ModelConfig::from_gguf(file).value();
  auto weights = engine::ModelWeights::bind(file, config).value();
  engine::Model model(config, std::move(weights), std::move(backend));
  auto cache = engine::KvCache::create(model.kv_layout(engine::KvType::F32), 8).value();
  const std::vector<int32_t> tokens = {1, 300, 17, 450};
  const std::vector<uint32_t> rows = {3};
  std::vector<float> logits(config.vocab_size);
  if (auto done = model.forward(tokens, cache, rows, logits); !done)
    qFatal("%s", done.error().message.c_str());
  return logits;
}

}  // namespace

class MadeModelTest : public QObject {
  Q_OBJECT

 private slots:
  void blocks_decode_to_the_promised_scale_data();
  void blocks_decode_to_the_promised_scale();
  void every_mix_makes_a_model_that_computes_data();
  void every_mix_makes_a_model_that_computes();
  void every_mix_computes_alike_in_every_arithmetic_data() { every_mix_makes_a_model_that_computes_data(); }
  void every_mix_computes_alike_in_every_arithmetic();
  void weights_have_the_scale_of_their_rows();
  void published_shapes_can_be_bound_data();
  void published_shapes_can_be_bound();
  void types_are_those_of_llama_cpps_quantiser_data();
  void types_are_those_of_llama_cpps_quantiser();
  void one_kv_b_binds_like_two();
  void tokens_are_spread_over_all_experts();
  void text_survives_the_made_vocabulary();
  void the_same_seed_gives_the_same_bytes();
  void full_disk_is_told_before_anything_is_written();
  void disk_that_fills_up_on_the_way_keeps_nothing();
  void interrupted_writing_keeps_nothing();
  void a_file_that_stands_there_stays();
};

void MadeModelTest::blocks_decode_to_the_promised_scale_data() {
  QTest::addColumn<DType>("type");
  for (uint32_t number = 0; number < 64; ++number) {
    const auto type = static_cast<DType>(number);
    if (engine::can_dequantize(type)) QTest::newRow(engine::dtype_name(type).data()) << type;
  }
}

void MadeModelTest::blocks_decode_to_the_promised_scale() {
  QFETCH(const DType, type);
  constexpr size_t kCount = size_t{256} * 2048;
  QVERIFY(app::can_make_blocks(type));
  for (const float deviation : {1.0f / std::sqrt(16384.0f), 1.0f / std::sqrt(128.0f), 1.0f}) {
    app::RandomSource random(7);
    std::vector<std::byte> blocks(engine::row_bytes(type, kCount));
    app::fill_random_blocks(type, deviation, random, blocks);
    std::vector<float> values(kCount);
    engine::dequantize_row(type, blocks.data(), values.data(), kCount);
    const Moments moments = moments_of(values);
    QVERIFY2(std::abs(moments.deviation / static_cast<double>(deviation) - 1) < 0.02,
             qPrintable(QString::number(moments.deviation / static_cast<double>(deviation))));
    QVERIFY2(std::abs(moments.mean) < 0.01 * static_cast<double>(deviation),
             qPrintable(QString::number(moments.mean)));
  }
}

void MadeModelTest::every_mix_makes_a_model_that_computes_data() {
  QTest::addColumn<QString>("mix");
  for (const app::TypeMix& mix : app::type_mixes())
    QTest::newRow(mix.name.data()) << QString::fromUtf8(mix.name.data());
}

void MadeModelTest::every_mix_makes_a_model_that_computes() {
  QFETCH(const QString, mix);
  const auto file = file_of(small_model(mix.toStdString()));
  const auto logits = logits_of(file);
  const Moments moments = moments_of(logits);  // an infinity or NaN among them would show
  QVERIFY2(moments.deviation > 0.5 && moments.deviation < 2, qPrintable(QString::number(moments.deviation)));
  QVERIFY(std::abs(moments.mean) < 0.5);
}

void MadeModelTest::every_mix_computes_alike_in_every_arithmetic() {
  QFETCH(const QString, mix);
  const auto file = file_of(small_model(mix.toStdString()));
  const std::vector<float> expected = logits_of(file);
  const auto product = [&](std::span<const float> a, std::span<const float> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  for (const engine::Isa isa : engine::available_isas()) {
    const auto exact =
        logits_of(file, engine::make_cpu_backend({.isa = isa, .arithmetic = engine::Arithmetic::Exact}));
    double difference = 0;
    for (size_t i = 0; i < exact.size(); ++i)
      difference += std::pow(double{exact[i]} - double{expected[i]}, 2);
    QVERIFY(std::sqrt(difference / product(expected, expected)) < 1e-4);

    // Random weights make much of small errors, and of experts that change places; yet it is the same model.
    const auto fast = logits_of(file, engine::make_cpu_backend({.isa = isa}));
    const double likeness =
        product(fast, expected) / std::sqrt(product(fast, fast) * product(expected, expected));
    QVERIFY2(likeness > 0.8, qPrintable(QString::number(likeness)));
  }
}

void MadeModelTest::weights_have_the_scale_of_their_rows() {
  const auto file = file_of(small_model("Q4_K_M"));
  for (const engine::TensorView& tensor : file.tensors()) {
    if (tensor.name.ends_with("bias")) continue;
    const bool is_norm = tensor.name.ends_with("_norm.weight");
    const Moments moments = moments_of(weights_of(tensor));
    const double expected = is_norm ? 0.05 : 1 / std::sqrt(static_cast<double>(tensor.cols()));
    QVERIFY2(std::abs(moments.mean - (is_norm ? 1 : 0)) < 0.2 * expected, tensor.name.c_str());
    QVERIFY2(std::abs(moments.deviation / expected - 1) < 0.1, tensor.name.c_str());
  }
}

void MadeModelTest::published_shapes_can_be_bound_data() {
  QTest::addColumn<QString>("shape");
  QTest::addColumn<uint32_t>("blocks");
  QTest::addColumn<double>("gigabytes");  // of a Q4_K_M file
  QTest::newRow("v2-lite") << "v2-lite" << 27u << 10.4;
  QTest::newRow("glm-4.7-flash") << "glm-4.7-flash" << 47u << 18.2;
  QTest::newRow("v3-slice") << "v3-slice" << 3u << 10.4;
}

/// The file is all hole and takes no space: binding reads shapes, not weights.
void MadeModelTest::published_shapes_can_be_bound() {
  QFETCH(const QString, shape);
  QFETCH(const uint32_t, blocks);
  QFETCH(const double, gigabytes);
  const auto header = app::make_header(
      {app::find_model_shape(shape.toStdString()).value(), app::find_type_mix("Q4_K_M").value()});
  QTemporaryDir folder;
  const auto path = folder.filePath("model.gguf").toStdString();
  {
    const auto front = header.encode();
    auto file = storage::posix_file_system().open(path, true).value();
    QVERIFY(file->write(0, front));
    QVERIFY(file->truncate(front.size() + header.data_bytes()));
  }
  QVERIFY(std::abs(static_cast<double>(header.data_bytes()) / 1e9 - gigabytes) < 0.3);
  const auto file = engine::GgufFile::open(path);
  QVERIFY(file);
  const auto config = engine::ModelConfig::from_gguf(*file);
  QVERIFY2(config, config ? "" : config.error().message.c_str());
  QCOMPARE(config->num_hidden_layers, blocks);
  QCOMPARE(config->kv_width(), 576u);
  const auto weights = engine::ModelWeights::bind(*file, *config);
  QVERIFY2(weights, weights ? "" : weights.error().message.c_str());
  QVERIFY(engine::Tokenizer::from_gguf(*file));
}

void MadeModelTest::types_are_those_of_llama_cpps_quantiser_data() {
  QTest::addColumn<QString>("mix");
  QTest::addColumn<QString>("tensor");
  QTest::addColumn<DType>("type");
  const auto row = [](const char* mix, const char* tensor, DType type) {
    QTest::newRow(qPrintable(QString("%1 %2").arg(mix, tensor))) << mix << tensor << type;
  };
  // v2-lite: 27 blocks, of which 0–2, 5, 8, …, 20 and 23–26 get more bits; rows of 10944, 1408 and 128 are no
  // multiples of 256.
  row("Q4_K_M", "token_embd.weight", DType::Q4_K);
  row("Q4_K_M", "output.weight", DType::Q6_K);
  row("Q4_K_M", "blk.0.ffn_down.weight", DType::Q8_0);
  row("Q4_K_M", "blk.2.ffn_down_exps.weight", DType::Q8_0);
  row("Q4_K_M", "blk.3.ffn_down_exps.weight", DType::Q5_0);
  row("Q4_K_M", "blk.5.ffn_down_exps.weight", DType::Q8_0);
  row("Q4_K_M", "blk.4.ffn_down_shexp.weight", DType::Q4_K);
  row("Q4_K_M", "blk.26.ffn_down_shexp.weight", DType::Q6_K);
  row("Q4_K_M", "blk.5.ffn_gate_exps.weight", DType::Q4_K);
  row("Q4_K_M", "blk.5.attn_k_b.weight", DType::Q5_0);
  row("Q4_K_M", "blk.5.attn_v_b.weight", DType::Q4_K);
  row("Q4_K_M", "blk.5.ffn_gate_inp.weight", DType::F32);
  row("Q4_K_M", "blk.5.attn_kv_a_norm.weight", DType::F32);
  row("Q5_K_M", "blk.3.ffn_down_exps.weight", DType::Q5_1);
  row("Q5_K_M", "blk.5.attn_k_b.weight", DType::Q5_1);
  row("Q6_K", "blk.3.ffn_down_exps.weight", DType::Q8_0);
  row("Q8_0", "output.weight", DType::Q8_0);
  row("Q4_0", "output.weight", DType::Q6_K);
  row("Q2_K", "blk.5.attn_output.weight", DType::Q3_K);
  row("Q3_K_M", "blk.5.attn_k_b.weight", DType::Q4_0);
  row("IQ4_XS", "blk.5.attn_k_b.weight", DType::IQ4_NL);
  row("IQ4_NL", "blk.1.ffn_down_shexp.weight", DType::Q5_K);
  row("MXFP4", "blk.5.ffn_up_exps.weight", DType::MXFP4);
  row("MXFP4", "blk.5.attn_q.weight", DType::Q8_0);
  row("F16", "blk.5.ffn_up_exps.weight", DType::F16);
  row("F16", "blk.5.ffn_gate_inp.weight", DType::F32);
}

void MadeModelTest::types_are_those_of_llama_cpps_quantiser() {
  QFETCH(const QString, mix);
  QFETCH(const QString, tensor);
  QFETCH(const DType, type);
  const auto header = app::make_header(
      {app::find_model_shape("v2-lite").value(), app::find_type_mix(mix.toStdString()).value()});
  for (const auto& made : header.tensors())
    if (made.name == tensor.toStdString()) {
      QCOMPARE(QString::fromUtf8(engine::dtype_name(made.dtype).data()),
               QString::fromUtf8(engine::dtype_name(type).data()));
      return;
    }
  QFAIL("no such tensor");
}

void MadeModelTest::one_kv_b_binds_like_two() {
  app::MadeModel model = small_model("Q8_0");
  model.old_kv_b = true;
  const auto file = file_of(model);
  QVERIFY(file.find_tensor("blk.0.attn_kv_b.weight"));
  QVERIFY(!file.find_tensor("blk.0.attn_k_b.weight"));
  const auto config = engine::ModelConfig::from_gguf(file).value();
  QCOMPARE(config.qk_nope_head_dim, model.shape.nope);
  QCOMPARE(config.v_head_dim, model.shape.v_head);
  const Moments moments = moments_of(logits_of(file));
  QVERIFY(moments.deviation > 0.5 && moments.deviation < 2);
}

void MadeModelTest::tokens_are_spread_over_all_experts() {
  constexpr int kTokens = 4000;
  const auto file = file_of(small_model("Q8_0"));
  const auto config = engine::ModelConfig::from_gguf(file).value();
  const auto router = weights_of(*file.find_tensor("blk.1.ffn_gate_inp.weight"));
  const auto bias = weights_of(*file.find_tensor("blk.1.exp_probs_b.bias"));
  engine::MoeRouter choice(config);
  std::vector<int> uses(config.n_routed_experts);
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> hidden(config.hidden_size), logits(config.n_routed_experts);
  std::vector<int32_t> experts(config.num_experts_per_tok);
  std::vector<float> weights(config.num_experts_per_tok);
  for (int token = 0; token < kTokens; ++token) {
    for (float& value : hidden) value = normal(random);
    for (size_t e = 0; e < logits.size(); ++e) {
      logits[e] = 0;
      for (size_t i = 0; i < hidden.size(); ++i) logits[e] += router[e * hidden.size() + i] * hidden[i];
    }
    choice.select(logits, bias, experts, weights);
    for (const int32_t expert : experts) ++uses[static_cast<size_t>(expert)];
  }
  const double even = double{kTokens} * config.num_experts_per_tok / config.n_routed_experts;
  for (const int count : uses)
    QVERIFY2(count > 0.6 * even && count < 1.5 * even, qPrintable(QString::number(count / even)));
}

void MadeModelTest::text_survives_the_made_vocabulary() {
  for (const auto& family : {app::Family::DeepSeekV2, app::Family::DeepSeekV3, app::Family::Glm}) {
    app::MadeModel model = small_model("Q8_0");
    model.shape.family = family;
    model.shape.vocab_size = 5000;
    const auto tokenizer = engine::Tokenizer::from_gguf(file_of(model));
    QVERIFY(tokenizer);
    QCOMPARE(tokenizer->vocab_size(), size_t{5000});
    const std::string text = "The quick brown fox, 12 dogs – and naïve “quotes”.\n\n\tEnd 🙂";
    const auto ids = tokenizer->encode(text);
    QCOMPARE(tokenizer->decode(ids), text);
    QVERIFY(ids.size() < text.size());  // merges were used
    QVERIFY(tokenizer->bos() && tokenizer->eos());
    QVERIFY(tokenizer->ends_generation(*tokenizer->eos()));
  }
}

void MadeModelTest::the_same_seed_gives_the_same_bytes() {
  app::MadeModel model = small_model("Q4_K_M");
  const auto bytes = bytes_of(model, 1);
  QVERIFY(bytes_of(model, 3) == bytes);
  model.seed = 2;
  QVERIFY(bytes_of(model, 1) != bytes);
}

void MadeModelTest::full_disk_is_told_before_anything_is_written() {
  FaultyFileSystem disk;
  disk.set_free_bytes(1000);
  const auto written = app::write_made_model(small_model("Q8_0"), disk, kPath, 2, {});
  QVERIFY(!written);
  QCOMPARE(written.error().code, storage::ErrorCode::DiskFull);
  QVERIFY(QString::fromStdString(written.error().message).contains(kPath.c_str()));
  QCOMPARE(disk.operations(), uint64_t{0});
}

void MadeModelTest::disk_that_fills_up_on_the_way_keeps_nothing() {
  FaultyFileSystem counting;
  QVERIFY(app::write_made_model(small_model("Q8_0"), counting, kPath, 2, {}));
  for (uint64_t successes = 1; successes < counting.operations(); ++successes) {
    FaultyFileSystem disk;
    disk.fail_after(successes, storage::ErrorCode::DiskFull, 1);
    const auto written = app::write_made_model(small_model("Q8_0"), disk, kPath, 2, {});
    QVERIFY(!written);
    QCOMPARE(written.error().code, storage::ErrorCode::DiskFull);
    QVERIFY(disk.list(kPath.parent_path())->empty());
  }
}

void MadeModelTest::interrupted_writing_keeps_nothing() {
  FaultyFileSystem disk;
  uint64_t seen = 0;
  const auto stop = [&](uint64_t done, uint64_t all) {
    seen = done;
    return done < all / 2;
  };
  QVERIFY(!app::write_made_model(small_model("Q8_0"), disk, kPath, 1, stop));
  QVERIFY(seen > 0);
  QVERIFY(disk.list(kPath.parent_path())->empty());
}

void MadeModelTest::a_file_that_stands_there_stays() {
  FaultyFileSystem disk;
  const std::vector<std::byte> precious(100, std::byte{42});
  disk.set_contents(kPath, precious);
  const auto written = app::write_made_model(small_model("Q8_0"), disk, kPath, 2, {});
  QVERIFY(!written);
  QCOMPARE(written.error().code, storage::ErrorCode::BadRequest);
  QVERIFY(disk.contents(kPath) == precious);
}

QTEST_GUILESS_MAIN(MadeModelTest)
#include "made_model_test.moc"
