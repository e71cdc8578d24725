#include "app/services/engine_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace kvasir::app {

EngineService::EngineService(std::shared_ptr<engine::BlockStore> store, HashCache hashes)
    : store_(std::move(store)), hashes_(std::move(hashes)) {}

EngineService::~EngineService() {
  idle_.close();
}

void EngineService::load(std::filesystem::path path, unsigned threads,
                         std::function<void(const ModelState&)> report) {
  idle_.drop();
  thread_.post([this, path = std::move(path), threads, report = std::move(report)] {
    load_now(path, threads, report);
  });
}

void EngineService::post(Job job) {
  thread_.post([this, job = std::move(job), busy = IdleWork::Job(idle_)] { job(engine_.get(), state_); });
  thread_.post([this] { idle_.run(); });
}

void EngineService::when_idle(IdleJob job) {
  idle_.set([this, job = std::move(job)](std::stop_token stop) {
    return engine_ == nullptr || job(*engine_, stop);
  });
  thread_.post([this] { idle_.run(); });
}

void EngineService::load_now(const std::filesystem::path& path, unsigned threads,
                             const std::function<void(const ModelState&)>& report) {
  const auto started = std::chrono::steady_clock::now();
  state_ = {};
  state_.stage = ModelState::Stage::Loading;
  state_.path = path;
  state_.name = path.stem().string();
  report(state_);

  engine_.reset();  // two models need not fit at once
  engine::EngineOptions options;
  options.threads = threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  options.model_content_hash = hashes_.find(path);
  auto loaded = engine::Engine::load(path, options, store_);
  if (!loaded) {
    state_.stage = ModelState::Stage::Failed;
    state_.note = loaded.error().message;
    spdlog::info("no model: {}", state_.note);
  } else {
    engine_ = std::move(*loaded);
    if (!options.model_content_hash) hashes_.keep(path, engine_->model_content_hash());
    state_.stage = ModelState::Stage::Ready;
    state_.name = engine_->config().name;
    state_.weight_type = engine_->weight_type();
    state_.file_bytes = engine_->file_bytes();
    state_.context_tokens = engine_->context_tokens();
    state_.threads = options.threads;
    state_.can_chat = engine_->chat_template().has_value();
    state_.note =
        state_.can_chat ? engine_->chat_template()->note() : engine_->chat_template().error().message;
  }
  state_.load_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  if (engine_)
    spdlog::info("model {} ({}, {} threads) loaded in {:.0f} ms", path.string(), state_.weight_type,
                 state_.threads, state_.load_ms);
  report(state_);
}

}  // namespace kvasir::app
