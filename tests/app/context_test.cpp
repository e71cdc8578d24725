#include "app/services/chat_prompt.h"
#include "app/services/context_room.h"
#include "app/settings/context_settings.h"
#include "tests/support/chat_service_fixture.h"

#include <string>
#include <vector>

using namespace kvasir;
using namespace kvasir::app;
using namespace kvasir::test;
using storage::ContextPolicy;
using storage::MessageRole;
using storage::MessageStatus;
using storage::StoredMessage;

namespace {

constexpr uint32_t kContext = 512;

StoredMessage message(MessageRole role, std::string text = "text") {
  StoredMessage message;
  message.role = role;
  message.text = std::move(text);
  return message;
}

/// A question and its answer, `turns` times, then a question.
std::vector<StoredMessage> turns(int turns) {
  std::vector<StoredMessage> history = {message(MessageRole::System)};
  for (int i = 0; i < turns; ++i) {
    history.push_back(message(MessageRole::User));
    history.push_back(message(MessageRole::Assistant));
  }
  history.push_back(message(MessageRole::User));
  return history;
}

}  // namespace

/// Conversations that outgrow the model's context.
class ContextTest : public QObject, kvasir::test::ChatServiceFixture {
  Q_OBJECT

 private slots:
  void cleanup() { close(); }
  void prompt_begins_later_with_a_question();
  void prompt_holds_nothing_from_before_its_beginning_but_the_summary();
  void full_chat_asks_by_failing();
  void message_that_is_too_long_is_said_to_be();
  void full_chat_leaves_out_its_oldest_messages_in_large_steps();
  void full_chat_is_summed_up();
  void what_was_left_out_is_read_again();
  void new_chats_begin_with_the_policy_that_was_chosen_for_them();
  void what_the_next_prompt_begins_with_is_measured();

 private:
  void open_with_small_context();
  /// Long messages until the prompt was cut, or `most`.
  std::vector<StoredMessage> chat_until_cut(int64_t conversation, int most = 12);
  static const StoredMessage* beginning_of(const std::vector<StoredMessage>& messages);
};

void ContextTest::prompt_begins_later_with_a_question() {
  auto history = turns(3);  // system, then questions at 1, 3, 5 and 7
  const std::vector<uint32_t> tokens = {10, 20, 30, 20, 30, 20, 30, 20};
  QCOMPARE(later_beginning(history, tokens, 1000), std::optional<size_t>(3));  // something goes in any case
  QCOMPARE(later_beginning(history, tokens, 130), std::optional<size_t>(3));
  QCOMPARE(later_beginning(history, tokens, 129), std::optional<size_t>(5));
  QCOMPARE(later_beginning(history, tokens, 5), std::optional<size_t>(7));  // the question itself stays
  history[5].context_summary = "";
  const std::vector<uint32_t> cut = {10, 0, 0, 0, 0, 20, 30, 20};
  QCOMPARE(later_beginning(history, cut, 40), std::optional<size_t>(7));
  history[7].context_summary = "";
  QCOMPARE(later_beginning(history, cut, 5), std::optional<size_t>());  // nothing is left to go
}

void ContextTest::prompt_holds_nothing_from_before_its_beginning_but_the_summary() {
  const auto engine = engine::Engine::load(KVASIR_STARTER_MODEL, {}, nullptr).value();
  const auto text_of = [&](const std::vector<StoredMessage>& history) {
    const auto prompt = make_chat_prompt(history, engine->tokenizer(), *engine->chat_template()).value();
    return engine->tokenizer().decode(prompt.token_ids, true);
  };
  std::vector<StoredMessage> history = {message(MessageRole::User, "I am Ann."),
                                        message(MessageRole::Assistant, "Hello."),
                                        message(MessageRole::User, "And now?")};
  const std::string begun_anew = text_of({history[2]});
  history[2].context_summary = "";
  QCOMPARE(text_of(history), begun_anew);

  history[2].context_summary = "The user is Ann.";
  const std::string told = text_of(history);
  QVERIFY(told.find("The user is Ann.") != std::string::npos);
  QVERIFY(told.find("I am Ann.") == std::string::npos);
  history.insert(history.begin(), message(MessageRole::System, "Be brief."));
  const auto prompt = make_chat_prompt(history, engine->tokenizer(), *engine->chat_template()).value();
  const std::string both = engine->tokenizer().decode(prompt.token_ids, true);
  QVERIFY(both.find("Be brief.") < both.find("The user is Ann."));
  QVERIFY(prompt.message_tokens[0] > 0);
  QCOMPARE(prompt.message_tokens[1], 0u);
  // The stored system message does not get the ids of what it was made to say here.
  for (const StoredMessage& changed : prompt.changed) QVERIFY(changed.role != MessageRole::System);
}

void ContextTest::new_chats_begin_with_the_policy_that_was_chosen_for_them() {
  open_in_new_folder();
  const auto policy_of_new_chat = [this] {
    const auto answer = ask(make_request(0, "Hello."));  // there is no model: it fails
    return chats_->with_store([&](auto& store) { return store.conversation(answer.conversation_id); })
        .get()
        ->context_policy;
  };
  QCOMPARE(policy_of_new_chat(), ContextPolicy::Stop);
  chats_->with_store([](auto& store) { return keep_policy_of_new_chats(store, ContextPolicy::DropOldest); })
      .wait();
  close();
  open();
  QCOMPARE(policy_of_new_chat(), ContextPolicy::DropOldest);
  chats_->with_store([](auto& store) { return store.set_setting("context/new_chats", "whatever"); }).wait();
  QCOMPARE(policy_of_new_chat(), ContextPolicy::Stop);
}

void ContextTest::open_with_small_context() {
  open_in_new_folder();
  chats_->load_model({KVASIR_STARTER_MODEL, {.context_tokens = kContext, .threads = 2}});
  QVERIFY(observer_->wait_for([&] { return observer_->model.stage == ModelState::Stage::Ready; }));
}

const StoredMessage* ContextTest::beginning_of(const std::vector<StoredMessage>& messages) {
  const size_t beginning = context_beginning(messages);
  return beginning < messages.size() && messages[beginning].context_summary ? &messages[beginning] : nullptr;
}

std::vector<StoredMessage> ContextTest::chat_until_cut(int64_t conversation, int most) {
  for (int i = 1; i < most; ++i) {
    const StoredMessage answer = ask(make_request(conversation, long_text(60, i)));
    if (!answer.error.empty()) qFatal("%s", answer.error.c_str());
    chats_->with_store([](auto&) {}).wait();
    auto messages = stored(conversation);
    if (beginning_of(messages)) return messages;
  }
  return {};
}

void ContextTest::full_chat_asks_by_failing() {
  open_with_small_context();
  auto answer = ask(make_request(0, long_text(60, 0)));
  for (int i = 1; i < 12 && answer.status != MessageStatus::Failed; ++i)
    answer = ask(make_request(answer.conversation_id, long_text(60, i)));
  QVERIFY(answer.status == MessageStatus::Failed);
  QVERIFY2(answer.error.find("This chat has ") == 0, answer.error.c_str());
  QVERIFY2(answer.error.find(" and the model reads at most 512 at a time. Have its beginning ") !=
               std::string::npos,
           answer.error.c_str());
  QVERIFY(!beginning_of(stored(answer.conversation_id)));

  // Once something is chosen, the same answer comes about.
  chats_->set_context_policy(answer.conversation_id, ContextPolicy::DropOldest);
  const auto retried = wait_for(chats_->retry(answer.conversation_id, make_request(0, "").settings));
  QVERIFY2(retried.error.empty(), retried.error.c_str());
  QVERIFY(!retried.text.empty());
}

void ContextTest::message_that_is_too_long_is_said_to_be() {
  open_with_small_context();
  const auto first = ask(make_request(0, "Hello."));
  QVERIFY2(first.error.empty(), first.error.c_str());
  chats_->set_context_policy(first.conversation_id, ContextPolicy::DropOldest);
  const auto answer = ask(make_request(first.conversation_id, long_text(600, 0)));
  QVERIFY(answer.status == MessageStatus::Failed);
  QVERIFY2(answer.error.find("This message has ") == 0, answer.error.c_str());
  QVERIFY2(answer.error.find(" Send it in parts, or give the model a longer context ") != std::string::npos,
           answer.error.c_str());

  // It is left out as the oldest is, and the chat goes on.
  const auto next = ask(make_request(first.conversation_id, "And then?"));
  QVERIFY2(next.error.empty(), next.error.c_str());
}

void ContextTest::full_chat_leaves_out_its_oldest_messages_in_large_steps() {
  open_with_small_context();
  const int64_t conversation = ask(make_request(0, long_text(60, 0))).conversation_id;
  chats_->set_context_policy(conversation, ContextPolicy::DropOldest);
  const auto messages = chat_until_cut(conversation);
  QVERIFY(!messages.empty());
  const StoredMessage& first = *beginning_of(messages);
  QVERIFY(first.role == MessageRole::User);
  QCOMPARE(*first.context_summary, std::string());
  QVERIFY(messages.back().usage->prompt_tokens <= kContext / 2);
  QCOMPARE(messages.front().text, long_text(60, 0));  // nothing is deleted

  // The next prompt begins with the same ids.
  const auto next = ask(make_request(conversation, "And then?", 4));
  QVERIFY(next.usage->prompt_cache_hit_tokens >= messages.back().usage->prompt_tokens);
  QCOMPARE(beginning_of(stored(conversation))->id, first.id);
}

void ContextTest::full_chat_is_summed_up() {
  open_with_small_context();
  const int64_t conversation = ask(make_request(0, long_text(60, 0))).conversation_id;
  chats_->set_context_policy(conversation, ContextPolicy::Summarise);
  const auto messages = chat_until_cut(conversation);
  QVERIFY(!messages.empty());
  const std::string summary = *beginning_of(messages)->context_summary;
  QVERIFY(!summary.empty());
  // The request for it is no part of the chat.
  for (const StoredMessage& stored : messages) QVERIFY(stored.text.find("Sum up") == std::string::npos);
  QVERIFY(messages.back().usage->prompt_tokens <= kContext * 5 / 8);
}

void ContextTest::what_was_left_out_is_read_again() {
  open_with_small_context();
  const int64_t conversation = ask(make_request(0, long_text(60, 0))).conversation_id;
  chats_->set_context_policy(conversation, ContextPolicy::DropOldest);
  const auto messages = chat_until_cut(conversation);
  QVERIFY(!messages.empty());
  chats_->read_again(conversation, beginning_of(messages)->id);
  chats_->with_store([](auto&) {}).wait();
  QVERIFY(!beginning_of(stored(conversation)));
}

void ContextTest::what_the_next_prompt_begins_with_is_measured() {
  open_with_small_context();
  SendRequest request = make_request(0, long_text(20, 0));
  request.system_text = "You like boats.";
  const auto first = ask(request);
  const auto use_of = [&](size_t answers) {
    observer_->wait_for([&] { return observer_->contexts.size() >= answers; });
    return observer_->contexts[answers - 1];
  };
  const ContextUse use = use_of(1);
  QVERIFY(use.system_tokens > 0);
  QVERIFY(use.system_tokens + use.chat_tokens >= first.usage->prompt_tokens + first.usage->completion_tokens);
  const auto second = ask(make_request(first.conversation_id, "And then?"));
  const uint32_t question = second.usage->prompt_tokens - use.system_tokens - use.chat_tokens;
  QVERIFY2(question > 0 && question < 16, std::to_string(question).c_str());
  QCOMPARE(use_of(2).system_tokens, use.system_tokens);
}

QTEST_GUILESS_MAIN(ContextTest)
#include "context_test.moc"
