#pragma once

#include "app/services/model_plan.h"
#include "app/services/qt_chat_port.h"
#include "app/services/worker.h"
#include "app/settings/remembered_models.h"
#include "ui/ports/model_port.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace kvasir::app {

/// The window's port onto models: which one answers, how it is run, and what is remembered of it.
///
/// Lives in the GUI thread and holds its state there. Cards are read on a thread of its own, models are
/// loaded by the chat service, both of which answer by queued calls.
class QtModelPort final : public ui::ModelPort {
  Q_OBJECT

 public:
  /// `chats` must outlive the port. `starter` is the model that came with the program.
  QtModelPort(QtChatPort& chats, std::filesystem::path starter, QObject* parent = nullptr);
  ~QtModelPort() override;

  /// Loads `asked`, for this run only, or else the model that was used last, at first the starter. What was
  /// known before is forgotten: `chats` speaks of another profile.
  void start(const std::optional<std::filesystem::path>& asked);

  void openModel(const QString& path) override;
  void openStarter() override;
  void acceptOffer() override;
  void dismissOffer() override;
  void applySettings(const ui::ModelSettingsItem& settings) override;
  void measureMemory() override;

 private:
  enum class Consent { Ask, Given };
  enum class Remember { Yes, No };

  /// Reads the card and goes on with `consider`.
  void open(const std::filesystem::path& path, const ModelSettings& settings, Consent consent,
            Remember remember);
  void consider(ModelPlan plan, Consent consent, Remember remember);
  void refuse(const std::filesystem::path& path, const QString& why);
  void load(const ModelPlan& plan, Remember remember);
  void onModelReported(const ModelState& model);

  /// Paths as they are remembered: the starter's is empty.
  std::filesystem::path rememberedPath(const std::filesystem::path& path) const;
  ModelSettings settingsOf(const std::filesystem::path& path) const;
  void remember(const ModelPlan& plan);
  void setOffer(const ui::ModelOfferItem& offer);
  void tellRecent();

  QtChatPort& m_chats;
  const std::filesystem::path m_starter;
  RememberedModels m_remembered;
  std::optional<ModelPlan> m_loading;  ///< asked of the service, and not ready
  std::optional<ModelPlan> m_ready;    ///< what answers, or answered before m_loading
  std::optional<ModelPlan> m_offered;  ///< too large, waits for the person's word
  std::optional<Gpu> m_gpu;            ///< as it was when the last card was read
  Remember m_rememberLoading = Remember::Yes;
  ui::ModelItem m_item;
  uint64_t m_newestReading = 0;
  Worker m_reader{"model cards"};  // last: joined before what its jobs answer to goes
};

}  // namespace kvasir::app
