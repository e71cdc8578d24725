#include "app/services/model_plan.h"
#include "app/services/physical_memory.h"
#include "app/settings/answer_settings.h"
#include "app/settings/remembered_models.h"

#include <QtTest>

using namespace kvasir::app;
using kvasir::engine::KvType;
using kvasir::engine::ModelCard;

namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

/// DeepSeek-V2-Lite's 27 rows of 512 + 64 values for a token: 31,104 bytes as halves, 16,848 as 8-bit values.
ModelCard v2_lite_card() {
  ModelCard card;
  card.path = "/models/v2-lite.gguf";
  card.config.num_hidden_layers = 27;
  card.config.kv_lora_rank = 512;
  card.config.qk_rope_head_dim = 64;
  card.config.max_position_embeddings = 163'840;
  card.weight_bytes = 10 * kGiB;
  return card;
}

RememberedModel remembered(const std::string& path) {
  return {path, "Model " + path, "Q4_K", {8192, KvType::Q8_0, 3}};
}

}  // namespace

class ModelSettingsTest : public QObject {
  Q_OBJECT

 private slots:
  void remembered_models_survive_being_written_and_read();
  void the_model_in_use_is_first_and_the_oldest_gives_way();
  void damaged_json_is_left_out_data();
  void damaged_json_is_left_out();
  void settings_of_answers_survive_being_written_and_read();
  void settings_of_answers_that_make_no_sense_are_left_out();
  void automatic_context_takes_at_most_a_quarter_of_the_memory();
  void a_chosen_context_stays_within_the_models_limit();
  void weights_beyond_the_available_memory_exceed_it();
  void a_gpu_takes_what_memory_need_not_hold();
  void lines_of_the_kernel_are_read_as_bytes();
  void this_machine_has_memory();
};

void ModelSettingsTest::remembered_models_survive_being_written_and_read() {
  RememberedModels models;
  models.use(remembered("/a \"quoted\"\nname.gguf"));
  models.use({{}, "Starter", "Q8_0", {}});
  const auto read = RememberedModels::from_json(models.to_json());
  QVERIFY(read.all() == models.all());
  QVERIFY(read.settings_of("/a \"quoted\"\nname.gguf") == (ModelSettings{8192, KvType::Q8_0, 3}));
  QVERIFY(read.settings_of("") == ModelSettings());
  QVERIFY(!read.settings_of("/other.gguf"));

  ModelSettings on_processor;
  on_processor.on_gpu = false;
  on_processor.vram_mib = 6144;
  models.use({"/processor.gguf", "Model", "Q4_K", on_processor});
  QVERIFY(RememberedModels::from_json(models.to_json()).settings_of("/processor.gguf") == on_processor);

  // A name that is no UTF-8 comes back readable, if not the same.
  models.use(remembered("/bad\xff.gguf"));
  QCOMPARE(RememberedModels::from_json(models.to_json()).all().size(), size_t{4});
}

void ModelSettingsTest::the_model_in_use_is_first_and_the_oldest_gives_way() {
  RememberedModels models;
  for (const char* name : {"/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9"})
    models.use(remembered(name));
  QCOMPARE(models.all().size(), RememberedModels::kMost);
  QCOMPARE(models.all().front().path.string(), std::string("/9"));
  QCOMPARE(models.all().back().path.string(), std::string("/2"));
  models.use(remembered("/5"));
  QCOMPARE(models.all().size(), RememberedModels::kMost);
  QCOMPARE(models.all().front().path.string(), std::string("/5"));
}

void ModelSettingsTest::damaged_json_is_left_out_data() {
  QTest::addColumn<QByteArray>("json");
  QTest::addColumn<int>("models");
  QTest::newRow("empty") << QByteArray() << 0;
  QTest::newRow("cut off") << QByteArray("[{\"path\": \"/a") << 0;
  QTest::newRow("no list") << QByteArray("{\"path\": \"/a\"}") << 0;
  QTest::newRow("no object") << QByteArray("[1, \"a\", null, [], {\"path\": \"/a\"}]") << 1;
  QTest::newRow("no path") << QByteArray("[{\"name\": \"a\"}]") << 0;
  QTest::newRow("other kinds of values")
      << QByteArray(
             "[{\"path\": \"/a\", \"name\": 7, \"context_tokens\": \"x\", \"threads\": -5, "
             "\"kv_type\": {}}]")
      << 1;
  QTest::newRow("huge numbers")
      << QByteArray("[{\"path\": \"/a\", \"context_tokens\": 1e99, \"threads\": 18446744073709551615}]") << 1;
  QTest::newRow("too many") << "[" + QByteArray("{\"path\": \"/a\"},").repeated(99) + "{\"path\": \"/b\"}]"
                            << 8;
}

void ModelSettingsTest::damaged_json_is_left_out() {
  QFETCH(QByteArray, json);
  QFETCH(int, models);
  const auto read = RememberedModels::from_json(json.toStdString());
  QCOMPARE(int(read.all().size()), models);
  for (const RememberedModel& model : read.all()) {
    QCOMPARE(model.settings.context_tokens, 0u);
    QVERIFY(model.settings.threads <= 4096);
    QVERIFY(model.settings.kv_type == KvType::F16);
  }
}

void ModelSettingsTest::settings_of_answers_survive_being_written_and_read() {
  const AnswerSettings settings{0.1, 0, 0.95, 0, 1.05, UINT32_MAX, UINT64_MAX};
  QVERIFY(AnswerSettings::from_json(settings.to_json()) == settings);
  QCOMPARE(AnswerSettings().to_json(), std::string());
  QVERIFY(AnswerSettings::from_json("").empty());
}

void ModelSettingsTest::settings_of_answers_that_make_no_sense_are_left_out() {
  for (const char* json :
       {"[]", "7", "{", "null", R"({"temperature":-1})", R"({"temperature":"0.5"})", R"({"temperature":1e9})",
        R"({"temperature":1e999})", R"({"top_p":0})", R"({"top_p":1.5})", R"({"min_p":-0.1})",
        R"({"repetition_penalty":0})", R"({"top_k":-1})", R"({"top_k":4294967296})", R"({"top_k":1.5})",
        R"({"max_tokens":-5})", R"({"seed":1e3})", R"({"seed":[1]})", R"({"unknown":1})"})
    QVERIFY2(AnswerSettings::from_json(json).empty(), json);
  const AnswerSettings kept = AnswerSettings::from_json(R"({"temperature":-1,"top_k":5,"seed":null})");
  QCOMPARE(kept.top_k, std::optional(5u));
  QVERIFY(!kept.temperature && !kept.seed);
}

void ModelSettingsTest::automatic_context_takes_at_most_a_quarter_of_the_memory() {
  const ModelCard card = v2_lite_card();
  // 4 GiB / 31,104 = 138,084 tokens, 4 GiB / 16,848 = 254,924.
  QCOMPARE(automatic_context_tokens(card, KvType::F16, 16 * kGiB), 131'072u);
  QCOMPARE(automatic_context_tokens(card, KvType::Q8_0, 16 * kGiB), 163'840u);
  QCOMPARE(automatic_context_tokens(card, KvType::F16, 8 * kGiB), 65'536u);
  QCOMPARE(automatic_context_tokens(card, KvType::F16, 64 * kGiB), 163'840u);
  // However little there is, and where nothing is known of it: something to chat with.
  QCOMPARE(automatic_context_tokens(card, KvType::F16, 0), 4096u);
  ModelCard small = card;
  small.config.max_position_embeddings = 2048;
  QCOMPARE(automatic_context_tokens(small, KvType::F16, 0), 2048u);
}

void ModelSettingsTest::a_chosen_context_stays_within_the_models_limit() {
  ModelSettings settings;
  settings.context_tokens = 1'000'000;
  settings.threads = 3;
  const ModelPlan plan = make_model_plan(v2_lite_card(), settings, {16 * kGiB, 12 * kGiB});
  QCOMPARE(plan.context_tokens, 163'840u);
  QCOMPARE(plan.request().settings.context_tokens, 163'840u);
  QCOMPARE(plan.request().settings.threads, 3u);
  QCOMPARE(plan.settings.context_tokens, 1'000'000u);
  QCOMPARE(plan.needed().kv_bytes, uint64_t{163'840} * 31'104);
}

void ModelSettingsTest::weights_beyond_the_available_memory_exceed_it() {
  const auto exceeds = [](uint64_t available) {
    return make_model_plan(v2_lite_card(), {}, {16 * kGiB, available}).exceeds_memory();
  };
  QVERIFY(exceeds(10 * kGiB));  // the activations come on top
  QVERIFY(make_model_plan(v2_lite_card(), {}, {16 * kGiB, 9 * kGiB}).request().keep_weights_in_file);
  QVERIFY(!make_model_plan(v2_lite_card(), {}, {16 * kGiB, 12 * kGiB}).request().keep_weights_in_file);
  QVERIFY(!exceeds(11 * kGiB));
  QVERIFY(!exceeds(0));  // not known
}

void ModelSettingsTest::a_gpu_takes_what_memory_need_not_hold() {
  const PhysicalMemory memory{16 * kGiB, 8 * kGiB};
  const Gpu gpu{"GPU", 12 * kGiB, 11 * kGiB};
  QVERIFY(make_model_plan(v2_lite_card(), {}, memory).exceeds_memory());
  const ModelPlan plan = make_model_plan(v2_lite_card(), {}, memory, gpu);
  QVERIFY(!plan.exceeds_memory());
  QVERIFY(plan.request().through_page_cache && !plan.request().keep_weights_in_file);
  // Of the GPU's memory, where the KV lies: a quarter is 3 GiB.
  QCOMPARE(plan.context_tokens, 65'536u);
  ModelSettings on_processor;
  on_processor.on_gpu = false;
  QVERIFY(make_model_plan(v2_lite_card(), on_processor, memory, gpu).exceeds_memory());
}

void ModelSettingsTest::lines_of_the_kernel_are_read_as_bytes() {
  const char* text =
      "MemTotal:       16384 kB\nMemAvailableX:  1 kB\nMemAvailable:\t  8192 kB\nEmpty:\nBroken: x\n"
      "Huge: 99999999999999999999 kB\nLast: 7 kB";
  QCOMPARE(kib_line_bytes(text, "MemTotal"), uint64_t{16384 * 1024});
  QCOMPARE(kib_line_bytes(text, "MemAvailable"), uint64_t{8192 * 1024});
  QCOMPARE(kib_line_bytes(text, "Last"), uint64_t{7 * 1024});
  for (const char* name : {"Empty", "Broken", "Huge", "None", "Mem"})
    QCOMPARE(kib_line_bytes(text, name), uint64_t{0});
}

void ModelSettingsTest::this_machine_has_memory() {
  const PhysicalMemory memory = physical_memory();
  QVERIFY(memory.total_bytes > 0);
  QVERIFY(memory.available_bytes > 0);
  QVERIFY(memory.available_bytes < memory.total_bytes);
}

QTEST_MAIN(ModelSettingsTest)
#include "model_settings_test.moc"
