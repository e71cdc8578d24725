#pragma once

#include "app/services/chat_observer.h"
#include "app/services/idle_work.h"
#include "app/services/outcome.h"
#include "app/services/worker.h"
#include "engine/runtime/engine.h"

#include <functional>
#include <memory>

namespace kvasir::app {

/// The engine and the one thread that touches it.
class EngineService {
 public:
  /// Finds and keeps content hashes of model files, so that a file is hashed once. Called on the engine
  /// thread.
  struct HashCache {
    std::function<std::optional<engine::Hash256>(const std::filesystem::path&)> find;
    std::function<void(const std::filesystem::path&, const engine::Hash256&)> keep;
  };

  EngineService(std::shared_ptr<engine::BlockStore> store, HashCache hashes);
  ~EngineService();

  /// Loads a model in place of the present one; `report` hears Loading, then Ready or Failed.
  void load(std::filesystem::path path, unsigned threads, std::function<void(const ModelState&)> report);

  /// Runs a job on the engine thread. The engine is null where no model is loaded; the state says why.
  using Job = std::function<void(engine::Engine*, const ModelState&)>;
  void post(Job job);

  /// Work for when the engine has nothing else to do; see IdleWork. It is for the model that is loaded now.
  using IdleJob = std::function<bool(engine::Engine&, std::stop_token)>;
  void when_idle(IdleJob job);
  void drop_idle_work() { idle_.drop(); }

 private:
  void load_now(const std::filesystem::path& path, unsigned threads,
                const std::function<void(const ModelState&)>& report);

  std::shared_ptr<engine::BlockStore> store_;
  HashCache hashes_;
  std::unique_ptr<engine::Engine> engine_;  // of the engine thread
  ModelState state_;                        // of the engine thread
  IdleWork idle_;
  Worker thread_{"engine"};
};

}  // namespace kvasir::app
