#include "app/services/engine_service.h"

#include "engine/runtime/cuda_library.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace kvasir::app {
namespace {

/// Whether the template asks for an answer in another way where thinking is switched off.
bool can_leave_thinking(const engine::ChatTemplate& chat_template) {
  const engine::ChatMessage question{engine::Role::User, "?"};
  const auto text = [&](bool enable_thinking) {
    std::string rendered;
    engine::RenderOptions options;
    options.enable_thinking = enable_thinking;
    if (const auto pieces = chat_template.render(std::span(&question, 1), options))
      for (const engine::PromptPiece& piece : *pieces) rendered += piece.text;
    return rendered;
  };
  return text(true) != text(false);
}

}  // namespace

EngineService::EngineService(std::shared_ptr<engine::BlockStore> store, HashCache hashes,
                             std::vector<std::byte> profile_secret)
    : store_(std::move(store)), hashes_(std::move(hashes)), profile_secret_(std::move(profile_secret)) {}

EngineService::~EngineService() {
  ++newest_;
  idle_.close();
}

void EngineService::load(ModelRequest request, Report report) {
  const uint64_t id = ++newest_;
  ModelState waiting;
  waiting.stage = ModelState::Stage::Loading;
  waiting.waiting = true;
  waiting.request = request;
  waiting.name = request.path.stem().string();
  report(waiting);
  idle_.drop();
  thread_.post([this, id, request = std::move(request), report = std::move(report)] {
    if (is_newest(id)) replace_model(id, request, report);
  });
}

void EngineService::post(Job job) {
  thread_.post([this, job = std::move(job), busy = IdleWork::Job(idle_)]() mutable {
    const IdleWork::Job ends_here = std::move(busy);  // the future may keep the captures longer
    job(engine_.get(), state_);
  });
  thread_.post([this] { idle_.run(); });
}

void EngineService::when_idle(IdleJob job) {
  idle_.set([this, job = std::move(job)](std::stop_token stop) {
    return engine_ == nullptr || job(*engine_, stop);
  });
  thread_.post([this] { idle_.run(); });
}

void EngineService::replace_model(uint64_t id, const ModelRequest& request, const Report& report) {
  if (load_now(id, request, report)) {
    worked_last_ = request;
  } else if (is_newest(id) && worked_last_) {
    const ModelRequest former = *worked_last_;
    if (!load_now(id, former, report) && is_newest(id)) worked_last_.reset();
  }
}

bool EngineService::load_now(uint64_t id, const ModelRequest& request, const Report& report) {
  const auto started = std::chrono::steady_clock::now();
  state_ = {};
  state_.stage = ModelState::Stage::Loading;
  state_.request = request;
  state_.name = request.path.stem().string();
  tell(id, report);

  publish(nullptr);
  engine_.reset();  // two models need not fit at once
  const engine::EngineOptions options = options_for(id, request, report);
  auto loaded = engine::Engine::load(request.path, options, store_);
  if (!is_newest(id)) {  // also where it came too late to be stopped
    if (loaded && !options.model_content_hash) hashes_.keep(request.path, (*loaded)->model_content_hash());
    state_.stage = ModelState::Stage::None;
    return false;
  }
  state_.load_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  if (!loaded) {
    state_.stage = ModelState::Stage::Failed;
    state_.note = loaded.error().message;
    spdlog::info("no model: {}", state_.note);
  } else {
    engine_ = std::move(*loaded);
    if (!options.model_content_hash) hashes_.keep(request.path, engine_->model_content_hash());
    state_.threads = options.threads;
    publish(engine_->prompt_maker());
    describe_engine();
  }
  tell(id, report);
  return engine_ != nullptr;
}

engine::EngineOptions EngineService::options_for(uint64_t id, const ModelRequest& request,
                                                 const Report& report) {
  engine::EngineOptions options;
  options.threads = engine::thread_count(request.settings.threads);
  options.context_tokens = request.settings.context_tokens;
  options.kv_type = request.settings.kv_type;
  options.keep_weights_in_file = request.keep_weights_in_file;
  options.through_page_cache = request.through_page_cache;
  // Without a module, or without a GPU, the processor computes: that is no reason to fail.
  if (request.settings.on_gpu) options.cuda = engine::load_cuda_module().value_or(nullptr);
  options.vram_bytes = uint64_t{request.settings.vram_mib} << 20;
  options.model_content_hash = hashes_.find(request.path);
  options.profile_secret = profile_secret_;
  options.on_load_progress = [this, id, &report](uint64_t done_bytes, uint64_t total_bytes) {
    return report_progress(id, report, done_bytes, total_bytes);
  };
  return options;
}

bool EngineService::report_progress(uint64_t id, const Report& report, uint64_t done_bytes,
                                    uint64_t total_bytes) {
  const uint64_t step = total_bytes / 100;
  if (done_bytes >= state_.loaded_bytes + step || state_.to_load_bytes != total_bytes) {
    state_.loaded_bytes = done_bytes;
    state_.to_load_bytes = total_bytes;
    tell(id, report);
  }
  return is_newest(id);
}

void EngineService::describe_engine() {
  state_.stage = ModelState::Stage::Ready;
  state_.name = engine_->config().name;
  state_.weight_type = engine_->weight_type();
  state_.file_bytes = engine_->file_bytes();
  state_.context_tokens = engine_->context_tokens();
  state_.device = engine_->device();
  state_.device_note = engine_->device_note();
  state_.can_chat = engine_->chat_template().has_value();
  state_.thinks = state_.can_chat && engine_->chat_template()->thinking().has_value();
  state_.thinking_optional = state_.thinks && can_leave_thinking(*engine_->chat_template());
  state_.note = state_.can_chat ? engine_->chat_template()->note() : engine_->chat_template().error().message;
  spdlog::info("model {} ({}, {} KV, context {}, {} threads) loaded in {:.0f} ms",
               state_.request.path.string(), state_.weight_type,
               engine::kv_type_name(state_.request.settings.kv_type), state_.context_tokens, state_.threads,
               state_.load_ms);
  const engine::ComputeDevice& device = state_.device;
  if (!device.name.empty())
    spdlog::info("running on {}: {} of {} blocks' experts, {} MiB", device.name,
                 device.expert_blocks_on_device, device.expert_blocks, device.device_bytes >> 20);
  else
    spdlog::info("running on the CPU{}{}", state_.device_note.empty() ? "" : ": ", state_.device_note);
}

std::shared_ptr<const engine::PromptMaker> EngineService::prompt_maker() const {
  const std::lock_guard lock(prompts_mutex_);
  return prompts_;
}

void EngineService::publish(std::shared_ptr<const engine::PromptMaker> prompts) {
  const std::lock_guard lock(prompts_mutex_);
  prompts_ = std::move(prompts);
}

void EngineService::tell(uint64_t id, const Report& report) const {
  if (is_newest(id)) report(state_);
}

}  // namespace kvasir::app
