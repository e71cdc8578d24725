#include "app/transfer/chat_import.h"

#include "app/transfer/chatgpt_chat.h"
#include "app/transfer/json_chats.h"
#include "app/transfer/kvasir_chat.h"
#include "app/transfer/sillytavern_chat.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace kvasir::app {
namespace {

using nlohmann::json;
using storage::ChatRecord;
namespace fs = std::filesystem;

/// So few that the storage thread has time for others between two batches, so many that each commit pays.
constexpr size_t kBatchChats = 16;
constexpr size_t kBatchMessages = 400;
constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;
constexpr size_t kHeadBytes = 4096;

enum class Form { Kvasir, ChatGpt, SillyTavern, Unknown };

/// By the file's first bytes.
Form form_of(const std::string& head) {
  const size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return Form::Unknown;
  if (head[first] == '[') return Form::ChatGpt;
  if (head[first] != '{') return Form::Unknown;
  if (head.find(std::string("\"") + kChatsFormat + "\"") != std::string::npos) return Form::Kvasir;
  const bool has_lines = head.find("\n{") != std::string::npos || head.find("\"mes\"") != std::string::npos ||
                         head.find("\"user_name\"") != std::string::npos;
  return has_lines ? Form::SillyTavern : Form::Unknown;
}

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// A newer Kvasir may say what this one does not understand.
bool is_too_new(const std::string& head) {
  const size_t at = head.find("\"version\"");
  const size_t digits = at == std::string::npos ? at : head.find_first_of("0123456789", at);
  return digits != std::string::npos && std::atoll(head.c_str() + digits) > kChatsVersion;
}

/// What no chat in the list can do without. The branch that is shown goes on to its end.
void complete(ChatRecord& chat) {
  for (size_t i = 0; i < chat.messages.size(); ++i)
    if (chat.shown_leaf && chat.messages[i].parent == chat.shown_leaf) chat.shown_leaf = i;
  if (chat.title.find_first_not_of(" \t\r\n") == std::string::npos) chat.title = "Imported chat";
  for (const auto& message : chat.messages) {
    chat.updated_at_ms = std::max(chat.updated_at_ms, message.content.created_at_ms);
    if (chat.created_at_ms == 0) chat.created_at_ms = message.content.created_at_ms;
  }
  if (chat.updated_at_ms == 0) chat.updated_at_ms = now_ms();
  if (chat.created_at_ms == 0) chat.created_at_ms = chat.updated_at_ms;
}

/// Gathers chats and keeps them a batch at a time.
class Batches {
 public:
  Batches(const ImportSteps& steps, ImportSummary& summary) : steps_(steps), summary_(summary) {}

  bool add(Outcome<ChatRecord> chat) {
    if (!chat) {
      ++summary_.skipped[chat.error()];
      return true;
    }
    complete(*chat);
    messages_ += chat->messages.size();
    waiting_.push_back(std::move(*chat));
    return (waiting_.size() < kBatchChats && messages_ < kBatchMessages) || flush();
  }

  /// False where they could not be kept.
  bool flush() {
    if (waiting_.empty()) return true;
    const size_t count = waiting_.size();
    messages_ = 0;
    const auto kept = steps_.keep(std::exchange(waiting_, {}));
    if (kept)
      summary_.chats += count;
    else
      summary_.problem = kept.error();
    return kept.has_value();
  }

 private:
  const ImportSteps& steps_;
  ImportSummary& summary_;
  std::vector<ChatRecord> waiting_;
  size_t messages_ = 0;
};

Outcome<uint64_t> check_size(const fs::path& file) {
  std::error_code error;
  const uint64_t bytes = fs::file_size(file, error);
  if (error)
    return tl::unexpected<Failure>("The file " + file.string() + " can't be read: " + error.message() + ".");
  if (bytes > kMaxFileBytes)
    return tl::unexpected<Failure>("The file " + file.string() +
                                   " is larger than 2 GB. Split it and import the parts.");
  return bytes;
}

void import_list(std::istream& in, Form form, uint64_t bytes, const ImportSteps& steps, std::stop_token stop,
                 Batches& batches, ImportSummary& summary) {
  bool kept = true;
  const auto read = for_each_chat(in, form == Form::Kvasir ? "chats" : "", [&](const json& chat) {
    kept = batches.add(form == Form::Kvasir ? chat_from_json(chat) : chat_from_chatgpt(chat));
    if (steps.progress && bytes > 0) {
      const auto at = static_cast<double>(in.tellg());
      steps.progress(std::clamp(at / static_cast<double>(bytes), 0.0, 1.0));
    }
    summary.stopped = stop.stop_requested();
    return kept && !summary.stopped;
  });
  if (kept) kept = batches.flush();
  if (!read && kept) summary.problem = read.error();
}

}  // namespace

std::string ImportSummary::sentence() const {
  std::string text = chats == 1 ? "1 chat imported" : std::to_string(chats) + " chats imported";
  text += stopped ? ", then it was stopped." : ".";
  size_t count = 0;
  std::string reasons;
  for (const auto& [reason, times] : skipped) {
    count += times;
    reasons += (reasons.empty() ? "" : ", ") + reason + (times > 1 ? " (" + std::to_string(times) + ")" : "");
  }
  if (count > 0) text += " " + std::to_string(count) + " skipped: " + reasons + ".";
  if (!problem.empty()) text += " " + problem;
  return text;
}

Outcome<ImportSummary> import_chats(const fs::path& file, const ImportSteps& steps, std::stop_token stop) {
  const auto bytes = check_size(file);
  if (!bytes) return tl::unexpected(bytes.error());
  std::ifstream in(file, std::ios::binary);
  std::string head(kHeadBytes, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(std::max<std::streamsize>(0, in.gcount())));
  in.clear();
  in.seekg(0);
  if (!in)
    return tl::unexpected<Failure>("The file " + file.string() + " can't be read. Choose another one.");

  ImportSummary summary;
  Batches batches(steps, summary);
  const Form form = form_of(head);
  if (form == Form::Unknown) {
    summary.problem =
        "It is no file of chats that Kvasir knows: its own JSON, ChatGPT's conversations.json, or "
        "SillyTavern's JSONL.";
  } else if (form == Form::Kvasir && is_too_new(head)) {
    summary.problem = "It was written by a newer version of Kvasir. Install that one to import it.";
  } else if (form == Form::SillyTavern) {
    auto chat = chat_from_sillytavern(in, file.stem().string());
    if (!chat)
      summary.problem = chat.error();
    else if (batches.add(std::move(chat)))
      batches.flush();
  } else {
    import_list(in, form, *bytes, steps, stop, batches, summary);
  }
  if (summary.chats == 0 && summary.skipped.empty() && !summary.problem.empty())
    return tl::unexpected<Failure>("The file " + file.string() + " was not imported. " + summary.problem);
  return summary;
}

}  // namespace kvasir::app
