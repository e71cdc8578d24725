#include "app/services/kv_owner.h"
#include "app/settings/answer_settings.h"
#include "tests/support/chat_service_fixture.h"

#include <QDirIterator>
#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace kvasir;
using namespace kvasir::app;
using namespace kvasir::test;
using storage::MessageRole;
using storage::MessageStatus;
using storage::StoredMessage;

class ChatServiceTest : public QObject, kvasir::test::ChatServiceFixture {
  Q_OBJECT

 private slots:
  void init() { open_in_new_folder(); }
  void cleanup() { close(); }
  void question_and_answer_are_stored_as_they_were_heard();
  void system_text_is_part_of_the_prompt();
  void next_turn_stores_exactly_the_ids_that_the_engine_saw();
  void answer_without_a_model_says_why_and_can_be_retried();
  void model_that_can_not_be_loaded_leaves_the_one_before_it();
  void of_several_models_the_newest_is_loaded();
  void retry_goes_on_where_the_answer_broke_off();
  void stopped_answer_keeps_its_words();
  void second_message_during_an_answer_is_refused_without_loss();
  void answer_that_breaks_off_unexpectedly_ends_and_the_chat_goes_on();
  void closing_during_an_answer_keeps_it();
  void long_first_lines_become_short_titles();
  void deleted_chat_gives_its_kv_back_once_it_is_gone_for_good();
  void reused_tokens_and_the_time_they_saved_are_reported();
  void selected_chat_is_in_memory_before_it_is_asked();
  void private_chat_leaves_nothing_on_the_disk();
  void pause_of_saving_is_said_once_and_chats_go_on();
  void what_is_chosen_of_answers_reaches_the_sampler_data();
  void what_is_chosen_of_answers_reaches_the_sampler();
  void what_is_chosen_for_a_chat_goes_before_what_is_for_all();

 private:
  std::set<std::string> owners() const;
};

std::set<std::string> ChatServiceTest::owners() const {
  std::set<std::string> names;
  for (const auto& usage : profile_->blocks()->usage()) names.insert(usage.owner);
  return names;
}

void ChatServiceTest::question_and_answer_are_stored_as_they_were_heard() {
  load_starter();
  const auto answer = ask(make_request(0, "Hi! I have two dogs and a boat."));
  QCOMPARE(observer_->created.size(), size_t{1});
  QCOMPARE(observer_->created[0].title, std::string("Hi! I have two dogs and a boat."));
  const auto messages = stored(answer.conversation_id);
  QCOMPARE(messages.size(), size_t{2});
  QVERIFY(messages[0].role == MessageRole::User);
  QCOMPARE(messages[1].text, observer_->grown);
  QCOMPARE(messages[1].text, answer.text);
  QVERIFY(!answer.text.empty());
  QVERIFY(messages[1].usage.has_value());
  QCOMPARE(messages[1].model, std::string("Kvasir Starter"));
  // A person's words are on the disk before the model is asked.
  QCOMPARE(observer_->added.size(), size_t{2});
  QVERIFY(observer_->added[0].id != 0);
}

void ChatServiceTest::system_text_is_part_of_the_prompt() {
  load_starter();
  const auto without = ask(make_request(0, "Hello there."));
  auto request = make_request(0, "Hello there.");
  request.system_text = "You are a friendly companion.";
  const auto with = ask(request);
  QVERIFY(with.usage->prompt_tokens > without.usage->prompt_tokens);
}

void ChatServiceTest::next_turn_stores_exactly_the_ids_that_the_engine_saw() {
  load_starter();
  const auto first = ask(make_request(0, "Hi! What do you like to do on a rainy day?"));
  const auto second = ask(make_request(first.conversation_id, "And on a sunny one?"));
  std::vector<int32_t> ids;
  for (const auto& message : stored(first.conversation_id))
    ids.insert(ids.end(), message.token_ids.begin(), message.token_ids.end());
  QCOMPARE(ids.size(), size_t{second.usage->prompt_tokens} + second.usage->completion_tokens);
  QCOMPARE(second.usage->prompt_cache_hit_tokens,
           first.usage->prompt_tokens + first.usage->completion_tokens);
}

void ChatServiceTest::model_that_can_not_be_loaded_leaves_the_one_before_it() {
  load_starter();
  chats_->load_model({"/nowhere/model.gguf"});
  const auto answer = ask(make_request(0, "Hello", 4));
  QVERIFY2(answer.status != MessageStatus::Failed && !answer.text.empty(), answer.error.c_str());
  QVERIFY(observer_->wait_for([&] { return observer_->model.stage == ModelState::Stage::Ready; }));
  QVERIFY(observer_->model.request == (ModelRequest{KVASIR_STARTER_MODEL, {.threads = 2}}));
}

void ChatServiceTest::of_several_models_the_newest_is_loaded() {
  for (const uint32_t context : {512u, 1024u, 768u})
    chats_->load_model({KVASIR_STARTER_MODEL, {.context_tokens = context, .threads = 2}});
  QVERIFY(observer_->wait_for([&] { return observer_->model.stage == ModelState::Stage::Ready; }));
  QCOMPARE(observer_->model.context_tokens, 768u);
}

void ChatServiceTest::answer_without_a_model_says_why_and_can_be_retried() {
  chats_->load_model({"/nowhere/model.gguf"});
  const auto failed = ask(make_request(0, "Hello"));
  QVERIFY(failed.status == MessageStatus::Failed);
  QVERIFY2(failed.error.find("/nowhere/model.gguf") != std::string::npos, failed.error.c_str());

  load_starter();
  const auto answer = chats_->retry(failed.conversation_id, make_request(0, "").settings).get();
  QVERIFY(answer.has_value());
  QCOMPARE(answer->id, failed.id);
  QVERIFY(answer->status != MessageStatus::Failed);
  QVERIFY(!answer->text.empty());
  QCOMPARE(stored(failed.conversation_id).size(), size_t{2});
}

void ChatServiceTest::retry_goes_on_where_the_answer_broke_off() {
  load_starter();
  const auto whole = ask(make_request(0, "Tell me a long story about a boat and a lake.", 40));
  auto part = ask(make_request(0, "Tell me a long story about a boat and a lake.", 15));
  QVERIFY(part.status == MessageStatus::Length);
  const auto rest = chats_->retry(part.conversation_id, make_request(0, "", 25).settings).get();
  QVERIFY(rest.has_value());
  QCOMPARE(rest->id, part.id);
  QVERIFY(rest->token_ids == whole.token_ids);
  QCOMPARE(rest->text, whole.text);
}

void ChatServiceTest::stopped_answer_keeps_its_words() {
  load_starter();
  auto future = chats_->send(make_endless_request());
  QVERIFY(observer_->wait_for([&] { return !observer_->grown.empty(); }));
  chats_->stop(observer_->created[0].id);
  const auto answer = future.get();
  QVERIFY(answer.has_value());
  QVERIFY(answer->status == MessageStatus::Stopped);
  QVERIFY(answer->text.starts_with(observer_->grown) && !answer->text.empty());
  QCOMPARE(stored(answer->conversation_id)[1].text, answer->text);
}

void ChatServiceTest::second_message_during_an_answer_is_refused_without_loss() {
  load_starter();
  auto first = chats_->send(make_endless_request());
  QVERIFY(observer_->wait_for([&] { return !observer_->created.empty() && !observer_->grown.empty(); }));
  const int64_t conversation = observer_->created[0].id;
  const auto second = chats_->send(make_request(conversation, "And then?")).get();
  chats_->stop(conversation);
  QVERIFY(first.get().has_value());
  QVERIFY(!second.has_value());
  QCOMPARE(observer_->failures.size(), size_t{1});
  QCOMPARE(stored(conversation).size(), size_t{2});
}

void ChatServiceTest::answer_that_breaks_off_unexpectedly_ends_and_the_chat_goes_on() {
  load_starter();
  observer_->throw_at_growth = true;
  const auto broken = ask(make_request(0, "Hello there."));
  QVERIFY(broken.status == MessageStatus::Failed);
  QVERIFY2(broken.error.find("unexpected") != std::string::npos, broken.error.c_str());
  QVERIFY(!broken.text.empty());
  QVERIFY(ask(make_request(broken.conversation_id, "And now?")).status != MessageStatus::Failed);
}

void ChatServiceTest::closing_during_an_answer_keeps_it() {
  load_starter();
  auto future = chats_->send(make_endless_request());
  QVERIFY(observer_->wait_for([&] { return !observer_->grown.empty(); }));
  const int64_t conversation = observer_->created[0].id;
  close();
  const std::string heard = observer_->grown;
  open();
  const auto messages = stored(conversation);
  QCOMPARE(messages.size(), size_t{2});
  QVERIFY(messages[1].status == MessageStatus::Stopped);
  QCOMPARE(messages[1].text, heard);
}

void ChatServiceTest::long_first_lines_become_short_titles() {
  const auto answer = ask(
      make_request(0, "  Grüße aus dem Garten, in dem heute die allerletzten Äpfel des Jahres hängen\nmehr"));
  const auto title =
      chats_->with_store([&](auto& store) { return store.conversation(answer.conversation_id); })
          .get()
          ->title;
  QCOMPARE(title, std::string("Grüße aus dem Garten, in dem heute die allerletzten Äpfel…"));
}

void ChatServiceTest::deleted_chat_gives_its_kv_back_once_it_is_gone_for_good() {
  load_starter();
  const int64_t kept = ask(make_request(0, long_text(80, 1))).conversation_id;
  const int64_t deleted = ask(make_request(0, long_text(80, 2))).conversation_id;
  QCOMPARE(owners(), (std::set{conversation_owner(kept), conversation_owner(deleted)}));
  profile_->blocks()->flush();
  const auto blocks = profile_->blocks()->stats().blocks;
  chats_->with_store([=](auto& store) {
    return store.delete_conversation(kept).and_then([&] { return store.delete_conversation(deleted); });
  });
  QVERIFY(chats_->with_store([=](auto& store) { return store.restore_conversation(kept); }).get());
  QCOMPARE(owners().size(), size_t{2});
  close();
  open();
  chats_->with_store([](auto&) {}).get();
  profile_->blocks()->flush();
  QCOMPARE(owners(), std::set{conversation_owner(kept)});
  QVERIFY(profile_->blocks()->stats().blocks > 0 && profile_->blocks()->stats().blocks < blocks);
}

void ChatServiceTest::reused_tokens_and_the_time_they_saved_are_reported() {
  load_starter();
  const auto first = ask(make_request(0, long_text(80, 1)));
  QCOMPARE(profile_->blocks()->stats().reused_tokens, uint64_t{0});
  close();
  open();
  load_starter();
  const auto second = ask(make_request(first.conversation_id, long_text(20, 3)));
  const uint32_t read = second.usage->prompt_cache_disk_tokens;
  // Its tail too came from the disk: nothing is computed again.
  QCOMPARE(read, first.usage->prompt_tokens + first.usage->completion_tokens);
  const auto usage = profile_->blocks()->usage();
  QCOMPARE(usage.size(), size_t{1});
  QCOMPARE(usage[0].reused_tokens, uint64_t{read});
  QVERIFY(usage[0].saved_ms <= read * 1000 / second.usage->prefill_tokens_per_second);
}

void ChatServiceTest::selected_chat_is_in_memory_before_it_is_asked() {
  load_starter();
  const auto first = ask(make_request(0, long_text(80, 1)));
  ask(make_request(0, long_text(80, 2)));
  chats_->select(first.conversation_id);
  chats_->wait_until_idle();
  profile_->blocks()->clear();
  profile_->blocks()->flush();
  const auto next = ask(make_request(first.conversation_id, "And now?"));
  QCOMPARE(next.usage->prompt_cache_hit_tokens, first.usage->prompt_tokens + first.usage->completion_tokens);
  QVERIFY(next.usage->prompt_cache_disk_tokens > 0);
}

void ChatServiceTest::private_chat_leaves_nothing_on_the_disk() {
  load_starter();
  auto request = make_request(0, "zyxomma quintarrel " + long_text(80, 1));
  request.is_private = true;
  const auto first = ask(request);
  const int64_t id = first.conversation_id;
  QVERIFY(PrivateChats::is_private(id) && !first.text.empty());
  const auto second = ask(make_request(id, "zyxomma again"));
  QCOMPARE(second.usage->prompt_cache_hit_tokens,
           first.usage->prompt_tokens + first.usage->completion_tokens);
  QCOMPARE(chats_->with_store_of(id, [=](auto& store) { return store.messages(id); }).get()->size(),
           size_t{4});
  QVERIFY(!chats_->with_store([=](auto& store) { return store.messages(id); }).get());
  chats_->select(id);
  ask(make_request(0, "zyx"));  // what is written at all is written now

  chats_->forget_private(id);
  QVERIFY(!chats_->with_store_of(id, [=](auto& store) { return store.messages(id); }).get());
  request.text = "zyxomma quintarrel " + long_text(80, 1);
  QCOMPARE(ask(request).usage->prompt_cache_hit_tokens, 0u);
  profile_->blocks()->flush();
  QCOMPARE(profile_->blocks()->stats().blocks, uint64_t{0});
  close();
  int files = 0;
  for (QDirIterator it(folder_->path(), QDir::Files, QDirIterator::Subdirectories); it.hasNext(); ++files) {
    QFile file(it.next());
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY2(!file.readAll().contains("zyxomma"), qPrintable(file.fileName()));
  }
  QVERIFY(files > 1);
  open();
  QCOMPARE(chats_->with_store([](auto& store) { return store.conversations(); }).get()->size(), size_t{1});
}

void ChatServiceTest::pause_of_saving_is_said_once_and_chats_go_on() {
  load_starter();
  profile_->blocks()->set_limits({.min_free_bytes = uint64_t{1} << 60});
  for (int i = 0; i < 3; ++i) {
    QVERIFY(ask(make_request(0, long_text(80, i))).status != MessageStatus::Failed);
    profile_->blocks()->flush();
  }
  QCOMPARE(observer_->saving_changes, std::vector{false});
  QCOMPARE(profile_->blocks()->stats().blocks, uint64_t{0});

  profile_->blocks()->set_limits({});
  for (int i = 3; i < 6; ++i) {
    ask(make_request(0, long_text(80, i)));
    profile_->blocks()->flush();
  }
  QCOMPARE(observer_->saving_changes, (std::vector{false, true}));
  QVERIFY(profile_->blocks()->stats().blocks > 0);
}

/// Each makes the likeliest token the only one.
void ChatServiceTest::what_is_chosen_of_answers_reaches_the_sampler_data() {
  QTest::addColumn<QString>("json");
  QTest::newRow("temperature") << R"({"temperature":0})";
  QTest::newRow("top-k") << R"({"top_k":1})";
  QTest::newRow("top-p") << R"({"top_p":0.000001})";
  QTest::newRow("min-p") << R"({"min_p":1})";
}

void ChatServiceTest::what_is_chosen_of_answers_reaches_the_sampler() {
  QFETCH(QString, json);
  load_starter();
  const std::string likeliest = ask(make_request(0, "Hello there.")).text;
  SendRequest wild = make_endless_request();
  wild.text = "Hello there.";
  wild.settings.max_tokens = 16;
  QVERIFY(ask(wild).text != likeliest);
  chats_
      ->with_store([&](auto& store) {
        return keep_answer_settings(store, AnswerSettings::from_json(json.toStdString()));
      })
      .wait();
  QCOMPARE(ask(wild).text, likeliest);
}

void ChatServiceTest::what_is_chosen_for_a_chat_goes_before_what_is_for_all() {
  load_starter();
  SendRequest wild = make_endless_request();
  wild.settings.max_tokens = 16;
  const auto first = ask(wild);
  const auto keep = [&](const AnswerSettings& of_all, const AnswerSettings& of_chat) {
    chats_
        ->with_store([&, id = first.conversation_id](auto& store) {
          return keep_answer_settings(store, of_all).and_then([&] {
            return store.set_answer_settings(id, of_chat.to_json());
          });
        })
        .wait();
  };
  const auto again = [&] { return wait_for(chats_->regenerate(first.id, wild.settings)); };
  AnswerSettings of_all;
  of_all.seed = 7;
  of_all.max_tokens = 8;
  keep(of_all, {});
  const auto one = again();
  QCOMPARE(one.usage->completion_tokens, 8u);
  QVERIFY(again().token_ids == one.token_ids);  // the same seed
  AnswerSettings of_chat;
  of_chat.seed = 8;
  of_chat.max_tokens = 5;
  keep(of_all, of_chat);
  const auto other = again();
  QCOMPARE(other.usage->completion_tokens, 5u);
  QVERIFY(!std::equal(other.token_ids.begin(), other.token_ids.begin() + 5, one.token_ids.begin()));
  wild.settings.chosen.max_tokens = 3;  // asked for with the answer itself
  QCOMPARE(again().usage->completion_tokens, 3u);
  wild.settings.chosen = {};
  // What was just said is less likely: without chance, the answer is another one.
  of_chat = {};
  of_chat.temperature = 0;
  keep({}, of_chat);
  const auto likeliest = again();
  of_chat.repetition_penalty = 2;
  keep({}, of_chat);
  QVERIFY(again().token_ids != likeliest.token_ids);
}

QTEST_GUILESS_MAIN(ChatServiceTest)
#include "chat_service_test.moc"
