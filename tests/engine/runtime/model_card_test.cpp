#include "engine/runtime/model_card.h"

#include "engine/ops/backend.h"
#include "engine/runtime/engine.h"
#include "tests/support/tiny_model.h"

#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <fstream>
#include <functional>

using namespace kvasir::engine;
using kvasir::test::GgufWriter;
using kvasir::test::TinyModel;
using kvasir::test::write_bytes;

namespace {

/// DeepSeek-V2-Lite's published dimensions, as far as memory depends on them.
ModelCard v2_lite_card() {
  ModelCard card;
  card.config.vocab_size = 102'400;
  card.config.hidden_size = 2048;
  card.config.num_hidden_layers = 27;
  card.config.num_attention_heads = 16;
  card.config.kv_lora_rank = 512;
  card.config.qk_nope_head_dim = 128;
  card.config.qk_rope_head_dim = 64;
  card.config.v_head_dim = 128;
  card.weight_bytes = 10'400'000'000;
  return card;
}

/// Of this process's address space.
int64_t mapped_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

struct Refusal {
  const char* name;
  ErrorCode code;
  const char* says;  ///< a part of the message
  std::function<std::vector<std::byte>(GgufWriter)> file;
};

std::vector<std::byte> first_half(std::vector<std::byte> bytes) {
  bytes.resize(bytes.size() / 2);
  return bytes;
}

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> all = {
      {"a text", ErrorCode::BadFile, "not a GGUF model",
       [](auto) { return kvasir::test::bytes_of(std::vector<char>(4096, 'a')); }},
      {"another architecture", ErrorCode::Unsupported, "“llama”",
       [](GgufWriter w) { return w.set_string("general.architecture", "llama").build(); }},
      {"no weights", ErrorCode::Unsupported, "vocabulary",
       [](GgufWriter) { return GgufWriter().set_string("general.architecture", "deepseek2").build(); }},
      {"cut off", ErrorCode::BadFile, "damaged or incomplete",
       [](GgufWriter w) { return first_half(w.build()); }},
      {"a tensor type of the future", ErrorCode::Unsupported, "output.weight",
       [](GgufWriter w) {
         w.tensor("output.weight").dtype_number = 4000;
         return w.build();
       }},
      {"a tensor type that nothing computes with", ErrorCode::Unsupported, "I32",
       [](GgufWriter w) {
         w.tensor("output.weight").dtype = DType::I32;
         return w.build();
       }},
  };
  return all;
}

}  // namespace

class ModelCardTest : public QObject {
  Q_OBJECT

 private slots:
  void every_parameter_is_counted_once();
  void parameters_of_blocks_that_predict_further_are_left_out();
  void tied_embeddings_are_active();
  void the_starter_is_described_as_it_is_loaded();
  void names_the_types_that_hold_a_share_of_the_bytes();
  void memory_of_known_shapes();
  void expansions_take_what_was_estimated();
  void says_why_a_file_is_refused_data();
  void says_why_a_file_is_refused();
  void says_that_a_file_is_missing();

 private:
  std::filesystem::path write(const std::vector<std::byte>& bytes) const {
    const QString path = m_folder.filePath("model.gguf");
    write_bytes(path.toStdString(), bytes);
    return path.toStdString();
  }
  ModelCard card_of(const GgufWriter& writer) const {
    auto card = read_model_card(write(writer.build()));
    if (!card) qFatal("%s", card.error().message.c_str());
    return *card;
  }

  QTemporaryDir m_folder;
};

void ModelCardTest::every_parameter_is_counted_once() {
  const ModelCard card = card_of(TinyModel::writer().set_string("general.license", "mit"));
  // Embedding and output 2·64·24, norm 64; two blocks of attention 64 + 64·20 + 64·36 + 32 + 6·32·2 +
  // 32·5·2 + 10·64 + 64 = 5,088; dense 3·64·96; experts 64·8 + 8 + 3·64·32·(8 + 1).
  QCOMPARE(card.parameters, uint64_t{3072 + 64 + 2 * 5088 + 18432 + 520 + 55296});
  // Without the embedding, and 2 of 8 experts.
  QCOMPARE(card.active_parameters, card.parameters - 1536 - 6 * (3 * 64 * 32));
  QCOMPARE(card.weight_bytes, card.parameters * sizeof(float));
  QCOMPARE(card.file_bytes, uint64_t{std::filesystem::file_size(card.path)});
  QCOMPARE(card.config.name, std::string("Tiny"));
  QCOMPARE(card.licence, std::string("mit"));

  // An old file has the same numbers in another tensor; one that holds both counts them once.
  QCOMPARE(card_of(TinyModel::old_writer()).parameters, card.parameters);
  GgufWriter both = TinyModel::writer();
  for (const char* name : {"blk.0.attn_kv_b.weight", "blk.1.attn_kv_b.weight"})
    TinyModel::add(both, name, {32, 22});
  QCOMPARE(card_of(both).parameters, card.parameters);
}

void ModelCardTest::parameters_of_blocks_that_predict_further_are_left_out() {
  GgufWriter writer = TinyModel::writer();
  writer.set_uint("deepseek2.block_count", 3);
  TinyModel::add(writer, "blk.2.nextn.eh_proj.weight", {128, 64});
  TinyModel::add(writer, "blk.2.attn_norm.weight", {64});
  QCOMPARE(card_of(writer).parameters, card_of(TinyModel::writer()).parameters);
}

void ModelCardTest::tied_embeddings_are_active() {
  GgufWriter writer = TinyModel::writer();
  writer.remove_tensor("output.weight");
  const ModelCard tied = card_of(writer);
  const ModelCard apart = card_of(TinyModel::writer());
  QCOMPARE(tied.parameters, apart.parameters - 1536);
  QCOMPARE(tied.active_parameters, apart.active_parameters);
}

void ModelCardTest::the_starter_is_described_as_it_is_loaded() {
  const auto card = read_model_card(KVASIR_STARTER_MODEL);
  QVERIFY(card.has_value());
  EngineOptions options;
  options.threads = 2;
  const auto engine = Engine::load(KVASIR_STARTER_MODEL, options, nullptr);
  QVERIFY(engine.has_value());
  QCOMPARE(card->config.name, (*engine)->config().name);
  QCOMPARE(card->config.max_position_embeddings, (*engine)->context_tokens());
  QCOMPARE(card->file_bytes, (*engine)->file_bytes());
  QCOMPARE(card->quantisation(), std::string((*engine)->weight_type()));
  QCOMPARE(card->licence, std::string("mit"));
}

void ModelCardTest::names_the_types_that_hold_a_share_of_the_bytes() {
  ModelCard card;
  card.weight_bytes = 10'000;
  card.weight_types = {{DType::Q4_K, 7000}, {DType::Q6_K, 2950}, {DType::F32, 50}};
  QCOMPARE(card.quantisation(), std::string("Q4_K, Q6_K"));
  card.weight_types = {{DType::Q8_0, 9900}, {DType::F32, 100}};
  QCOMPARE(card.quantisation(), std::string("Q8_0"));
}

void ModelCardTest::memory_of_known_shapes() {
  const ModelCard card = v2_lite_card();
  // 27 layers of 512 + 64 values: halves, or bytes with 18 halves of scales up to a multiple of 16.
  QCOMPARE(card.kv_bytes_per_token(KvType::F16), uint64_t{31'104});
  QCOMPARE(card.kv_bytes_per_token(KvType::Q8_0), uint64_t{27 * 624});

  const MemoryEstimate half = memory_estimate(card, 32'768, KvType::F16);
  QCOMPARE(half.weight_bytes, uint64_t{10'400'000'000});
  QCOMPARE(half.kv_bytes, uint64_t{1'019'215'872});
  // Of float32: for 512 tokens hidden twice, one KV row, and for each head query and values; for 171 tokens
  // each head's query in the latent space and what it attended to; 32 rows of logits and what they are of.
  QCOMPARE(half.scratch_bytes, uint64_t{4 * (512 * (2 * 2048 + 576 + 16 * (192 + 128)) +
                                             171 * 16 * (576 + 512) + 32 * (102'400 + 2048))});
  QCOMPARE(half.total_bytes(), half.fixed_bytes() + half.kv_bytes);
  QCOMPARE(memory_estimate(card, 131'072, KvType::Q8_0).kv_bytes, uint64_t{2'208'301'056});

  ModelCard v3 = card;
  v3.config.num_hidden_layers = 61;
  QCOMPARE(memory_estimate(v3, 131'072, KvType::F16).kv_bytes, uint64_t{9'210'691'584});
}

/// The address space that grows when a backend makes V2-Lite's expansions, all 27 layers.
void ModelCardTest::expansions_take_what_was_estimated() {
  const ModelConfig config = v2_lite_card().config;
  const auto projection = [&](uint64_t cols, uint64_t rows, std::vector<std::byte>& bytes) {
    TensorView view;
    view.dtype = DType::F16;
    view.shape = {cols, rows, config.num_attention_heads, 1};
    bytes.resize(view.matrix_bytes() * view.matrices());
    view.data = bytes;
    return view;
  };
  std::vector<std::byte> k_bytes, v_bytes;
  const TensorView k_b = projection(config.qk_nope_head_dim, config.kv_lora_rank, k_bytes);
  const TensorView v_b = projection(config.kv_lora_rank, config.v_head_dim, v_bytes);

  const auto backend = make_cpu_backend({});
  QVERIFY(backend->place_expansion(k_b, v_b));  // takes the pool's own memory besides
  const int64_t before = mapped_bytes();
  for (uint32_t layer = 0; layer < config.num_hidden_layers; ++layer)
    QVERIFY(backend->place_expansion(k_b, v_b));
  const auto taken = static_cast<double>(mapped_bytes() - before);

  const auto estimated = static_cast<double>(memory_estimate(v2_lite_card(), 0, KvType::F16).expansion_bytes);
  if (backend->place_expansion(k_b, v_b)->present()) QVERIFY(estimated > 100e6);
  QVERIFY2(std::abs(taken - estimated) <= 0.01 * estimated,
           qPrintable(QString("%1 of %2").arg(taken).arg(estimated)));

  // A model whose latent rows are no wider than its heads attends to them as they are, and expands nothing.
  ModelCard narrow = v2_lite_card();
  narrow.config.kv_lora_rank = 64;
  QCOMPARE(memory_estimate(narrow, 0, KvType::F16).expansion_bytes, uint64_t{0});
}

void ModelCardTest::says_why_a_file_is_refused_data() {
  QTest::addColumn<int>("index");
  for (size_t i = 0; i < refusals().size(); ++i) QTest::newRow(refusals()[i].name) << static_cast<int>(i);
}

void ModelCardTest::says_why_a_file_is_refused() {
  QFETCH(int, index);
  const Refusal& refusal = refusals()[static_cast<size_t>(index)];
  const auto path = write(refusal.file(TinyModel::writer()));
  const auto card = read_model_card(path);
  QVERIFY(!card.has_value());
  QCOMPARE(card.error().code, refusal.code);
  const auto says = [&](const std::string& part) {
    return card.error().message.find(part) != std::string::npos;
  };
  QVERIFY2(says(refusal.says), card.error().message.c_str());
  QVERIFY2(says(path.string()), card.error().message.c_str());
}

void ModelCardTest::says_that_a_file_is_missing() {
  const auto card = read_model_card("/nowhere/model.gguf");
  QVERIFY(!card.has_value());
  QCOMPARE(card.error().code, ErrorCode::Io);
  QVERIFY(card.error().message.find("/nowhere/model.gguf") != std::string::npos);
}

QTEST_MAIN(ModelCardTest)
#include "model_card_test.moc"
