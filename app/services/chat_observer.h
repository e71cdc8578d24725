#pragma once

#include "app/settings/model_settings.h"
#include "engine/ops/backend.h"
#include "storage/conversations/conversation_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kvasir::app {

/// What is known of the model that answers.
struct ModelState {
  enum class Stage { None, Loading, Ready, Failed };
  Stage stage = Stage::None;
  ModelRequest request;  ///< what was asked for
  /// While it is Loading: another model's answer or loading is to end first.
  bool waiting = false;
  uint64_t loaded_bytes = 0;  ///< of `to_load_bytes`, while it is Loading; both 0 where it is not known
  uint64_t to_load_bytes = 0;
  std::string name;
  std::string weight_type;  ///< "Q8_0"
  uint64_t file_bytes = 0;
  uint32_t context_tokens = 0;
  unsigned threads = 0;
  engine::ComputeDevice device;    ///< what computes it
  std::string device_note;         ///< why it is not the GPU that was to; else empty
  bool thinks = false;             ///< marks what it thinks before it answers
  bool thinking_optional = false;  ///< and can answer without it
  bool can_chat = false;  ///< whether conversations can be written as it wants them; if not, `note` says why
  std::string note;       ///< a remark about a fallback; when Failed, why
  double load_ms = 0;
};

/// What came to an answer since the last report.
struct AnswerGrowth {
  std::string text;
  std::string reasoning;
  uint32_t reasoning_tokens = 0;  ///< of the whole answer so far, as the next
  double reasoning_ms = 0;
};

/// What the model reads of a conversation before its next answer.
struct ContextUse {
  uint32_t system_tokens = 0;      ///< of the system message, with a summary behind it
  uint32_t chat_tokens = 0;        ///< of all else
  uint32_t left_out_messages = 0;  ///< at the beginning, which are no longer read
  storage::ContextPolicy policy = storage::ContextPolicy::Stop;
};

/// Hears of everything that changes. Called from the storage thread and the engine thread, for a model also
/// from the thread that asks for it, in order for each message; must return quickly and must not call back
/// into the service and wait.
class ChatObserver {
 public:
  virtual ~ChatObserver() = default;

  virtual void conversation_created(const storage::StoredConversation& conversation) = 0;
  virtual void conversation_changed(const storage::StoredConversation& conversation) = 0;
  virtual void message_added(const storage::StoredMessage& message) = 0;
  /// Another branch is shown: `parent` is followed by these messages now; none: the conversation begins with
  /// them.
  virtual void branch_changed(int64_t conversation_id, std::optional<int64_t> parent,
                              const std::vector<storage::StoredMessage>& behind) = 0;
  /// Made by `ChatService::fork`.
  virtual void conversation_forked(const storage::StoredConversation& conversation) = 0;
  virtual void prefill_progress(int64_t conversation_id, int64_t message_id, uint32_t done_tokens,
                                uint32_t total_tokens) = 0;
  virtual void answer_grew(int64_t conversation_id, int64_t message_id, const AnswerGrowth& added) = 0;
  /// Status, usage or text changed; sent when an answer has ended and has been stored.
  virtual void message_changed(const storage::StoredMessage& message) = 0;
  virtual void model_changed(const ModelState& model) = 0;
  /// Of a conversation that was selected, answered or changed, where a model is loaded.
  virtual void context_measured(int64_t /*conversation_id*/, const ContextUse& /*use*/) {}
  /// The conversation's beginning is being summed up, or is no longer.
  virtual void summarising(int64_t /*conversation_id*/, bool /*on*/) {}
  /// KV is no longer kept on the disk, or is again; chats go on. A sentence says why.
  virtual void saving_changed(bool saving, const std::string& message) = 0;
  /// Something that belongs to no message failed.
  virtual void failed(const std::string& message) = 0;
};

}  // namespace kvasir::app
