#pragma once

#include "app/services/chat_observer.h"
#include "app/services/idle_work.h"
#include "app/services/outcome.h"
#include "app/services/worker.h"
#include "engine/runtime/engine.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

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
  using Report = std::function<void(const ModelState&)>;

  /// `profile_secret`: see engine::EngineOptions.
  EngineService(std::shared_ptr<engine::BlockStore> store, HashCache hashes,
                std::vector<std::byte> profile_secret);
  /// Ends a loading that is under way.
  ~EngineService();

  /// Loads a model in place of the present one, once the jobs before it have ended. `report` hears of it at
  /// once from the caller's thread (Loading, waiting), then from the engine thread: Loading, then Ready or
  /// Failed. After a failure the model that worked last is loaded again, which is reported in the same way.
  /// A newer request takes the place of one that waits or loads; nothing more is heard of that.
  void load(ModelRequest request, Report report);

  /// Runs a job on the engine thread. The engine is null where no model is loaded; the state says why.
  using Job = std::function<void(engine::Engine*, const ModelState&)>;
  void post(Job job);

  /// Of the model that is loaded; null while there is none. From any thread.
  std::shared_ptr<const engine::PromptMaker> prompt_maker() const;

  /// Work for when the engine has nothing else to do; see IdleWork. It is for the model that is loaded now.
  using IdleJob = std::function<bool(engine::Engine&, std::stop_token)>;
  void when_idle(IdleJob job);
  void drop_idle_work() { idle_.drop(); }
  void wait_until_idle() { idle_.wait_until_done(); }

 private:
  // Engine thread. `id` is the request's number.
  void replace_model(uint64_t id, const ModelRequest& request, const Report& report);
  /// False where it failed or a newer request came.
  bool load_now(uint64_t id, const ModelRequest& request, const Report& report);
  engine::EngineOptions options_for(uint64_t id, const ModelRequest& request, const Report& report);
  /// Tells how far the loading is, but not of every step. False: a newer request came.
  bool report_progress(uint64_t id, const Report& report, uint64_t done_bytes, uint64_t total_bytes);
  void describe_engine();
  void publish(std::shared_ptr<const engine::PromptMaker> prompts);
  void tell(uint64_t id, const Report& report) const;
  bool is_newest(uint64_t id) const { return newest_.load() == id; }

  std::shared_ptr<engine::BlockStore> store_;
  HashCache hashes_;
  const std::vector<std::byte> profile_secret_;
  std::atomic<uint64_t> newest_ = 0;        // number of the newest request
  std::unique_ptr<engine::Engine> engine_;  // this and what follows: of the engine thread
  ModelState state_;
  std::optional<ModelRequest> worked_last_;
  mutable std::mutex prompts_mutex_;
  std::shared_ptr<const engine::PromptMaker> prompts_;  // under prompts_mutex_
  IdleWork idle_;                                       // of all threads
  Worker thread_{"engine", Worker::Priority::Low};
};

}  // namespace kvasir::app
