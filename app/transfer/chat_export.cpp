#include "app/transfer/chat_export.h"

#include "app/transfer/kvasir_chat.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;
using storage::ChatRecord;
using storage::MessageRole;

/// A file under another name until it is whole.
class NewFile {
 public:
  explicit NewFile(const fs::path& path)
      : path_(path), part_(path.string() + ".part"), out_(part_, std::ios::binary | std::ios::trunc) {}
  ~NewFile() {
    out_.close();
    std::error_code error;
    if (!is_kept_) fs::remove(part_, error);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  std::ofstream& out() { return out_; }
  Outcome<void> keep() {
    out_.close();
    if (out_.fail()) return failed(std::strerror(errno));
    std::error_code error;
    fs::rename(part_, path_, error);
    if (error) return failed(error.message());
    is_kept_ = true;
    return {};
  }
  tl::unexpected<Failure> failed(const std::string& why) const {
    return tl::unexpected<Failure>("The file " + path_.string() + " could not be written: " + why +
                                   ". Choose another folder.");
  }

 private:
  fs::path path_;
  fs::path part_;
  std::ofstream out_;
  bool is_kept_ = false;
};

/// The messages of the branch that is shown, its beginning first.
std::vector<const ChatRecord::Message*> shown_branch(const ChatRecord& chat) {
  std::vector<const ChatRecord::Message*> branch;
  for (auto at = chat.shown_leaf; at && *at < chat.messages.size(); at = chat.messages[*at].parent)
    branch.push_back(&chat.messages[*at]);
  std::reverse(branch.begin(), branch.end());
  return branch;
}

/// As a quotation, so that it is not taken for the answer.
std::string quoted(const std::string& text) {
  std::string result = "> ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "> ";
  }
  return result + "\n\n";
}

}  // namespace

std::string chat_to_markdown(const ChatRecord& chat) {
  std::string text = "# " + chat.title + "\n\n";
  if (!chat.system_text.empty()) text += "**System prompt**\n\n" + quoted(chat.system_text);
  for (const auto* message : shown_branch(chat)) {
    const bool is_answer = message->content.role == MessageRole::Assistant;
    const std::string model = message->content.model.empty() ? "Answer" : message->content.model;
    text += "## " + (is_answer ? model : "You") + "\n\n";
    if (!message->content.reasoning.empty()) text += "*Reasoning*\n\n" + quoted(message->content.reasoning);
    text += message->content.text + "\n\n";
  }
  return text;
}

Outcome<size_t> export_chats(const fs::path& path, ExportForm form, const std::vector<int64_t>& ids,
                             const ExportSteps& steps, std::stop_token stop) {
  std::error_code error;
  if (fs::exists(path, error))
    return tl::unexpected<Failure>("The file " + path.string() +
                                   " is there already and was not replaced. Choose another name.");
  NewFile file(path);
  if (!file.out()) return file.failed(std::strerror(errno));
  const bool json = form == ExportForm::Json;
  if (json)
    file.out() << "{\"format\": \"" << kChatsFormat << "\", \"version\": " << kChatsVersion
               << ", \"chats\": [";
  size_t written = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (stop.stop_requested()) return tl::unexpected<Failure>("The export was stopped. Nothing was written.");
    const auto chat = steps.read(ids[i]);
    if (!chat) continue;  // deleted meanwhile
    const char* separator = written == 0 ? "" : json ? "," : "---\n\n";
    file.out() << separator << (json ? "\n" + chat_to_json(*chat) : chat_to_markdown(*chat));
    if (!file.out()) return file.failed(std::strerror(errno));
    ++written;
    if (steps.progress) steps.progress(static_cast<double>(i + 1) / static_cast<double>(ids.size()));
  }
  if (json) file.out() << "\n]}\n";
  if (auto kept = file.keep(); !kept) return tl::unexpected(kept.error());
  return written;
}

}  // namespace kvasir::app
