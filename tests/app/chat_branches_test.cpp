#include "tests/support/chat_service_fixture.h"

#include <algorithm>
#include <string>
#include <vector>

using namespace kvasir;
using namespace kvasir::app;
using namespace kvasir::test;
using storage::MessageRole;
using storage::MessageStatus;
using storage::StoredMessage;

namespace {

constexpr uint32_t kBlock = 64;

uint32_t full_blocks(uint32_t tokens) {
  return tokens / kBlock * kBlock;
}

ChatSettings few_tokens(uint32_t max_tokens = 8) {
  return make_request(0, "", max_tokens).settings;
}

}  // namespace

/// Other answers, other words and forks, with the real engine over the real stores.
class ChatBranchesTest : public QObject, kvasir::test::ChatServiceFixture {
  Q_OBJECT

 private slots:
  void init() { open_in_new_folder(); }
  void cleanup() { close(); }
  void another_answer_stands_beside_the_first_and_reuses_all_before_it();
  void another_answer_after_a_restart_reads_what_is_before_it_from_disk();
  void edited_question_is_answered_anew_and_the_old_branch_stays();
  void edited_answer_stands_as_it_was_written_and_is_gone_on_from();
  void question_without_an_answer_can_be_answered();
  void complete_answer_goes_on();
  void other_alternatives_are_shown_with_what_followed_them();
  void fork_begins_with_the_kv_of_the_chat_it_came_from();
  void deleted_messages_come_back();
  void nothing_changes_while_an_answer_is_written();
  void private_chat_has_branches_too_and_leaves_nothing();
};

void ChatBranchesTest::another_answer_stands_beside_the_first_and_reuses_all_before_it() {
  load_starter();
  const auto first = ask(make_request(0, long_text(80, 1)));
  const auto second = wait_for(chats_->regenerate(first.id, few_tokens()));
  QVERIFY(second.id != first.id);
  QCOMPARE(second.parent_id, first.parent_id);
  QCOMPARE(second.alternative, 1u);
  QCOMPARE(second.alternatives, 2u);
  QCOMPARE(second.usage->prompt_tokens, first.usage->prompt_tokens);
  // All but the last token, which the first new one is drawn from.
  QCOMPARE(second.usage->prompt_cache_hit_tokens, first.usage->prompt_tokens - 1);
  QCOMPARE(second.model, first.model);

  const auto messages = stored(first.conversation_id);
  QCOMPARE(messages.size(), size_t{2});
  QCOMPARE(messages[1].id, second.id);
  QCOMPARE(observer_->branches.size(), size_t{1});
  QCOMPARE(observer_->branches[0].parent, first.parent_id);
  QCOMPARE(observer_->branches[0].behind.size(), size_t{1});
  QVERIFY(observer_->branches[0].behind[0].status == MessageStatus::Streaming);
  // The first is as it was.
  chats_->show_alternative(second.id, 0).wait();
  const auto shown = stored(first.conversation_id);
  QCOMPARE(shown[1].id, first.id);
  QCOMPARE(shown[1].text, first.text);
  QCOMPARE(shown[1].usage->completion_tokens, first.usage->completion_tokens);
}

void ChatBranchesTest::another_answer_after_a_restart_reads_what_is_before_it_from_disk() {
  load_starter();
  const auto first = ask(make_request(0, long_text(120, 2)));
  close();
  open();
  load_starter();
  const auto second = wait_for(chats_->regenerate(first.id, few_tokens()));
  QVERIFY(full_blocks(first.usage->prompt_tokens - 1) >= 2 * kBlock);
  QVERIFY(second.usage->prompt_cache_disk_tokens >= full_blocks(first.usage->prompt_tokens - 1));
  // And back at the first answer, whose blocks are still there.
  chats_->show_alternative(second.id, 0).wait();
  close();
  open();
  load_starter();
  const auto next = ask(make_request(first.conversation_id, "And then?", 4));
  QVERIFY(next.usage->prompt_cache_disk_tokens >=
          full_blocks(first.usage->prompt_tokens + first.usage->completion_tokens));
}

void ChatBranchesTest::edited_question_is_answered_anew_and_the_old_branch_stays() {
  load_starter();
  const auto first = ask(make_request(0, long_text(80, 1)));
  const auto second = ask(make_request(first.conversation_id, "What about dogs?"));
  const auto old = stored(first.conversation_id);
  const auto edited = wait_for(chats_->edit(old[2].id, "What about cats?", few_tokens()));
  const uint32_t before = first.usage->prompt_tokens + first.usage->completion_tokens;
  QVERIFY(edited.usage->prompt_cache_hit_tokens >= before);
  const auto messages = stored(first.conversation_id);
  QCOMPARE(messages.size(), size_t{4});
  QCOMPARE(messages[1].id, first.id);
  QCOMPARE(messages[2].text, std::string("What about cats?"));
  QCOMPARE(messages[2].alternative, 1u);
  QCOMPARE(messages[3].id, edited.id);
  QVERIFY(messages[2].edited && !messages[3].edited && !old[2].edited);
  QVERIFY(!messages[2].token_ids.empty());  // those that were in the prompt
  chats_->show_alternative(messages[2].id, 0).wait();
  const auto again = stored(first.conversation_id);
  QCOMPARE(again[2].id, old[2].id);
  QCOMPARE(again[3].id, second.id);
  QVERIFY(again[3].token_ids == second.token_ids);
}

void ChatBranchesTest::edited_answer_stands_as_it_was_written_and_is_gone_on_from() {
  load_starter();
  const auto first = ask(make_request(0, long_text(80, 1)));
  const auto edited = wait_for(chats_->edit(first.id, "The moon is a boat.", few_tokens()));
  QVERIFY(edited.role == MessageRole::Assistant && edited.status == MessageStatus::Complete);
  QCOMPARE(edited.text, std::string("The moon is a boat."));
  QVERIFY(edited.edited);
  QVERIFY(edited.token_ids.empty() && !edited.usage && edited.model.empty());
  QCOMPARE(observer_->added.size(), size_t{2});  // nothing was generated
  const auto next = ask(make_request(first.conversation_id, "Why?"));
  QVERIFY(next.usage->prompt_cache_hit_tokens >= first.usage->prompt_tokens - 1);
  QVERIFY(next.status != MessageStatus::Failed);
  const auto longer = wait_for(chats_->regenerate(edited.id, few_tokens()));
  QCOMPARE(longer.alternative, 2u);
}

void ChatBranchesTest::question_without_an_answer_can_be_answered() {
  load_starter();
  const auto first = ask(make_request(0, "Hello there."));
  chats_->delete_message(first.id).wait();
  QCOMPARE(stored(first.conversation_id).size(), size_t{1});
  const auto answer = wait_for(chats_->regenerate(*first.parent_id, few_tokens()));
  QCOMPARE(answer.parent_id, first.parent_id);
  QCOMPARE(answer.alternatives, 1u);
  QVERIFY(!answer.text.empty());
}

void ChatBranchesTest::complete_answer_goes_on() {
  load_starter();
  const auto first = ask(make_request(0, "Hi! Do you like tea?", 400));
  QVERIFY(first.status == MessageStatus::Complete);
  const auto longer = wait_for(chats_->retry(first.conversation_id, few_tokens(6)));
  QCOMPARE(longer.id, first.id);
  QVERIFY(longer.text.starts_with(first.text) && longer.text.size() > first.text.size());
  QVERIFY(std::equal(first.token_ids.begin(), first.token_ids.end() - 1, longer.token_ids.begin()));
  QVERIFY(longer.token_ids.size() > first.token_ids.size() - 1);
}

void ChatBranchesTest::other_alternatives_are_shown_with_what_followed_them() {
  load_starter();
  const auto first = ask(make_request(0, "Hello there.", 4));
  const int64_t chat = first.conversation_id;
  const auto next = ask(make_request(chat, "And you?", 4));
  const auto other = wait_for(chats_->regenerate(first.id, few_tokens(4)));
  QCOMPARE(stored(chat).size(), size_t{2});
  QVERIFY(chats_->show_alternative(other.id, 0).get());
  QCOMPARE(stored(chat).back().id, next.id);
  QCOMPARE(observer_->branches.back().parent, first.parent_id);
  QCOMPARE(observer_->branches.back().behind.size(), size_t{3});
  QVERIFY(chats_->show_alternative(first.id, 99).get());
  QCOMPARE(stored(chat).back().id, other.id);
  QVERIFY(!chats_->show_alternative(12345, 0).get());
  QCOMPARE(observer_->failures.size(), size_t{1});
}

void ChatBranchesTest::fork_begins_with_the_kv_of_the_chat_it_came_from() {
  load_starter();
  auto request = make_request(0, long_text(120, 1));
  request.title = "Story";
  request.system_text = "You are a friendly companion.";
  const auto first = ask(request);
  ask(make_request(first.conversation_id, "And then?"));
  const auto fork = chats_->fork(first.id).get();
  QVERIFY(fork.has_value());
  QCOMPARE(observer_->forked.size(), size_t{1});
  QCOMPARE(observer_->forked[0].title, std::string("Story (fork)"));
  const auto copies = stored(*fork);
  QCOMPARE(copies.size(), size_t{3});
  QCOMPARE(copies[2].text, first.text);
  QVERIFY(copies[2].token_ids == first.token_ids);

  // From memory, and after a restart from disk: all full blocks of what both share.
  const uint32_t shared = first.usage->prompt_tokens + first.usage->completion_tokens;
  const auto at_once = ask(make_request(*fork, "What about the dog?", 4));
  QVERIFY(at_once.usage->prompt_cache_hit_tokens >= shared);
  const auto other = chats_->fork(first.id).get();
  close();
  open();
  load_starter();
  const auto later = ask(make_request(*other, "What about the cat?", 4));
  QVERIFY(full_blocks(shared) >= 2 * kBlock);
  QVERIFY(later.usage->prompt_cache_disk_tokens >= full_blocks(shared));
}

void ChatBranchesTest::deleted_messages_come_back() {
  load_starter();
  const auto first = ask(make_request(0, "Hello there.", 4));
  const int64_t chat = first.conversation_id;
  const auto second = ask(make_request(chat, "And you?", 4));
  QVERIFY(chats_->delete_message(*second.parent_id).get());
  QCOMPARE(stored(chat).back().id, first.id);
  QCOMPARE(observer_->branches.back().parent, std::optional(first.id));
  QVERIFY(observer_->branches.back().behind.empty());
  QVERIFY(chats_->restore_message(chat, second.id).get());
  QCOMPARE(stored(chat).back().id, second.id);
  QCOMPARE(observer_->branches.back().behind.size(), size_t{4});

  QVERIFY(chats_->delete_message(second.id).get());
  close();
  open();
  QVERIFY(!chats_->restore_message(chat, second.id).get());  // gone for good by now
  QCOMPARE(stored(chat).size(), size_t{3});
}

void ChatBranchesTest::nothing_changes_while_an_answer_is_written() {
  load_starter();
  const auto first = ask(make_request(0, "Hello there.", 4));
  const int64_t chat = first.conversation_id;
  auto request = make_endless_request();
  request.conversation_id = chat;
  const size_t heard = observer_->grown.size();
  auto answer = chats_->send(request);
  QVERIFY(observer_->wait_for([&] { return observer_->grown.size() > heard; }));
  QVERIFY(!chats_->regenerate(first.id, few_tokens()).get());
  QVERIFY(!chats_->edit(first.id, "x", few_tokens()).get());
  QVERIFY(!chats_->delete_message(first.id).get());
  QVERIFY(!chats_->show_alternative(first.id, 0).get());
  QCOMPARE(observer_->failures.size(), size_t{4});
  QVERIFY(observer_->branches.empty());
  const auto fork = chats_->fork(stored(chat).back().id).get();  // a copy of what there is
  chats_->stop(chat);
  QVERIFY(wait_for(std::move(answer)).status == MessageStatus::Stopped);
  QVERIFY(stored(*fork).back().status == MessageStatus::Stopped);
  QCOMPARE(stored(chat).size(), size_t{4});
}

void ChatBranchesTest::private_chat_has_branches_too_and_leaves_nothing() {
  load_starter();
  auto request = make_request(0, long_text(80, 1));
  request.is_private = true;
  const auto first = ask(request);
  const int64_t chat = first.conversation_id;
  const auto second = wait_for(chats_->regenerate(first.id, few_tokens()));
  QCOMPARE(second.usage->prompt_cache_hit_tokens, first.usage->prompt_tokens - 1);
  const auto edited = wait_for(chats_->edit(*first.parent_id, "Hello", few_tokens()));
  QVERIFY(chats_->show_alternative(*edited.parent_id, 0).get());
  QCOMPARE(stored(chat).back().id, second.id);
  QVERIFY(chats_->delete_message(second.id).get());
  QCOMPARE(stored(chat).back().id, first.id);
  QVERIFY(chats_->restore_message(chat, second.id).get());
  const auto fork = chats_->fork(second.id).get();
  QVERIFY(fork && PrivateChats::is_private(*fork));
  QVERIFY(ask(make_request(*fork, "And then?", 4)).usage->prompt_cache_hit_tokens > 0);
  profile_->blocks()->flush();
  QCOMPARE(profile_->blocks()->stats().blocks, uint64_t{0});
  QVERIFY(chats_->with_store([](auto& store) { return store.conversations(); }).get()->empty());
}

QTEST_GUILESS_MAIN(ChatBranchesTest)
#include "chat_branches_test.moc"
