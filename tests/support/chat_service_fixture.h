#pragma once

#include "app/services/chat_service.h"

#include <QTemporaryDir>
#include <QtTest>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace kvasir::test {

using namespace kvasir::app;

/// Writes down what it hears; `wait_for` lets a test wait until it has heard enough.
class RecordingObserver final : public ChatObserver {
 public:
  void conversation_created(const storage::StoredConversation& conversation) override {
    note([&] { created.push_back(conversation); });
  }
  void conversation_changed(const storage::StoredConversation&) override {}
  void message_added(const storage::StoredMessage& message) override {
    note([&] { added.push_back(message); });
  }
  void branch_changed(int64_t, std::optional<int64_t> parent,
                      const std::vector<storage::StoredMessage>& behind) override {
    note([&] { branches.push_back({parent, behind}); });
  }
  void conversation_forked(const storage::StoredConversation& conversation) override {
    note([&] { forked.push_back(conversation); });
  }
  void prefill_progress(int64_t, int64_t, uint32_t, uint32_t) override {}
  void answer_grew(int64_t, int64_t, const AnswerGrowth& added) override {
    if (throw_at_growth.exchange(false)) throw std::runtime_error("something unexpected");
    note([&] {
      grown += added.text;
      reasoning += added.reasoning;
    });
  }
  void context_measured(int64_t, const ContextUse& use) override {
    note([&] { contexts.push_back(use); });
  }
  void message_changed(const storage::StoredMessage& message) override {
    note([&] { changed.push_back(message); });
  }
  void model_changed(const ModelState& state) override {
    note([&] { model = state; });
  }
  void saving_changed(bool saving, const std::string&) override {
    note([&] { saving_changes.push_back(saving); });
  }
  void failed(const std::string& message) override {
    note([&] { failures.push_back(message); });
  }

  template <class Condition>
  bool wait_for(Condition condition) {
    std::unique_lock lock(mutex_);
    return heard_.wait_for(lock, std::chrono::seconds(60), condition);
  }

  std::vector<storage::StoredConversation> created;
  std::vector<storage::StoredConversation> forked;
  std::vector<storage::StoredMessage> added;
  struct Branch {
    std::optional<int64_t> parent;
    std::vector<storage::StoredMessage> behind;
  };
  std::vector<Branch> branches;
  std::vector<storage::StoredMessage> changed;
  std::vector<ContextUse> contexts;
  std::vector<std::string> failures;
  std::vector<bool> saving_changes;
  std::string grown;
  std::string reasoning;
  ModelState model;
  std::atomic<bool> throw_at_growth = false;

 private:
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    heard_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable heard_;
};

inline SendRequest make_request(int64_t conversation, std::string text, uint32_t max_tokens = 16) {
  SendRequest request;
  request.conversation_id = conversation;
  request.text = std::move(text);
  request.settings.sampling.temperature = 0;
  request.settings.max_tokens = max_tokens;
  return request;
}

/// All tokens are nearly equally likely: the answer goes on until the context is full.
inline SendRequest make_endless_request() {
  SendRequest request = make_request(0, "Tell me a long story about a boat and a lake.", 0);
  request.settings.sampling = {.temperature = 100, .top_k = 0, .top_p = 1, .min_p = 0};
  return request;
}

/// Some hundred tokens, others for another salt.
inline std::string long_text(int words, int salt) {
  static const std::vector<std::string> kWords = {"boat", "lake", "dog",  "friend", "tea",
                                                  "old",  "sea",  "moon", "garden", "song"};
  std::string text = "Story " + std::to_string(salt) + ":";
  for (int i = 0; i < words; ++i)
    text += " " + kWords[static_cast<size_t>((i * (salt + 3) + i / 7) % int(kWords.size()))];
  return text + ".";
}

/// A profile in a folder of its own with the chat service over it.
class ChatServiceFixture {
 protected:
  void open_in_new_folder() {
    folder_ = std::make_unique<QTemporaryDir>();
    open();
  }
  void open() {
    auto profile = Profile::open({folder_->path().toStdString()});
    if (!profile) qFatal("%s", profile.error().c_str());
    profile_ = std::move(*profile);
    observer_ = std::make_unique<RecordingObserver>();
    chats_ = std::make_unique<ChatService>(*profile_, *observer_);
  }
  void close() {
    chats_.reset();
    profile_.reset();
  }
  void load_starter() {
    chats_->load_model({KVASIR_STARTER_MODEL, {.threads = 2}});
    QVERIFY(observer_->wait_for([&] { return observer_->model.stage == ModelState::Stage::Ready; }));
  }
  storage::StoredMessage ask(SendRequest request) { return wait_for(chats_->send(std::move(request))); }
  static storage::StoredMessage wait_for(ChatService::Answer answer) {
    auto ended = answer.get();
    if (!ended) qFatal("%s", ended.error().c_str());
    return *ended;
  }
  std::vector<storage::StoredMessage> stored(int64_t conversation) {
    return *chats_->with_store_of(conversation, [=](auto& store) { return store.messages(conversation); })
                .get();
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Profile> profile_;
  std::unique_ptr<RecordingObserver> observer_;
  std::unique_ptr<ChatService> chats_;
};

}  // namespace kvasir::test
