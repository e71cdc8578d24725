#pragma once

#include "storage/base/result.h"
#include "storage/conversations/search.h"
#include "storage/sqlite/database.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::storage {

enum class MessageRole { System = 0, User = 1, Assistant = 2 };

enum class MessageStatus {
  Complete = 0,     ///< the model ended it, or a person wrote it
  Streaming = 1,    ///< being generated; found at start-up, it was interrupted
  Stopped = 2,      ///< the person stopped it
  Length = 3,       ///< max_tokens was reached, or the context is full
  Failed = 4,       ///< an error ended it; `error` says which
  Interrupted = 5,  ///< the program ended while it was being generated
};

/// Counts and times of one answer. Absent on other messages and before an answer's end.
struct MessageUsage {
  uint32_t prompt_tokens = 0;
  uint32_t prompt_cache_hit_tokens = 0;
  uint32_t prompt_cache_disk_tokens = 0;
  uint32_t prompt_cache_miss_tokens = 0;
  uint32_t completion_tokens = 0;
  double ttft_ms = 0;
  double prefill_tokens_per_second = 0;
  double decode_tokens_per_second = 0;
};

/// Messages form a tree: those with the same parent are alternatives, of which one is shown. The system
/// message stands before the tree.
struct StoredMessage {
  int64_t id = 0;
  int64_t conversation_id = 0;
  /// Ascending in the order in which the conversation's messages came, and so along each branch: 0 is kept
  /// for the system message, others count from 1.
  int64_t position = 0;
  std::optional<int64_t> parent_id;  ///< the message that it follows; none: it begins the conversation
  uint32_t alternative = 0;          ///< which of the alternatives it is, the oldest being 0 …
  uint32_t alternatives = 1;         ///< … and how many there are. Deleted ones are not counted
  MessageRole role = MessageRole::User;
  MessageStatus status = MessageStatus::Complete;
  std::string text;
  /// What a reasoning model thought before its answer, apart from `text`.
  std::string reasoning;
  uint32_t reasoning_tokens = 0;  ///< its ids, the markers around it included; 0: it did not think
  double reasoning_ms = 0;        ///< from the first of them to the last
  /// The exact ids that this message put into the prompt, under the vocabulary of that hash.
  std::vector<int32_t> token_ids;
  std::vector<std::byte> vocabulary_hash;
  std::string model;  ///< name of the model that answered
  std::string error;
  std::optional<MessageUsage> usage;
  /// Where it has a value, prompts begin with this message: what was before is told by this text alone, if it
  /// is not empty.
  std::optional<std::string> context_summary;
  bool edited = false;        ///< a person wrote it in place of an alternative, at `created_at_ms`
  int64_t created_at_ms = 0;  ///< Unix time
};

/// What happens when a conversation no longer fits what the model can read at a time.
enum class ContextPolicy {
  Stop = 0,        ///< the answer fails
  Summarise = 1,   ///< the model sums up the beginning, which is then left out
  DropOldest = 2,  ///< the oldest messages are left out
};

struct StoredConversation {
  int64_t id = 0;
  std::string title;
  /// The library prompt that the chat's system message was copied from, if it still exists.
  std::optional<int64_t> system_prompt_id;
  std::string system_text;  ///< the chat's own copy; empty: none
  std::optional<int64_t> folder_id;
  std::optional<int64_t> pin_position;  ///< ascending among the pinned ones; absent: not pinned
  std::string draft;                    ///< written, but not sent
  /// The last message of the branch that is shown; none: there is no message but the system's.
  std::optional<int64_t> shown_leaf_id;
  ContextPolicy context_policy = ContextPolicy::Stop;
  std::string answer_settings;  ///< its own, in words of the application's; empty: none
  int64_t created_at_ms = 0;
  int64_t updated_at_ms = 0;
};

struct StoredFolder {
  int64_t id = 0;
  std::string name;  ///< not empty
  bool collapsed = false;
};

struct StoredSystemPrompt {
  int64_t id = 0;
  std::string name;  ///< unique, also when the case of ASCII letters is ignored; not empty
  std::string text;
  bool is_default = false;  ///< for new chats; at most one
};

struct ChatRecord;

/// Conversations, messages, system prompts and settings of one profile. Each call is one transaction and
/// is durable when it returns. For the storage thread only.
class ConversationStore {
 public:
  /// `database` has been migrated (see schema/migrations.h). Answers left Streaming by a dead process become
  /// Interrupted.
  static Result<ConversationStore> open(Database& database);

  /// A system prompt that no longer exists is left out.
  Result<int64_t> create_conversation(std::string_view title, std::string_view system_text,
                                      std::optional<int64_t> system_prompt_id);
  Result<std::vector<StoredConversation>> conversations();  ///< newest change first; deleted ones left out
  Result<StoredConversation> conversation(int64_t id);
  /// Also while it is deleted and can be restored.
  Result<bool> exists(int64_t id);
  /// By exact title; of several the one that changed last.
  Result<std::optional<int64_t>> find_conversation(std::string_view title);
  Result<void> rename_conversation(int64_t id, std::string_view title);
  /// Hidden at once, for good when `purge_deleted` runs; `restore_conversation` undoes it until then.
  Result<void> delete_conversation(int64_t id);
  Result<void> restore_conversation(int64_t id);
  Result<void> purge_deleted();

  Result<std::vector<StoredFolder>> folders();           ///< in the order that a person gave them
  Result<int64_t> create_folder(std::string_view name);  ///< behind the others
  Result<void> rename_folder(int64_t id, std::string_view name);
  /// Its conversations are kept, and are in none.
  Result<void> delete_folder(int64_t id);
  /// Whether the list hides what is in it.
  Result<void> collapse_folder(int64_t id, bool collapsed);
  /// Those that are not among `ids` keep their positions.
  Result<void> order_folders(const std::vector<int64_t>& ids);
  /// Into none, if there is no id.
  Result<void> move_to_folder(int64_t conversation_id, std::optional<int64_t> folder_id);
  /// These are pinned, in this order, and no others. Deleted ones keep their pins until they are restored.
  Result<void> pin_conversations(const std::vector<int64_t>& ids);
  Result<void> set_draft(int64_t conversation_id, std::string_view draft);
  /// Conversations whose title or messages, of any branch, have every word that is asked for; the last word
  /// may be a beginning. Those whose titles have them come first, then those that changed last.
  Result<std::vector<FoundConversation>> search(std::string_view asked);

  /// The whole of a conversation, for another profile.
  Result<ChatRecord> read_record(int64_t id);
  /// Adds them all, or none, as they were there: with their times, into folders of these names, which are
  /// made where they are missing, and behind what is pinned.
  Result<void> write_records(const std::vector<ChatRecord>& chats);

  /// The branch that is shown, its beginning first, behind the system message. With `behind_id`, a message of
  /// it, only what follows that one.
  Result<std::vector<StoredMessage>> messages(int64_t conversation_id, int64_t behind_id = 0);
  /// The branch that ends with this message, shown or not, behind the system message.
  Result<std::vector<StoredMessage>> messages_up_to(int64_t message_id);
  /// Puts a user's or an assistant's message behind the last one that is shown, and shows it. `id`,
  /// `created_at_ms` and what says where it stands are assigned and returned.
  Result<StoredMessage> append_message(StoredMessage message);
  /// The same behind any message of the conversation, beside what follows that already; none: as its first.
  Result<StoredMessage> append_behind(std::optional<int64_t> parent_id, StoredMessage message);
  /// Replaces the growing part of an answer: text, reasoning, ids, and the rest at its end. Also in a deleted
  /// conversation, whose answer may still be growing.
  Result<void> update_message(const StoredMessage& message);
  Result<void> set_token_ids(int64_t message_id, const std::vector<int32_t>& token_ids,
                             const std::vector<std::byte>& vocabulary_hash);

  // Branches. A message that is deleted, and a system message, is NotFound.

  struct MessagePlace {
    int64_t conversation_id;
    std::optional<int64_t> parent_id;
  };
  Result<MessagePlace> place_of(int64_t message_id);
  /// The ids of a message and of the alternatives to it, oldest first.
  Result<std::vector<int64_t>> alternatives(int64_t message_id);
  /// Shows the branch through this message, on to the newest one that follows it.
  Result<void> show_message(int64_t message_id);
  /// Hides a message and all that follows it, on every branch: at once, and for good when `purge_deleted`
  /// runs. If it was shown, the newest alternative to it takes its place.
  Result<void> delete_message(int64_t message_id);
  /// Undoes the `delete_message` that hid this message, and shows the branch that ends with it.
  Result<void> restore_message(int64_t message_id);
  /// A new conversation with copies of the branch that ends with this message, its ids and figures included.
  Result<int64_t> fork_conversation(int64_t message_id, std::string_view title);

  /// Writes, replaces or (empty text) removes the conversation's system message. Ids of it are forgotten.
  Result<void> set_system_text(int64_t conversation_id, std::string_view text,
                               std::optional<int64_t> system_prompt_id);

  Result<void> set_answer_settings(int64_t conversation_id, std::string_view settings);
  Result<void> set_context_policy(int64_t conversation_id, ContextPolicy policy);
  /// Has prompts begin with this message, or (none) not begin with it.
  Result<void> set_context_summary(int64_t message_id, const std::optional<std::string>& summary);

  Result<std::vector<StoredSystemPrompt>> system_prompts();  ///< by name
  /// id 0 creates. A name that is taken is a BadRequest.
  Result<int64_t> save_system_prompt(const StoredSystemPrompt& prompt);
  Result<void> delete_system_prompt(int64_t id);

  Result<std::optional<std::string>> setting(std::string_view key);
  Result<void> set_setting(std::string_view key, std::string_view value);

  /// Content hashes of model files, found again by what the file system says of the file.
  struct FileIdentity {
    uint64_t size_bytes;
    int64_t modified_ns;
    uint64_t inode;
    uint64_t device;
    bool operator==(const FileIdentity&) const = default;
  };
  Result<std::optional<std::vector<std::byte>>> model_content_hash(const FileIdentity& file);
  Result<void> set_model_content_hash(const FileIdentity& file, const std::vector<std::byte>& hash);

 private:
  explicit ConversationStore(Database& database) : database_(&database) {}
  /// Unix time that differs from that of every earlier change, so that their order is kept.
  int64_t change_time_ms();
  Result<void> touch(int64_t conversation_id);
  Result<void> write_system_message(int64_t conversation_id, std::string_view text);
  /// Of all branches, by position; without counts of alternatives, and without the system message.
  Result<std::vector<StoredMessage>> all_messages(int64_t conversation_id);
  Result<void> write_record(const ChatRecord& chat);
  Result<std::optional<int64_t>> folder_named(const std::string& name);
  Result<std::vector<StoredMessage>> branch(int64_t conversation_id, int64_t leaf_id, int64_t behind_id);
  /// Its place but for `conversation_id` and `parent_id` is assigned.
  Result<void> insert_message(StoredMessage& message);
  Result<std::vector<int64_t>> alternatives_at(const MessagePlace& place);
  Result<void> show_leaf(int64_t conversation_id, std::optional<int64_t> leaf_id);
  Result<void> show_newest(int64_t conversation_id, int64_t message_id);
  /// Whether a query has an answer.
  template <class... Values>
  Result<bool> has_row(std::string_view sql, const Values&... values) {
    auto rows = database_->query(sql, values...);
    if (!rows) return tl::unexpected<Error>(std::move(rows).error());
    return rows->step();
  }

  Database* database_;
  int64_t last_change_ms_ = 0;
};

}  // namespace kvasir::storage
