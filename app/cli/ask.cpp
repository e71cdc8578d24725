#include "app/cli/command.h"
#include "app/cli/open_profile.h"
#include "app/logging/logging.h"
#include "app/services/chat_service.h"
#include "app/services/gpu.h"
#include "app/services/model_plan.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace kvasir::app {
namespace {

struct AskOptions {
  std::string model;
  ProfileChoice profile;
  std::string conversation;
  std::optional<std::string> system;
  AnswerSettings answers;
  uint32_t reasoning_budget = ThinkingSettings{}.max_tokens;
  bool no_thinking = false;
  bool show_reasoning = false;
  unsigned threads = 0;
  std::string backend = "auto";
  bool json = false;
  bool is_private = false;
  std::string message;
};

/// Prints the answer as it grows (unless JSON is wanted), its reasoning beside it, and waits for the model.
class AskObserver final : public ChatObserver {
 public:
  AskObserver(bool stream, bool show_reasoning) : stream_(stream), show_reasoning_(show_reasoning) {}

  ModelState wait_for_model() { return loaded_.get_future().get(); }

  void conversation_created(const storage::StoredConversation&) override {}
  void conversation_changed(const storage::StoredConversation&) override {}
  void message_added(const storage::StoredMessage&) override {}
  void branch_changed(int64_t, std::optional<int64_t>, const std::vector<storage::StoredMessage>&) override {}
  void conversation_forked(const storage::StoredConversation&) override {}
  void prefill_progress(int64_t, int64_t, uint32_t, uint32_t) override {}
  void answer_grew(int64_t, int64_t, const AnswerGrowth& added) override {
    if (show_reasoning_ && !added.reasoning.empty()) {
      std::cerr << added.reasoning << std::flush;
      reasoning_shown_ = true;
    }
    if (reasoning_shown_ && !added.text.empty()) end_reasoning();
    if (stream_) std::cout << added.text << std::flush;
  }
  void message_changed(const storage::StoredMessage&) override {}
  void model_changed(const ModelState& model) override {
    if (model.stage != ModelState::Stage::Loading) loaded_.set_value(model);
  }
  void saving_changed(bool, const std::string&) override {}  // the log says it at closing
  void failed(const std::string&) override {}                // the answer's future says it

  /// A blank line between what was thought and what follows it.
  void end_reasoning() {
    if (std::exchange(reasoning_shown_, false)) std::cerr << "\n" << std::endl;
  }

 private:
  const bool stream_;
  const bool show_reasoning_;
  bool reasoning_shown_ = false;
  std::promise<ModelState> loaded_;
};

/// The id of the named conversation with the system text as asked; 0 where it does not exist yet.
int64_t find_conversation(ChatService& chats, const AskOptions& options) {
  auto found = chats.with_store([&](storage::ConversationStore& store) -> storage::Result<int64_t> {
    const auto id = store.find_conversation(options.conversation);
    if (!id) return tl::unexpected(id.error());
    if (!*id) return 0;
    if (options.system) {
      auto changed = store.set_system_text(**id, *options.system, std::nullopt);
      if (!changed) return tl::unexpected(changed.error());
    }
    return **id;
  });
  return value_or_fail(found.get(), kExitFailed);
}

const char* finish_reason(storage::MessageStatus status) {
  switch (status) {
    case storage::MessageStatus::Length:
      return "length";
    case storage::MessageStatus::Stopped:
      return "cancelled";
    default:
      return "stop";
  }
}

nlohmann::json to_json(const storage::StoredMessage& answer, const ModelState& model) {
  const storage::MessageUsage usage = answer.usage.value_or(storage::MessageUsage{});
  return {{"answer", answer.text},
          {"reasoning", answer.reasoning},
          {"finish_reason", finish_reason(answer.status)},
          {"usage",
           {{"prompt_tokens", usage.prompt_tokens},
            {"prompt_cache_hit_tokens", usage.prompt_cache_hit_tokens},
            {"prompt_cache_miss_tokens", usage.prompt_cache_miss_tokens},
            {"completion_tokens", usage.completion_tokens},
            {"reasoning_tokens", answer.reasoning_tokens}}},
          {"timings",
           {{"load_ms", model.load_ms},
            {"ttft_ms", usage.ttft_ms},
            {"prefill_tokens_per_second", usage.prefill_tokens_per_second},
            {"decode_tokens_per_second", usage.decode_tokens_per_second}}}};
}

SendRequest make_request(const AskOptions& options, int64_t conversation_id) {
  SendRequest request;
  request.conversation_id = conversation_id;
  request.title = options.conversation;
  request.text = options.message;
  request.is_private = options.is_private;
  request.system_text = options.system.value_or("");
  request.settings.chosen = options.answers;
  request.settings.thinking = {!options.no_thinking, options.reasoning_budget};
  return request;
}

ModelRequest model_request(const AskOptions& options) {
  ModelRequest wanted{options.model.empty() ? starter_model_path() : std::filesystem::path(options.model)};
  wanted.settings.threads = options.threads;
  wanted.settings.on_gpu = options.backend == "auto";
  // A GPU's memory is taken at once: the context must leave room for the model.
  const auto gpu = wanted.settings.on_gpu ? find_gpu() : std::nullopt;
  if (!gpu) return wanted;
  auto card = engine::read_model_card(wanted.path);
  if (!card) return wanted;  // loading will say why
  return make_model_plan(std::move(*card), wanted.settings, physical_memory(), gpu).request();
}

void ask(const AskOptions& options) {
  ChatSettings settings;
  options.answers.apply_to(settings);
  if (const auto problem = engine::check(settings.sampling)) throw CommandFailed{kExitBadInput, *problem};
  const auto profile = open_profile(options.profile);
  start_logging(profile_folder(options.profile).logs());

  AskObserver observer(!options.json, options.show_reasoning);
  ChatService chats(*profile, observer);
  chats.load_model(model_request(options));
  const ModelState model = observer.wait_for_model();
  if (model.stage != ModelState::Stage::Ready || !model.can_chat)
    throw CommandFailed{kExitBadInput, model.note};
  if (!model.note.empty()) std::cerr << "kvasir-cli: " << model.note << "\n";
  if (!profile->kv_problem().empty()) std::cerr << "kvasir-cli: " << profile->kv_problem() << "\n";

  const int64_t conversation = options.is_private ? 0 : find_conversation(chats, options);
  const auto answer = chats.send(make_request(options, conversation)).get();
  observer.end_reasoning();
  if (!answer) throw CommandFailed{kExitFailed, answer.error()};
  if (answer->status == storage::MessageStatus::Failed) throw CommandFailed{kExitFailed, answer->error};
  if (options.json)
    std::cout << to_json(*answer, model).dump(2) << "\n";
  else
    std::cout << std::endl;  // before what the log may say at closing
  // Behind an answer with reasoning `chats` may be computing the next turn's prefix, and drops that here: the
  // answer is there, so the command ends. What is left out is the KV of the answer's visible text, which the
  // next `ask` computes in the time that it would take now; all before it is on the disk.
}

}  // namespace

void add_ask_command(CLI::App& parent) {
  auto options = std::make_shared<AskOptions>();
  auto* command = parent.add_subcommand("ask", "Add one turn to a conversation and print the answer");
  auto* model =
      command->add_option("--model", options->model, "GGUF file; the installed starter model if not given");
  auto* data_dir = command->add_option("--data-dir", options->profile.data_dir,
                                       "Folder of profiles; ~/.local/share/kvasir if not given");
  auto* conversation = command->add_option("--conversation", options->conversation,
                                           "Its title; created if there is none of that name");
  command->add_option("--profile", options->profile.name, "The one that was used last if not given");
  command
      ->add_flag("--private", options->is_private,
                 "Instead of a conversation: a single question of which nothing is kept")
      ->excludes(conversation);
  command->add_option("--system", options->system, "System prompt of the conversation");
  command->add_option("--max-tokens", options->answers.max_tokens,
                      "Longest answer; 0: no limit but the context");
  command->add_flag("--no-thinking", options->no_thinking,
                    "Answer at once, where the model can do without thinking first");
  command
      ->add_option("--reasoning-budget", options->reasoning_budget,
                   "Tokens that it may think for; 0: as many as the context has room for")
      ->capture_default_str();
  command->add_flag("--show-reasoning", options->show_reasoning, "Print what it thinks to stderr");
  command->add_option("--temperature", options->answers.temperature, "0: always the likeliest token");
  command->add_option("--seed", options->answers.seed, "Of the random draw");
  command->add_option("--backend", options->backend, "What computes: auto, a GPU where there is one, or cpu")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "cpu"}));
  command->add_option("--threads", options->threads, "0: one for each processor")
      ->check(CLI::Range(0u, kMaxThreads));
  command->add_flag("--json", options->json, "Print one JSON object with usage and timings");
  command->add_option("message", options->message, "What to say")->required();
  command->callback([options, model, data_dir] {
    if (options->message.empty()) throw CommandFailed{kExitBadInput, "The message is empty."};
    if (options->conversation.empty() && !options->is_private)
      throw CommandFailed{kExitBadInput,
                          "The conversation has no name. Give it one with --conversation, or say --private."};
    // An empty variable in a script must not lead to a person's own chats.
    if (data_dir->count() > 0 && options->profile.data_dir.empty())
      throw CommandFailed{kExitBadInput, "--data-dir is empty. Name a folder, or leave the option away."};
    if (model->count() > 0 && options->model.empty())
      throw CommandFailed{kExitBadInput, "--model is empty. Name a file, or leave the option away."};
    ask(*options);
  });
}

}  // namespace kvasir::app
