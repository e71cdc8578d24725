#include "app/cli/command.h"
#include "app/cli/open_profile.h"
#include "app/transfer/chat_export.h"
#include "app/transfer/chat_import.h"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace kvasir::app {
namespace {

struct TransferOptions {
  ProfileChoice profile;
  std::string file;
  std::string conversation;
  bool markdown = false;
};

/// A command with what both have in common, which runs `run`.
template <class Run>
CLI::App* add_transfer_command(CLI::App& parent, const char* name, const char* help,
                               const std::shared_ptr<TransferOptions>& options, Run run) {
  auto* command = parent.add_subcommand(name, help);
  auto* data_dir = command->add_option("--data-dir", options->profile.data_dir,
                                       "Folder of profiles; ~/.local/share/kvasir if not given");
  command->add_option("--profile", options->profile.name, "The one that was used last if not given");
  command->callback([options, data_dir, run] {
    if (data_dir->count() > 0 && options->profile.data_dir.empty())
      throw CommandFailed{kExitBadInput, "--data-dir is empty. Name a folder, or leave the option away."};
    run(*options);
  });
  return command;
}

void run_export(const TransferOptions& options) {
  const auto profile = open_profile(options.profile);
  auto& store = profile->conversations();
  std::vector<int64_t> ids;
  if (!options.conversation.empty()) {
    const auto found = value_or_fail(store.find_conversation(options.conversation), kExitFailed);
    if (!found) throw CommandFailed{kExitBadInput, "There is no chat named “" + options.conversation + "”."};
    ids.push_back(*found);
  } else {
    for (const auto& conversation : value_or_fail(store.conversations(), kExitFailed))
      ids.push_back(conversation.id);
  }
  ExportSteps steps;
  steps.read = [&](int64_t id) -> Outcome<storage::ChatRecord> {
    auto record = store.read_record(id);
    if (!record) return failure(record);
    return std::move(*record);
  };
  const auto form = options.markdown ? ExportForm::Markdown : ExportForm::Json;
  const auto written = export_chats(options.file, form, ids, steps);
  if (!written) throw CommandFailed{kExitFailed, written.error()};
  std::cout << *written << (*written == 1 ? " chat" : " chats") << " exported to " << options.file << ".\n";
}

void run_import(const TransferOptions& options) {
  const auto profile = open_profile(options.profile);
  ImportSteps steps;
  steps.keep = [&](const std::vector<storage::ChatRecord>& chats) -> Outcome<void> {
    if (auto kept = profile->conversations().write_records(chats); !kept) return failure(kept);
    return {};
  };
  const auto summary = import_chats(options.file, steps);
  if (!summary) throw CommandFailed{kExitBadInput, summary.error()};
  std::cout << summary->sentence() << "\n";
  if (!summary->problem.empty()) throw CommandFailed{kExitFailed, "The import ended early."};
}

}  // namespace

void add_export_command(CLI::App& parent) {
  const auto options = std::make_shared<TransferOptions>();
  auto* command = add_transfer_command(parent, "export", "Write chats into a new file", options, run_export);
  command->add_option("--conversation", options->conversation, "Only the chat of this title; else all");
  command->add_flag("--markdown", options->markdown, "To be read, instead of JSON, which loses nothing");
  command->add_option("file", options->file, "The file to write")->required();
}

void add_import_command(CLI::App& parent) {
  const auto options = std::make_shared<TransferOptions>();
  auto* command = add_transfer_command(
      parent, "import",
      "Take over chats from Kvasir's JSON, ChatGPT's conversations.json or SillyTavern's JSONL", options,
      run_import);
  command->add_option("file", options->file, "The file to read")->required();
}

}  // namespace kvasir::app
