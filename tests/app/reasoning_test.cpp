#include "app/services/chat_prompt.h"
#include "app/services/chat_service.h"
#include "tests/engine/chat/chat_fixture.h"
#include "tests/support/starter_with_template.h"

#include <QTemporaryDir>
#include <QtTest>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace kvasir;
using namespace kvasir::app;
using storage::MessageRole;
using storage::MessageStatus;
using storage::StoredMessage;

namespace {

// clang-format off
/// As R1 has it: the answer is made to begin with thinking, and past thinking is dropped.
const char* const kAlwaysThinks =
    "{{bos_token}}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}"
    "{% elif message['role'] == 'assistant' %}{% set content = message['content'] %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
    "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}"
    "{% else %}{{message['content']}}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}";

/// As V3.1 has it: thinking is switched by the prompt's end.
const char* const kThinksWhenAsked =
    "{{bos_token}}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}"
    "{% elif message['role'] == 'assistant' %}{% set content = message['content'] %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>', 1)[1] %}{% endif %}"
    "{{'<｜Assistant｜></think>' + content + '<｜end▁of▁sentence｜>'}}"
    "{% else %}{{message['content']}}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{'<｜Assistant｜>'}}"
    "{% if thinking %}{{'<think>'}}{% else %}{{'</think>'}}{% endif %}{% endif %}";
// clang-format on

/// Words that go on for a while; a model left alone would end its thinking at once.
const std::string kBegun = "Once upon a time there was a little boat. It went";

class Observer final : public ChatObserver {
 public:
  void conversation_created(const storage::StoredConversation&) override {}
  void conversation_changed(const storage::StoredConversation&) override {}
  void message_added(const StoredMessage&) override {}
  void branch_changed(int64_t, std::optional<int64_t>, const std::vector<storage::StoredMessage>&) override {}
  void conversation_forked(const storage::StoredConversation&) override {}
  void prefill_progress(int64_t, int64_t, uint32_t, uint32_t) override {}
  void answer_grew(int64_t, int64_t, const AnswerGrowth& added) override {
    text += added.text;
    reasoning += added.reasoning;
  }
  void message_changed(const StoredMessage&) override {}
  void model_changed(const ModelState& state) override {
    const std::lock_guard lock(mutex_);
    model_ = state;
    heard_.notify_all();
  }
  void saving_changed(bool, const std::string&) override {}
  void failed(const std::string& message) override { qWarning("%s", message.c_str()); }

  ModelState wait_for_model() {
    std::unique_lock lock(mutex_);
    heard_.wait(lock, [this] {
      return model_.stage == ModelState::Stage::Ready || model_.stage == ModelState::Stage::Failed;
    });
    return model_;
  }

  std::string text;  // this and the next: of the engine thread until an answer's future is there
  std::string reasoning;

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  ModelState model_;
};

}  // namespace

class ReasoningTest : public QObject {
  Q_OBJECT

 private slots:
  void init();
  void cleanup() { close(); }
  void what_is_thought_is_kept_apart_from_the_answer();
  void answer_cut_while_it_thinks_goes_on_thinking();
  void past_reasoning_is_dropped_and_everything_before_it_is_reused();
  void next_turn_finds_its_whole_prefix_computed();
  void restarted_chat_reuses_every_full_block_of_what_is_kept();
  void message_during_the_preparation_is_answered_and_counted_truly();
  void thinking_can_be_left_where_the_template_allows_it();
  void model_says_whether_it_thinks();

 private:
  void open(const char* jinja);
  void close();
  void reopen(const char* jinja);
  SendRequest request(int64_t conversation, const std::string& text, uint32_t max_tokens = 40) const;
  StoredMessage ask(SendRequest request);
  /// A turn whose answer has begun to think, as if it had been stopped there, and is gone on with. It ends
  /// by itself, after four more tokens of thinking.
  StoredMessage think(int64_t conversation, const std::string& question);
  int64_t new_conversation();
  std::vector<StoredMessage> stored(int64_t conversation);
  /// What the next prompt of the conversation is known to begin with.
  std::vector<engine::TokenId> prefix(int64_t conversation);

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Profile> profile_;
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<ChatService> chats_;
  std::unique_ptr<test::Chat> chat_;
  ModelState model_;
};

void ReasoningTest::init() {
  folder_ = std::make_unique<QTemporaryDir>();
}

void ReasoningTest::open(const char* jinja) {
  const QString path = folder_->filePath("model.gguf");
  test::write_starter_with_template(path, jinja);
  chat_ = std::make_unique<test::Chat>(path.toStdString());
  auto profile = Profile::open({folder_->filePath("data").toStdString()});
  if (!profile) qFatal("%s", profile.error().c_str());
  profile_ = std::move(*profile);
  observer_ = std::make_unique<Observer>();
  chats_ = std::make_unique<ChatService>(*profile_, *observer_);
  chats_->load_model({path.toStdString(), {.threads = 2}});
  model_ = observer_->wait_for_model();
  QVERIFY2(model_.stage == ModelState::Stage::Ready && model_.can_chat, model_.note.c_str());
}

void ReasoningTest::close() {
  chats_.reset();
  profile_.reset();
}

void ReasoningTest::reopen(const char* jinja) {
  close();
  open(jinja);
}

SendRequest ReasoningTest::request(int64_t conversation, const std::string& text, uint32_t max_tokens) const {
  SendRequest request;
  request.conversation_id = conversation;
  request.text = text;
  request.settings.sampling.temperature = 0;
  request.settings.max_tokens = max_tokens;
  return request;
}

StoredMessage ReasoningTest::ask(SendRequest request) {
  observer_->text.clear();
  observer_->reasoning.clear();
  auto answer = chats_->send(std::move(request)).get();
  if (!answer) qFatal("%s", answer.error().c_str());
  return *answer;
}

int64_t ReasoningTest::new_conversation() {
  return *chats_->with_store([](auto& store) { return store.create_conversation("c", "", std::nullopt); })
              .get();
}

StoredMessage ReasoningTest::think(int64_t conversation, const std::string& question) {
  StoredMessage begun;
  begun.conversation_id = conversation;
  begun.role = MessageRole::Assistant;
  begun.status = MessageStatus::Stopped;
  begun.reasoning = kBegun;
  begun.token_ids = chat_->tokenizer.encode(kBegun);
  begun.reasoning_tokens = static_cast<uint32_t>(begun.token_ids.size());
  begun.reasoning_ms = 1000;
  begun.vocabulary_hash = stored_vocabulary_hash(chat_->tokenizer);
  chats_
      ->with_store([&](auto& store) {
        StoredMessage asked;
        asked.conversation_id = conversation;
        asked.text = question;
        return store.append_message(asked).has_value() && store.append_message(begun).has_value();
      })
      .get();
  observer_->text.clear();
  observer_->reasoning.clear();
  ChatSettings settings = request(0, "").settings;
  settings.thinking.max_tokens = begun.reasoning_tokens + 4;
  auto answer = chats_->retry(conversation, settings).get();
  if (!answer) qFatal("%s", answer.error().c_str());
  return *answer;
}

std::vector<StoredMessage> ReasoningTest::stored(int64_t conversation) {
  return *chats_->with_store([=](auto& store) { return store.messages(conversation); }).get();
}

std::vector<engine::TokenId> ReasoningTest::prefix(int64_t conversation) {
  return next_turn_prefix(stored(conversation), chat_->tokenizer, chat_->chat_template).value().token_ids;
}

void ReasoningTest::what_is_thought_is_kept_apart_from_the_answer() {
  open(kAlwaysThinks);
  const auto answer = think(new_conversation(), "Tell me about boats.");
  QVERIFY2(answer.status == MessageStatus::Complete, answer.error.c_str());
  QVERIFY(answer.reasoning.starts_with(kBegun) && answer.reasoning.size() > kBegun.size());
  QVERIFY(!answer.text.empty());
  QVERIFY((answer.reasoning + answer.text).find("think>") == std::string::npos);
  QCOMPARE(kBegun + observer_->reasoning, answer.reasoning);
  QCOMPARE(observer_->text, answer.text);
  QVERIFY(answer.reasoning_ms >= 1000);
  QVERIFY(answer.reasoning_tokens > 4 && answer.reasoning_tokens < answer.token_ids.size());
  // The ids are all that was sampled, with the markers.
  const std::string sampled = chat_->tokenizer.decode(answer.token_ids);
  QVERIFY(sampled.find("</think>") != std::string::npos);

  const auto kept = stored(answer.conversation_id).back();
  QCOMPARE(kept.reasoning, answer.reasoning);
  QCOMPARE(kept.text, answer.text);
  QCOMPARE(kept.reasoning_tokens, answer.reasoning_tokens);
  QVERIFY(kept.token_ids == answer.token_ids);
}

void ReasoningTest::answer_cut_while_it_thinks_goes_on_thinking() {
  open(kAlwaysThinks);
  auto cut = request(0, "Tell me a story.", 3);
  cut.settings.sampling = {.temperature = 100, .top_k = 0, .top_p = 1, .min_p = 0, .seed = 7};
  cut.settings.random_seed = false;
  const auto part = ask(cut);
  QVERIFY(part.status == MessageStatus::Length);
  QVERIFY(part.text.empty());
  QCOMPARE(part.reasoning_tokens, 3u);
  // Switching thinking off does not tear apart what has begun.
  cut.settings.thinking.on = false;
  const auto whole = chats_->retry(part.conversation_id, cut.settings).get();
  QVERIFY(whole.has_value() && whole->id == part.id);
  QVERIFY(whole->text.empty());
  QCOMPARE(whole->reasoning_tokens, 6u);
  QVERIFY(std::equal(part.token_ids.begin(), part.token_ids.end(), whole->token_ids.begin()));
}

void ReasoningTest::past_reasoning_is_dropped_and_everything_before_it_is_reused() {
  open(kAlwaysThinks);
  const int64_t conversation = new_conversation();
  const auto first = think(conversation, "Tell me about boats.");
  const auto second = ask(request(conversation, "And the sea?", 1));
  auto history = stored(conversation);
  history.pop_back();
  const auto prompt = make_chat_prompt(history, chat_->tokenizer, chat_->chat_template).value();
  const std::string text = chat_->tokenizer.decode(prompt.token_ids, true);
  QVERIFY(text.find(kBegun) == std::string::npos);
  QVERIFY(text.find(first.text + "<｜end▁of▁sentence｜><｜User｜>And the sea?") != std::string::npos);
  QCOMPARE(second.usage->prompt_tokens, uint32_t(prompt.token_ids.size()));
}

void ReasoningTest::next_turn_finds_its_whole_prefix_computed() {
  open(kAlwaysThinks);
  const int64_t conversation = new_conversation();
  think(conversation, "Tell me about boats.");
  chats_->wait_until_idle();
  const auto known = prefix(conversation);
  const auto second = ask(request(conversation, "And the sea?", 1));
  QCOMPARE(second.usage->prompt_cache_hit_tokens, uint32_t(known.size()));
  QCOMPARE(second.usage->prompt_cache_hit_tokens + second.usage->prompt_cache_miss_tokens,
           second.usage->prompt_tokens);
}

void ReasoningTest::restarted_chat_reuses_every_full_block_of_what_is_kept() {
  open(kAlwaysThinks);
  const int64_t conversation = new_conversation();
  for (int turn = 0; turn < 4; ++turn) {
    think(conversation,
          "Tell me a long story about a little boat, a lake, two dogs and their friend, who lived "
          "in an old house by the water and made tea for everybody, please.");
    chats_->wait_until_idle();
  }
  const auto known = prefix(conversation);
  QVERIFY2(known.size() > 2 * engine::kBlockTokens, qPrintable(QString::number(known.size())));
  reopen(kAlwaysThinks);
  const auto next = ask(request(conversation, "And the sea?", 1));
  QVERIFY(next.usage->prompt_cache_hit_tokens > 0);
  QVERIFY(next.usage->prompt_cache_hit_tokens >= known.size() / engine::kBlockTokens * engine::kBlockTokens);
  QVERIFY(next.usage->prompt_cache_hit_tokens <= known.size());
  QCOMPARE(next.usage->prompt_cache_disk_tokens, next.usage->prompt_cache_hit_tokens);
}

void ReasoningTest::message_during_the_preparation_is_answered_and_counted_truly() {
  open(kAlwaysThinks);
  const int64_t conversation = new_conversation();
  think(conversation, "Tell me about boats.");
  // At once: how far the preparation has come is left open, but not what the counts say of it.
  const auto second = ask(request(conversation, "And the sea?", 4));
  const uint32_t known = uint32_t(prefix(conversation).size());
  QVERIFY(second.status != MessageStatus::Failed);
  const auto& usage = *second.usage;
  QCOMPARE(usage.prompt_cache_hit_tokens + usage.prompt_cache_miss_tokens, usage.prompt_tokens);
  QVERIFY(usage.prompt_cache_hit_tokens > 0 && usage.prompt_cache_hit_tokens <= known);

  // The same as where nothing was computed before.
  const auto history = stored(conversation);
  close();
  QVERIFY(QDir(folder_->filePath("data/profiles/default/kv")).removeRecursively());
  open(kAlwaysThinks);
  const int64_t copy = new_conversation();
  think(copy, "Tell me about boats.");
  chats_->wait_until_idle();
  QVERIFY(ask(request(copy, "And the sea?", 4)).token_ids == history.back().token_ids);
}

void ReasoningTest::thinking_can_be_left_where_the_template_allows_it() {
  open(kThinksWhenAsked);
  auto wanted = request(0, "Tell me about boats.", 12);
  wanted.settings.thinking = {true, 2};
  const auto thought = ask(wanted);
  wanted.settings.thinking.on = false;
  const auto answered = ask(wanted);
  QVERIFY(thought.reasoning_tokens > 0);
  QCOMPARE(answered.reasoning_tokens, 0u);
  QVERIFY(answered.reasoning.empty() && !answered.text.empty());
}

void ReasoningTest::model_says_whether_it_thinks() {
  open(kAlwaysThinks);
  QVERIFY(model_.thinks && !model_.thinking_optional);
  reopen(kThinksWhenAsked);
  QVERIFY(model_.thinks && model_.thinking_optional);
  close();
  open(
      "{{bos_token}}{% for message in messages %}{% if message['role'] == 'user' %}"
      "{{'<｜User｜>' + message['content']}}{% elif message['role'] == 'assistant' %}"
      "{{'<｜Assistant｜>' + message['content'] + '<｜end▁of▁sentence｜>'}}{% endif %}{% endfor %}"
      "{% if add_generation_prompt %}{{'<｜Assistant｜>'}}{% endif %}");
  QVERIFY(!model_.thinks && !model_.thinking_optional);
}

QTEST_GUILESS_MAIN(ReasoningTest)
#include "reasoning_test.moc"
