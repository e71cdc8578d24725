#include "engine/runtime/engine.h"

#include "tests/support/memory_block_store.h"

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

using namespace kvasir::engine;
using kvasir::test::MemoryBlockStore;

namespace {

std::unique_ptr<Engine> load(std::shared_ptr<BlockStore> store, EngineOptions options = {}) {
  options.threads = 2;
  auto engine = Engine::load(KVASIR_STARTER_MODEL, options, std::move(store));
  if (!engine) qFatal("%s", engine.error().message.c_str());
  return std::move(*engine);
}

/// Ordinary tokens, the same for the same `salt`.
std::vector<TokenId> make_prompt(size_t tokens, int salt = 0) {
  std::vector<TokenId> ids(tokens);
  for (size_t i = 0; i < tokens; ++i)
    ids[i] = static_cast<TokenId>(300 + (i * 37 + static_cast<size_t>(salt) * 11) % 3000);
  return ids;
}

struct Answer {
  std::vector<TokenId> ids;
  std::string text;
  std::string reasoning;
  uint32_t reasoning_tokens = 0;
  GenerateResult result;
};

Answer generate(Engine& engine, GenerateRequest request, std::stop_token stop = {}) {
  request.sampling.temperature = 0;
  Answer answer;
  GenerateCallbacks callbacks;
  callbacks.on_token = [&](const TokenEvent& token) {
    answer.ids.push_back(token.id);
    answer.text += token.text;
    answer.reasoning += token.reasoning;
    answer.reasoning_tokens = token.reasoning_tokens;
  };
  auto result = engine.generate(request, callbacks, stop);
  if (!result) qFatal("%s", result.error().message.c_str());
  answer.result = *result;
  return answer;
}

Answer generate(Engine& engine, std::vector<TokenId> prompt, uint32_t max_tokens, std::stop_token stop = {},
                bool keep_kv = true) {
  GenerateRequest request;
  request.prompt = std::move(prompt);
  request.max_tokens = max_tokens;
  request.kv.keep = keep_kv;
  return generate(engine, std::move(request), stop);
}

/// An answer to be continued inside a section that the prompt has opened: whatever the model writes is
/// reasoning, until `further_tokens` of it are there.
GenerateRequest make_thinking_request(const Engine& engine, uint32_t further_tokens) {
  GenerateRequest request;
  request.prompt = engine.tokenizer().encode("<｜User｜>How do boats float?<｜Assistant｜><think>\n");
  const auto begun = engine.tokenizer().encode("Once upon a time there was a little boat. It went");
  request.prompt.insert(request.prompt.end(), begun.begin(), begun.end());
  request.answer_tokens = static_cast<uint32_t>(begun.size());
  request.thinking = ThinkingFormat{"<think>", "</think>", true};
  if (further_tokens > 0) request.max_reasoning_tokens = request.answer_tokens + further_tokens;
  return request;
}

std::vector<TokenId> join(std::vector<TokenId> first, const std::vector<TokenId>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

class EngineTest : public QObject {
  Q_OBJECT

 private slots:
  void loading_tells_how_far_it_is_data();
  void loading_tells_how_far_it_is();
  void loading_is_stopped_from_its_progress_data() { loading_tells_how_far_it_is_data(); }
  void loading_is_stopped_from_its_progress();
  void counts_add_up_and_nothing_is_a_hit_at_first();
  void next_turn_in_the_same_process_reuses_every_token();
  void restarted_engine_continues_with_the_same_bits();
  void blocks_from_disk_and_from_memory_are_told_apart();
  void whole_prompt_in_the_store_still_computes_its_last_token();
  void damaged_block_is_quarantined_and_computed();
  void gap_in_the_chain_ends_the_hits();
  void full_store_drops_tails_only();
  void full_store_is_asked_once_for_each_block();
  void private_request_stores_nothing();
  void another_profile_secret_sees_no_blocks();
  void longer_context_reads_the_same_blocks();
  void stopping_keeps_what_was_generated();
  void context_limit_ends_the_answer();
  void impossible_requests_are_refused_with_a_reason();
  void model_that_computes_no_numbers_is_called_damaged();
  void reasoning_is_closed_when_its_tokens_are_used_up();
  void reasoning_without_a_budget_goes_on_to_the_end();
  void longest_answer_counts_the_closing_tokens();
  void continued_answer_goes_on_inside_its_reasoning();
  void stopping_inside_the_reasoning_keeps_it();
  void prepared_prompt_is_in_memory_and_in_the_store();
  void preparing_what_is_there_already_forgets_nothing();
  void preparing_stops_when_it_is_asked_to();
  void reopened_chat_goes_on_from_its_tail_with_the_same_bits();
  void edited_chat_uses_the_tail_up_to_the_change();
  void hostile_tails_are_misses();
  void stopped_answer_leaves_its_tail();
  void refused_request_claims_nothing();
  void restored_prefix_counts_as_read_from_disk();
  void restoring_gives_up_nothing_that_only_memory_has();
};

void EngineTest::loading_tells_how_far_it_is_data() {
  QTest::addColumn<bool>("in_file");
  QTest::newRow("in memory") << false;
  QTest::newRow("in the file") << true;
}

void EngineTest::loading_tells_how_far_it_is() {
  QFETCH(bool, in_file);
  EngineOptions options;
  options.threads = 2;
  options.keep_weights_in_file = in_file;
  std::vector<uint64_t> done;
  uint64_t total = 0;
  options.on_load_progress = [&](uint64_t done_bytes, uint64_t total_bytes) {
    done.push_back(done_bytes);
    total = total_bytes;
    return true;
  };
  const auto engine = Engine::load(KVASIR_STARTER_MODEL, options, nullptr);
  QVERIFY(engine);
  QCOMPARE(total, (*engine)->file_bytes());
  QVERIFY(std::ranges::is_sorted(done));
  QVERIFY(done.back() <= total);
  if (in_file) return;
  // Its last weight is a small one; none of the others is half of it.
  QCOMPARE(done.front(), uint64_t{0});
  QVERIFY(done.back() > total / 10 * 9);
  for (size_t i = 1; i < done.size(); ++i) QVERIFY(done[i] - done[i - 1] < total / 2);
}

void EngineTest::loading_is_stopped_from_its_progress() {
  QFETCH(bool, in_file);
  EngineOptions options;
  options.threads = 2;
  options.keep_weights_in_file = in_file;
  int calls = 0;
  options.on_load_progress = [&](uint64_t, uint64_t) { return ++calls < 5; };
  const auto engine = Engine::load(KVASIR_STARTER_MODEL, options, nullptr);
  QVERIFY(!engine);
  QCOMPARE(engine.error().code, ErrorCode::Cancelled);
  QCOMPARE(calls, 5);
}

void EngineTest::counts_add_up_and_nothing_is_a_hit_at_first() {
  auto engine = load(std::make_shared<MemoryBlockStore>());
  const auto answer = generate(*engine, make_prompt(200), 10);
  QCOMPARE(answer.result.usage.prompt_tokens, 200u);
  QCOMPARE(answer.result.usage.prompt_cache_hit_tokens, 0u);
  QCOMPARE(answer.result.usage.prompt_cache_miss_tokens, 200u);
  QCOMPARE(answer.result.usage.completion_tokens, uint32_t(answer.ids.size()));
}

void EngineTest::next_turn_in_the_same_process_reuses_every_token() {
  auto engine = load(nullptr);
  const auto prompt = make_prompt(150);
  const auto first = generate(*engine, prompt, 20);
  const auto next = join(join(prompt, first.ids), make_prompt(10, 5));
  const auto second = generate(*engine, next, 5);
  QCOMPARE(second.result.usage.prompt_cache_hit_tokens, uint32_t(150 + first.ids.size()));
  QCOMPARE(second.result.usage.prompt_cache_disk_tokens, 0u);
}

void EngineTest::restarted_engine_continues_with_the_same_bits() {
  for (const bool exact : {false, true}) {
    EngineOptions options;
    options.threads = 2;
    options.exact = exact;
    auto store = std::make_shared<MemoryBlockStore>();
    const auto prompt = make_prompt(700);
    auto engine = load(store, options);
    const auto first = generate(*engine, prompt, 30);
    const auto next = join(join(prompt, first.ids), make_prompt(20, 5));
    const auto never_closed = generate(*engine, next, 40);

    const auto reopened = generate(*load(store, options), next, 40);
    const auto cold = generate(*load(nullptr, options), next, 40);
    const auto length = uint32_t(prompt.size() + first.ids.size());
    QVERIFY(reopened.result.usage.prompt_cache_hit_tokens >= length / kBlockTokens * kBlockTokens);
    QCOMPARE(cold.result.usage.prompt_cache_hit_tokens, 0u);
    QCOMPARE(reopened.ids, never_closed.ids);
    // Long batches attend in another way than single tokens, unless the arithmetic is exact.
    if (exact) QCOMPARE(reopened.ids, cold.ids);
  }
}

void EngineTest::blocks_from_disk_and_from_memory_are_told_apart() {
  auto store = std::make_shared<MemoryBlockStore>();
  generate(*load(store), make_prompt(640), 1);
  auto engine = load(store);
  const auto prompt = make_prompt(640);
  generate(*engine, std::vector(prompt.begin(), prompt.begin() + 200), 1);
  const auto usage = generate(*engine, prompt, 1).result.usage;
  QCOMPARE(usage.prompt_cache_hit_tokens, 576u);
  QCOMPARE(usage.prompt_cache_disk_tokens, 576u - 200u);
}

void EngineTest::whole_prompt_in_the_store_still_computes_its_last_token() {
  auto store = std::make_shared<MemoryBlockStore>();
  EngineOptions options;
  options.exact = true;  // the last block's tokens are computed in batches of different sizes here
  const auto prompt = make_prompt(256);
  const auto first = generate(*load(store, options), prompt, 12);
  auto engine = load(store, options);
  const auto again = generate(*engine, prompt, 12);
  QCOMPARE(again.result.usage.prompt_cache_hit_tokens, 192u);
  QCOMPARE(again.ids, first.ids);
  const auto in_memory = generate(*engine, prompt, 12);
  QCOMPARE(in_memory.result.usage.prompt_cache_hit_tokens, 255u);
  QCOMPARE(in_memory.ids, first.ids);
}

void EngineTest::damaged_block_is_quarantined_and_computed() {
  auto store = std::make_shared<MemoryBlockStore>();
  const auto prompt = make_prompt(400);
  const auto first = generate(*load(store), prompt, 16);
  const size_t blocks = store->records.size();
  auto engine = load(store);
  BlockChain chain({}, engine->fingerprint());
  chain.extend(prompt);
  store->records.at(chain.keys[3]).back() ^= std::byte{1};

  const auto again = generate(*engine, prompt, 16);
  QCOMPARE(again.result.usage.prompt_cache_hit_tokens, 3 * kBlockTokens);
  QCOMPARE(store->quarantined, 3);  // it and what hangs on it
  QCOMPARE(again.ids, first.ids);
  QCOMPARE(store->records.size(), blocks);  // computed and stored anew
  QCOMPARE(generate(*load(store), prompt, 16).result.usage.prompt_cache_hit_tokens, 6 * kBlockTokens);
}

void EngineTest::gap_in_the_chain_ends_the_hits() {
  auto store = std::make_shared<MemoryBlockStore>();
  const auto prompt = make_prompt(400);
  generate(*load(store), prompt, 1);
  auto engine = load(store);
  BlockChain chain({}, engine->fingerprint());
  chain.extend(prompt);
  store->records.erase(chain.keys[1]);
  QCOMPARE(generate(*engine, prompt, 1).result.usage.prompt_cache_hit_tokens, kBlockTokens);
}

void EngineTest::full_store_drops_tails_only() {
  auto store = std::make_shared<MemoryBlockStore>();
  store->capacity_blocks = 3;
  generate(*load(store), make_prompt(600), 1);
  QCOMPARE(generate(*load(store), make_prompt(600), 1).result.usage.prompt_cache_hit_tokens,
           3 * kBlockTokens);
}

void EngineTest::full_store_is_asked_once_for_each_block() {
  auto store = std::make_shared<MemoryBlockStore>();
  store->capacity_blocks = 0;
  const auto answer = generate(*load(store), make_prompt(64), 100);
  QVERIFY(answer.ids.size() > 20);
  QCOMPARE(store->offers, int((64 + answer.ids.size()) / kBlockTokens));
}

void EngineTest::private_request_stores_nothing() {
  auto store = std::make_shared<MemoryBlockStore>();
  generate(*load(store), make_prompt(300), 10, {}, false);
  QVERIFY(store->records.empty());
}

void EngineTest::another_profile_secret_sees_no_blocks() {
  auto store = std::make_shared<MemoryBlockStore>();
  generate(*load(store), make_prompt(300), 1);
  EngineOptions options;
  options.profile_secret = {std::byte{1}};
  QCOMPARE(generate(*load(store, options), make_prompt(300), 1).result.usage.prompt_cache_hit_tokens, 0u);
}

void EngineTest::longer_context_reads_the_same_blocks() {
  auto store = std::make_shared<MemoryBlockStore>();
  EngineOptions options;
  options.context_tokens = 512;
  generate(*load(store, options), make_prompt(300), 1);
  options.context_tokens = 1024;
  QCOMPARE(generate(*load(store, options), make_prompt(300), 1).result.usage.prompt_cache_hit_tokens, 256u);
}

void EngineTest::stopping_keeps_what_was_generated() {
  auto engine = load(nullptr);
  std::stop_source stop;
  GenerateRequest request;
  request.prompt = make_prompt(50);
  request.sampling.temperature = 0;
  int tokens = 0;
  GenerateCallbacks callbacks;
  callbacks.on_token = [&](const TokenEvent&) {
    if (++tokens == 3) stop.request_stop();
  };
  const auto result = engine->generate(request, callbacks, stop.get_token());
  QVERIFY(result.has_value());
  QVERIFY(result->finish_reason == FinishReason::Cancelled);
  QCOMPARE(tokens, 3);
  QCOMPARE(result->usage.completion_tokens, 3u);
  // A request that was stopped before it began computes nothing.
  const auto nothing = generate(*engine, make_prompt(90, 3), 5, stop.get_token());
  QVERIFY(nothing.result.finish_reason == FinishReason::Cancelled);
  QVERIFY(nothing.ids.empty());
  QCOMPARE(nothing.result.timings.prefill_tokens_per_second, 0.0);
}

void EngineTest::context_limit_ends_the_answer() {
  EngineOptions options;
  options.context_tokens = 100;
  auto engine = load(nullptr, options);
  const auto prompt = make_prompt(90);
  const auto answer = generate(*engine, prompt, 0);
  if (answer.result.finish_reason != FinishReason::Stop) {
    QVERIFY(answer.result.finish_reason == FinishReason::ContextFull);
    QCOMPARE(prompt.size() + answer.ids.size(), size_t{100});
  }
}

void EngineTest::impossible_requests_are_refused_with_a_reason() {
  EngineOptions options;
  options.context_tokens = 100;
  auto engine = load(nullptr, options);
  GenerateCallbacks callbacks;
  callbacks.on_token = [](const TokenEvent&) {};
  const auto refusal = [&](std::vector<TokenId> prompt, float temperature = 0) {
    GenerateRequest request;
    request.prompt = std::move(prompt);
    request.sampling.temperature = temperature;
    const auto result = engine->generate(request, callbacks, {});
    return result ? QString() : QString::fromStdString(result.error().message);
  };
  QVERIFY(refusal({}).contains("empty"));
  QVERIFY(refusal(make_prompt(100)).contains("context of 100"));
  QVERIFY(refusal({1, 2, 4096}).contains("4096"));
  QVERIFY(refusal({1, -2}).contains("-2"));
  QVERIFY(refusal({1}, -1).contains("temperature", Qt::CaseInsensitive));
}

void EngineTest::model_that_computes_no_numbers_is_called_damaged() {
  // The starter with NaN (0x7FFF in F16 and BF16, all ones in F32) for the weights of its last norm.
  QFile original(KVASIR_STARTER_MODEL);
  QVERIFY(original.open(QIODevice::ReadOnly));
  QByteArray bytes = original.readAll();
  const auto file = GgufFile::open(KVASIR_STARTER_MODEL);
  QVERIFY(file.has_value());
  const auto norm = file->find_tensor("output_norm.weight")->data;
  std::fill_n(bytes.begin() + (norm.data() - file->parts().front().data()), norm.size(), char(0xFF));
  QTemporaryDir folder;
  QFile damaged(folder.filePath("damaged.gguf"));
  QVERIFY(damaged.open(QIODevice::WriteOnly) && damaged.write(bytes) == bytes.size());
  damaged.close();

  auto engine = Engine::load(damaged.fileName().toStdString(), {}, nullptr);
  QVERIFY(engine.has_value());
  GenerateRequest request;
  request.prompt = make_prompt(5);
  int tokens = 0;
  GenerateCallbacks callbacks;
  callbacks.on_token = [&](const TokenEvent&) { ++tokens; };
  const auto result = (*engine)->generate(request, callbacks, {});
  QVERIFY(!result.has_value());
  QVERIFY2(result.error().message.find("damaged.gguf") != std::string::npos, result.error().message.c_str());
  QCOMPARE(tokens, 0);
}

void EngineTest::reasoning_is_closed_when_its_tokens_are_used_up() {
  auto engine = load(nullptr);
  auto request = make_thinking_request(*engine, 4);
  request.max_tokens = 60;
  const auto answer = generate(*engine, request);
  const auto closing = engine->tokenizer().encode("\n</think>\n\n");
  QVERIFY(std::ranges::equal(std::span(answer.ids).subspan(4, closing.size()), closing));
  QVERIFY(answer.ids.size() > 4 + closing.size());
  QVERIFY(!answer.reasoning.empty() && !answer.text.empty());
  QVERIFY(answer.reasoning.find("think") == std::string::npos);
  QVERIFY(answer.text.find("think") == std::string::npos);
  const uint32_t thought = answer.reasoning_tokens - request.answer_tokens;
  QVERIFY(thought > 4 && thought <= 4 + closing.size());
  QCOMPARE(answer.result.usage.completion_tokens, uint32_t(answer.ids.size()));

  // What was fed stands in the KV as if it had been sampled.
  const auto next = join(join(request.prompt, answer.ids), make_prompt(3));
  QCOMPARE(generate(*engine, next, 1).result.usage.prompt_cache_hit_tokens,
           uint32_t(request.prompt.size() + answer.ids.size()));
}

void EngineTest::reasoning_without_a_budget_goes_on_to_the_end() {
  auto engine = load(nullptr);
  auto request = make_thinking_request(*engine, 0);
  request.max_tokens = 40;
  const auto answer = generate(*engine, request);
  QVERIFY(answer.text.empty());
  QVERIFY(!answer.reasoning.empty());
  QCOMPARE(answer.reasoning_tokens, uint32_t(request.answer_tokens + answer.ids.size()));
  request.thinking.reset();
  const auto unmarked = generate(*engine, request);
  QCOMPARE(unmarked.ids, answer.ids);
  QVERIFY(unmarked.reasoning.empty() && unmarked.text.find(answer.reasoning) != std::string::npos);
}

void EngineTest::longest_answer_counts_the_closing_tokens() {
  auto engine = load(nullptr);
  auto request = make_thinking_request(*engine, 5);
  const auto closing = engine->tokenizer().encode("\n</think>\n\n");
  QVERIFY(closing.size() > 1);
  request.max_tokens = 6;
  const auto answer = generate(*engine, request);
  QVERIFY(answer.result.finish_reason == FinishReason::Length);
  QCOMPARE(answer.ids.size(), size_t{6});
  QCOMPARE(answer.ids.back(), closing.front());
}

void EngineTest::continued_answer_goes_on_inside_its_reasoning() {
  auto engine = load(nullptr);
  auto request = make_thinking_request(*engine, 4);
  request.max_tokens = 40;
  const auto whole = generate(*engine, request);
  const size_t closing_tokens = engine->tokenizer().encode("\n</think>\n\n").size();
  for (const uint32_t cut : {1u, 3u, 4u, uint32_t(4 + closing_tokens), uint32_t(6 + closing_tokens)}) {
    request.max_tokens = cut;
    const auto part = generate(*engine, request);
    GenerateRequest rest = request;
    rest.prompt = join(request.prompt, part.ids);
    rest.answer_tokens += cut;
    rest.max_tokens = 40 - cut;
    const auto end = generate(*engine, rest);
    QCOMPARE(join(part.ids, end.ids), whole.ids);
    QCOMPARE(end.reasoning_tokens, whole.reasoning_tokens);
  }
}

void EngineTest::stopping_inside_the_reasoning_keeps_it() {
  auto engine = load(nullptr);
  auto request = make_thinking_request(*engine, 0);
  request.sampling.temperature = 0;
  std::stop_source stop;
  std::string reasoning;
  GenerateCallbacks callbacks;
  callbacks.on_token = [&](const TokenEvent& token) {
    reasoning += token.reasoning;
    if (token.reasoning_tokens == request.answer_tokens + 3) stop.request_stop();
  };
  const auto result = engine->generate(request, callbacks, stop.get_token());
  QVERIFY(result && result->finish_reason == FinishReason::Cancelled);
  QCOMPARE(result->usage.completion_tokens, 3u);
  QVERIFY(!reasoning.empty());
}

void EngineTest::prepared_prompt_is_in_memory_and_in_the_store() {
  auto store = std::make_shared<MemoryBlockStore>();
  auto engine = load(store);
  const auto prompt = make_prompt(200);
  const auto first = generate(*engine, prompt, 30);
  const auto next = join(join(prompt, make_prompt(100, 3)), make_prompt(5, 4));
  QCOMPARE(engine->prepare(std::span(next).first(300), {}, {}).value(), true);
  const auto usage = generate(*engine, next, 1).result.usage;
  QCOMPARE(usage.prompt_cache_hit_tokens, 300u);
  QCOMPARE(usage.prompt_cache_disk_tokens, 0u);
  QCOMPARE(generate(*load(store), next, 1).result.usage.prompt_cache_hit_tokens, 256u);
}

void EngineTest::preparing_what_is_there_already_forgets_nothing() {
  auto engine = load(nullptr);
  const auto prompt = make_prompt(100);
  const auto first = generate(*engine, prompt, 20);
  QCOMPARE(engine->prepare(std::span(prompt).first(60), {}, {}).value(), true);
  const auto next = join(join(prompt, first.ids), make_prompt(5, 4));
  QCOMPARE(generate(*engine, next, 1).result.usage.prompt_cache_hit_tokens, uint32_t(100 + first.ids.size()));
}

void EngineTest::preparing_stops_when_it_is_asked_to() {
  auto engine = load(nullptr);
  std::stop_source stop;
  stop.request_stop();
  QCOMPARE(engine->prepare(make_prompt(100), {}, stop.get_token()).value(), false);
  QCOMPARE(generate(*engine, make_prompt(100), 1).result.usage.prompt_cache_hit_tokens, 0u);
  QVERIFY(!engine->prepare({}, {}, {}).has_value());
}

void EngineTest::reopened_chat_goes_on_from_its_tail_with_the_same_bits() {
  auto store = std::make_shared<MemoryBlockStore>();
  GenerateRequest request;
  request.prompt = make_prompt(300);
  request.max_tokens = 30;
  request.kv.owner = "chat";
  auto engine = load(store);
  const auto first = generate(*engine, request);
  const auto length = uint32_t(request.prompt.size() + first.ids.size());
  QVERIFY(length % kBlockTokens != 0);
  QCOMPARE(store->tails.size(), size_t{1});

  request.prompt = join(join(request.prompt, first.ids), make_prompt(20, 5));
  request.max_tokens = 40;
  MemoryBlockStore at_closing = *store;
  const auto never_closed = generate(*engine, request);
  const auto reopened = generate(*load(std::make_shared<MemoryBlockStore>(at_closing)), request);
  QCOMPARE(reopened.result.usage.prompt_cache_hit_tokens, length);
  QCOMPARE(reopened.result.usage.prompt_cache_disk_tokens, length);
  QCOMPARE(reopened.ids, never_closed.ids);

  // Each chat claims its chain, and nobody's tail is anybody's else.
  BlockChain chain({}, engine->fingerprint());
  chain.extend(join(request.prompt, never_closed.ids));
  QCOMPARE(store->heads.at("chat"), chain.keys.back());
  request.kv.owner = "another";
  QCOMPARE(generate(*load(std::make_shared<MemoryBlockStore>(at_closing)), request)
               .result.usage.prompt_cache_hit_tokens,
           length / kBlockTokens * kBlockTokens);
}

void EngineTest::edited_chat_uses_the_tail_up_to_the_change() {
  auto store = std::make_shared<MemoryBlockStore>();
  GenerateRequest request;
  request.prompt = make_prompt(100);
  request.max_tokens = 1;
  request.kv.owner = "chat";
  generate(*load(store), request);
  request.prompt[90] ^= 1;
  QCOMPARE(generate(*load(store), request).result.usage.prompt_cache_hit_tokens, 90u);
  request.prompt[10] ^= 1;  // inside the full block before the tail
  QCOMPARE(generate(*load(store), request).result.usage.prompt_cache_hit_tokens, 0u);
}

void EngineTest::hostile_tails_are_misses() {
  auto store = std::make_shared<MemoryBlockStore>();
  GenerateRequest request;
  request.prompt = make_prompt(100);
  request.max_tokens = 4;
  request.kv.owner = "chat";
  const auto first = generate(*load(store), request);
  const MemoryBlockStore intact = *store;
  auto engine = load(store);
  const auto hits_with = [&](std::vector<std::byte> tail) {
    *store = intact;
    store->tails["chat"] = std::move(tail);
    engine->forget();
    const auto answer = generate(*engine, request);
    // And what such a tail leads to is the same as without it; a good one takes its place.
    return answer.ids == first.ids && store->tails == intact.tails
               ? int(answer.result.usage.prompt_cache_hit_tokens)
               : -1;
  };
  const auto tail = intact.tails.at("chat");
  QCOMPARE(hits_with(tail), 99);
  QCOMPARE(hits_with({}), 64);
  QCOMPARE(hits_with(std::vector<std::byte>(tail.size())), 64);
  QCOMPARE(hits_with(std::vector(tail.begin(), tail.end() - 1)), 64);
  QCOMPARE(hits_with(intact.records.begin()->second), 64);
  for (const size_t byte : {size_t{0}, size_t{24}, size_t{40}, size_t{72}, size_t{104}, size_t{136},
                            size_t{400}, tail.size() - 1}) {
    auto flipped = tail;
    flipped[byte] ^= std::byte{1};
    QCOMPARE(hits_with(flipped), 64);
  }
}

void EngineTest::stopped_answer_leaves_its_tail() {
  auto store = std::make_shared<MemoryBlockStore>();
  auto engine = load(store);
  GenerateRequest request;
  request.prompt = make_prompt(70);
  request.sampling.temperature = 0;
  request.kv.owner = "chat";
  std::stop_source stop;
  std::vector<TokenId> ids = request.prompt;
  GenerateCallbacks callbacks;
  callbacks.on_token = [&](const TokenEvent& token) {
    ids.push_back(token.id);
    if (ids.size() == 75) stop.request_stop();
  };
  QVERIFY(engine->generate(request, callbacks, stop.get_token()).has_value());
  request.prompt = join(ids, make_prompt(3));
  QCOMPARE(generate(*load(store), request.prompt, 1).result.usage.prompt_cache_hit_tokens, 64u);
  request.max_tokens = 1;
  QCOMPARE(generate(*load(store), request).result.usage.prompt_cache_hit_tokens, 75u);
}

void EngineTest::refused_request_claims_nothing() {
  auto store = std::make_shared<MemoryBlockStore>();
  auto engine = load(store);
  GenerateRequest request;
  request.prompt = make_prompt(100);
  request.max_tokens = 1;
  request.kv.owner = "chat";
  generate(*engine, request);
  request.kv.owner = "another";
  request.prompt.clear();
  QVERIFY(!engine->generate(request, {}, {}).has_value());
  QVERIFY(!engine->prepare({}, request.kv, {}).has_value());
  // The same prefix stands in memory, but goes on with what only the first chat said.
  QVERIFY(engine->prepare(make_prompt(80), request.kv, {}).has_value());
  QCOMPARE(store->tails.size(), size_t{1});
  QCOMPARE(store->heads.size(), size_t{1});
}

void EngineTest::restored_prefix_counts_as_read_from_disk() {
  auto store = std::make_shared<MemoryBlockStore>();
  GenerateRequest request;
  request.prompt = make_prompt(300);
  request.max_tokens = 1;
  request.kv.owner = "chat";
  const auto first = generate(*load(store), request);
  auto engine = load(store);
  generate(*engine, make_prompt(100), 1);
  request.prompt = join(join(request.prompt, first.ids), make_prompt(5));
  const auto prefix = std::span(request.prompt).first(301);
  QCOMPARE(engine->restore(prefix, request.kv, {}), 201u);
  QCOMPARE(engine->restore(prefix, request.kv, {}), 0u);
  const auto usage = generate(*engine, request).result.usage;
  QCOMPARE(usage.prompt_cache_hit_tokens, 301u);
  QCOMPARE(usage.prompt_cache_disk_tokens, 201u);
  request.prompt.push_back(300);
  QCOMPARE(generate(*engine, request).result.usage.prompt_cache_disk_tokens, 0u);
}

void EngineTest::restoring_gives_up_nothing_that_only_memory_has() {
  auto store = std::make_shared<MemoryBlockStore>();
  generate(*load(store), make_prompt(300), 1);
  auto engine = load(store);
  const auto secret = generate(*engine, make_prompt(200, 7), 1, {}, false);
  QCOMPARE(engine->restore(make_prompt(300), {}, {}), 0u);
  QCOMPARE(generate(*engine, make_prompt(210, 7), 1, {}, false).result.usage.prompt_cache_hit_tokens, 200u);
  engine->forget();
  QCOMPARE(engine->restore(make_prompt(300), {}, {}), 256u);
  QCOMPARE(generate(*engine, make_prompt(210, 7), 1).result.usage.prompt_cache_hit_tokens, 0u);
}

QTEST_GUILESS_MAIN(EngineTest)
#include "engine_test.moc"
