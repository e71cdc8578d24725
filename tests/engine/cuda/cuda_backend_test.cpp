#include "engine/cuda/cuda_backend.h"

#include "engine/cuda/cuda_module.h"
#include "engine/runtime/engine.h"
#include "tests/engine/model/loaded_model.h"
#include "tests/support/emulated_cuda/device.h"
#include "tests/support/memory_block_store.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

// Whole models take minutes on the emulated device under a sanitizer, which has seen the kernels one by one.
#ifdef __SANITIZE_ADDRESS__
#define SKIP_WHERE_SLOW() QSKIP("too slow under AddressSanitizer")
#else
#define SKIP_WHERE_SLOW()
#endif

using namespace kvasir::engine;
using namespace kvasir::engine::test;
using kvasir::test::MemoryBlockStore;
using nlohmann::json;

extern "C" const CudaModule* kvasir_cuda_module();

namespace {

constexpr const char* kGoldenFiles[] = {"deepseek2-v2-lite", "deepseek2-v2-lite-kv_b",
                                        "deepseek2-v2-yarn-kv_b", "deepseek2-v3", "deepseek2-glm-4.7-flash"};

/// Large batches cost as much as the emulation is slow.
CudaOptions small_options(Arithmetic arithmetic) {
  CudaOptions options;
  options.arithmetic = arithmetic;
  options.max_batch_tokens = 192;
  return options;
}

std::unique_ptr<Backend> make_backend(const CudaOptions& options) {
  auto backend =
      cuda::CudaBackend::create(options, make_cpu_backend({.threads = 2, .arithmetic = options.arithmetic}));
  if (!backend) qFatal("%s", backend.error().message.c_str());
  return std::move(*backend);
}

/// The module, with backends for small batches.
const CudaModule& small_module() {
  static const CudaModule module = [] {
    CudaModule made = *kvasir_cuda_module();
    made.make_backend = [](const CudaOptions& options, std::unique_ptr<Backend> host) {
      CudaOptions small = options;
      small.max_batch_tokens = 32;
      return cuda::CudaBackend::create(small, std::move(host));
    };
    return made;
  }();
  return module;
}

double relative_error(std::span<const float> x, const std::vector<double>& reference) {
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    difference += std::pow(static_cast<double>(x[i]) - reference[i], 2);
    norm += reference[i] * reference[i];
  }
  return std::sqrt(difference / norm);
}

std::unique_ptr<Engine> load_starter(EngineOptions options, std::shared_ptr<BlockStore> store = nullptr) {
  options.threads = 2;
  options.context_tokens = 1024;
  auto engine = Engine::load(KVASIR_STARTER_MODEL, options, std::move(store));
  if (!engine) qFatal("%s", engine.error().message.c_str());
  return std::move(*engine);
}

struct Answer {
  std::vector<TokenId> ids;
  Usage usage;
};

Answer answer(Engine& engine, std::vector<TokenId> prompt, uint32_t tokens) {
  Answer answer;
  GenerateRequest request;
  request.prompt = std::move(prompt);
  request.max_tokens = tokens;
  request.min_tokens = tokens;
  request.sampling.temperature = 0;
  GenerateCallbacks callbacks;
  callbacks.on_token = [&](const TokenEvent& token) { answer.ids.push_back(token.id); };
  const auto result = engine.generate(request, callbacks, {});
  if (!result) qFatal("%s", result.error().message.c_str());
  answer.usage = result->usage;
  return answer;
}

std::vector<TokenId> text_ids(const Engine& engine) {
  return engine.tokenizer().encode("Once upon a time there", true);
}

}  // namespace

/// The backend on emulated devices.
class CudaBackendTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { emulated_cuda::set_device({}); }
  void golden_logits_are_met_data();
  void golden_logits_are_met();
  void repeated_batches_compute_what_others_do();
  void a_stopped_batch_is_not_repeated();
  void large_batches_agree_with_exact_ones();
  void starter_answers_as_on_the_processor();
  void chat_resumes_from_the_store();
  void experts_without_room_are_computed_by_the_processor();
  void large_batches_have_experts_brought_over();
  void model_without_room_goes_to_the_processor();
  void all_memory_is_given_back();
};

void CudaBackendTest::golden_logits_are_met_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<int>("length");
  // A token takes a tenth of a second here: on a GPU, kvasir-gpu-check runs all of it.
  for (const char* name : kGoldenFiles)
    QTest::newRow(name) << name << (name == std::string_view("deepseek2-v3") ? 65 : 2);
}

void CudaBackendTest::golden_logits_are_met() {
  QFETCH(QString, name);
  const std::string path = std::string(KVASIR_GOLDEN_DIR "/") + name.toStdString();
  std::ifstream stream(path + ".json");
  const json golden = json::parse(stream);
  QFETCH(int, length);
  std::vector<int32_t> tokens = golden["tokens"];
  tokens.resize(static_cast<size_t>(length));
  auto loaded = load(path + ".gguf", make_backend(small_options(Arithmetic::Exact)));
  QVERIFY(loaded);
  Model& model = *loaded->model;
  const size_t vocab = model.config().vocab_size;
  auto cache = model.make_cache(KvType::F32, 640);
  QVERIFY(cache);
  const std::vector<float> logits = run(model, *cache, tokens, {tokens.size() - 1});
  for (const size_t position : golden["positions"].get<std::vector<size_t>>()) {
    if (position >= tokens.size()) continue;
    const double error = relative_error(std::span(logits).subspan(position * vocab, vocab),
                                        golden["logits"][std::to_string(position)]);
    QVERIFY2(error <= 1e-4, qPrintable(QString("position %1: %2").arg(position).arg(error)));
  }
}

void CudaBackendTest::repeated_batches_compute_what_others_do() {
  const std::string path = KVASIR_GOLDEN_DIR "/deepseek2-v3.gguf";
  std::vector<std::vector<float>> logits_of_runs;
  for (const bool recorded : {true, false}) {
    CudaOptions options = small_options(Arithmetic::Fast);
    options.profile = !recorded;  // profiles need every launch
    auto loaded = load(path, make_backend(options));
    QVERIFY(loaded);
    Model& model = *loaded->model;
    auto cache = model.make_cache(KvType::F16, 64);
    QVERIFY(cache);
    std::vector<float> all;
    std::vector<float> logits(model.config().vocab_size);
    std::vector<TokenLogit> top(Model::top_logits(model.config()));
    const uint32_t row = 0;
    for (int32_t id = 1; id < 12; ++id) {
      QVERIFY(model.forward(std::span(&id, 1), *cache, std::span(&row, 1), logits));
      all.insert(all.end(), logits.begin(), logits.end());
    }
    for (int32_t id = 1; id < 6; ++id) {  // other calls are another recording
      QVERIFY(model.forward_top(std::span(&id, 1), *cache, top));
      all.push_back(std::ranges::min_element(top, Likelier())->logit);
    }
    logits_of_runs.push_back(std::move(all));
    QCOMPARE(model.device().kernel_times.empty(), recorded);
  }
  QVERIFY(logits_of_runs[0] == logits_of_runs[1]);
}

void CudaBackendTest::a_stopped_batch_is_not_repeated() {
  auto loaded = load(KVASIR_GOLDEN_DIR "/deepseek2-v3.gguf", make_backend(small_options(Arithmetic::Fast)));
  QVERIFY(loaded);
  Model& model = *loaded->model;
  auto cache = model.make_cache(KvType::F16, 64);
  QVERIFY(cache);
  std::vector<float> logits(model.config().vocab_size);
  const auto compute = [&](int32_t id, const std::stop_token& stop = {}) {
    const uint32_t row = 0;
    cache->set_length(0);
    return model.forward(std::span(&id, 1), *cache, std::span(&row, 1), logits, stop);
  };
  QVERIFY(compute(7));
  const std::vector<float> expected = logits;
  std::stop_source stopped;
  stopped.request_stop();
  const auto cut_short = compute(7, stopped.get_token());  // while it is recorded
  QVERIFY(!cut_short && cut_short.error().code == ErrorCode::Cancelled);
  for (int i = 0; i < 3; ++i) {  // run, recorded, repeated
    QVERIFY(compute(8));
    QVERIFY(logits != expected);
    QVERIFY(compute(7));
    QVERIFY(logits == expected);
  }
}

void CudaBackendTest::large_batches_agree_with_exact_ones() {
  SKIP_WHERE_SLOW();
  auto exact = load(KVASIR_STARTER_MODEL, make_cpu_backend({.threads = 2, .arithmetic = Arithmetic::Exact}));
  auto fast = load(KVASIR_STARTER_MODEL, make_backend(small_options(Arithmetic::Fast)));
  QVERIFY(exact && fast);
  std::vector<int32_t> ids(Model::expanded_batch_tokens(fast->model->config()) + 2);
  std::iota(ids.begin(), ids.end(), 300);
  std::vector<std::vector<float>> logits;
  for (const auto& [model, type] :
       {std::pair{exact->model.get(), KvType::F32}, {fast->model.get(), KvType::F16}}) {
    auto cache = model->make_cache(type, static_cast<uint32_t>(ids.size()));
    QVERIFY(cache);
    const auto last = static_cast<uint32_t>(ids.size() - 1);
    logits.emplace_back(model->config().vocab_size);
    QVERIFY(model->forward(ids, *cache, std::span(&last, 1), logits.back()));
  }
  const std::vector<double> reference(logits[0].begin(), logits[0].end());
  const double error = relative_error(logits[1], reference);
  QVERIFY2(error <= 0.02, qPrintable(QString::number(error)));
}

void CudaBackendTest::starter_answers_as_on_the_processor() {
  SKIP_WHERE_SLOW();
  EngineOptions options;
  options.exact = true;
  const auto on_processor = load_starter(options);
  options.cuda = &small_module();
  const auto on_device = load_starter(options);
  QVERIFY(on_processor->device().name.empty());
  QVERIFY(!on_device->device().name.empty());
  QCOMPARE(on_device->device_note(), std::string());
  const auto prompt = text_ids(*on_device);
  QCOMPARE(answer(*on_device, prompt, 3).ids, answer(*on_processor, prompt, 3).ids);
}

void CudaBackendTest::chat_resumes_from_the_store() {
  EngineOptions options;
  options.cuda = &small_module();
  const auto store = std::make_shared<MemoryBlockStore>();
  std::vector<TokenId> prompt(150);  // two blocks and a rest
  std::iota(prompt.begin(), prompt.end(), 300);
  Answer first;
  {
    const auto engine = load_starter(options, store);
    first = answer(*engine, prompt, 2);
    QCOMPARE(first.usage.prompt_cache_hit_tokens, 0u);
  }
  const auto engine = load_starter(options, store);
  const Answer again = answer(*engine, prompt, 2);
  QCOMPARE(again.usage.prompt_cache_disk_tokens, 128u);
  QCOMPARE(again.ids, first.ids);
}

void CudaBackendTest::experts_without_room_are_computed_by_the_processor() {
  CudaOptions options = small_options(Arithmetic::Exact);
  auto whole = load(KVASIR_STARTER_MODEL, make_backend(options));
  QVERIFY(whole && whole->model->prepare());
  const ComputeDevice all = whole->model->device();
  QCOMPARE(all.expert_blocks_on_device, all.expert_blocks);

  options.vram_bytes = all.device_bytes - 1;
  auto split = load(KVASIR_STARTER_MODEL, make_backend(options));
  QVERIFY(split && split->model->prepare());
  QVERIFY(split->model->device().expert_blocks_on_device < all.expert_blocks);
  QVERIFY(split->model->device().device_bytes < all.device_bytes);
  std::vector<std::vector<float>> logits;
  for (Model* model : {whole->model.get(), split->model.get()}) {
    auto cache = model->make_cache(KvType::F32, 64);
    QVERIFY(cache);
    const std::vector<int32_t> ids{300, 301, 302, 303, 304, 305, 306, 307, 308};
    logits.push_back(run(*model, *cache, ids, {5, 6, 7, 8}));  // the last four alone: recorded and repeated
  }
  const std::vector<double> reference(logits[0].begin(), logits[0].end());
  const double error = relative_error(logits[1], reference);
  QVERIFY2(error <= 1e-5, qPrintable(QString::number(error)));
}

void CudaBackendTest::large_batches_have_experts_brought_over() {
  SKIP_WHERE_SLOW();
  // So many tokens share an expert of 16, of which each uses two, that bringing it pays.
  constexpr uint32_t kTokens = 256;
  CudaOptions options = small_options(Arithmetic::Fast);
  options.max_batch_tokens = kTokens;
  std::vector<int32_t> ids(kTokens);
  std::iota(ids.begin(), ids.end(), 300);
  const auto last_logits = [&](Model& model) {
    std::vector<float> logits(model.config().vocab_size);
    auto cache = model.make_cache(KvType::F16, kTokens);
    const uint32_t last = kTokens - 1;
    if (!cache || !model.forward(ids, *cache, std::span(&last, 1), logits)) qFatal("it does not run");
    return logits;
  };
  auto whole = load(KVASIR_STARTER_MODEL, make_backend(options));
  QVERIFY(whole && whole->model->prepare());
  options.vram_bytes = whole->model->device().device_bytes - 1;
  auto split = load(KVASIR_STARTER_MODEL, make_backend(options));
  QVERIFY(split && split->model->prepare());
  const ComputeDevice device = split->model->device();
  QVERIFY(device.expert_blocks_on_device < device.expert_blocks);
  // The same kernels over the same weights: had the processor computed, the bits would differ.
  QVERIFY(last_logits(*split->model) == last_logits(*whole->model));
}

void CudaBackendTest::model_without_room_goes_to_the_processor() {
  emulated_cuda::set_device({.memory_bytes = 64 << 20});
  EngineOptions options;
  options.cuda = &small_module();
  const auto engine = load_starter(options);
  QVERIFY(engine->device().name.empty());
  QVERIFY2(engine->device_note().find("GPU") != std::string::npos, engine->device_note().c_str());
  QCOMPARE(answer(*engine, text_ids(*engine), 2).ids.size(), size_t{2});

  emulated_cuda::set_device({.multiprocessors = 0});
  QCOMPARE(load_starter(options)->device_note(), std::string());  // nothing is missing where nothing was
}

void CudaBackendTest::all_memory_is_given_back() {
  const size_t before = emulated_cuda::allocated_bytes();
  {
    auto loaded =
        load(KVASIR_GOLDEN_DIR "/deepseek2-v2-lite.gguf", make_backend(small_options(Arithmetic::Fast)));
    QVERIFY(loaded);
    auto cache = loaded->model->make_cache(KvType::F16, 64);
    QVERIFY(cache);
    QVERIFY(emulated_cuda::allocated_bytes() > before);
  }
  QCOMPARE(emulated_cuda::allocated_bytes(), before);
}

QTEST_GUILESS_MAIN(CudaBackendTest)
#include "cuda_backend_test.moc"
