#pragma once

#include "ui/ports/model_port.h"

#include <QStringList>

namespace kvasir::ui {

/// A ModelPort in memory, for tests and the demo: the starter model answers, and whatever is opened loads as
/// a larger one. Effects are signalled from the event loop, never from inside a call.
class FakeModelPort : public ModelPort {
  Q_OBJECT

 public:
  explicit FakeModelPort(QObject* parent = nullptr);

  static ModelItem starter();
  /// A model of 15.7 billion parameters, ready.
  static ModelItem larger();
  /// One of 671 billion.
  static ModelCardItem hugeCard();

  QStringList calls;  ///< "open /a.gguf", "starter", "accept", "dismiss", "apply 8192 8 2", in order
  MemoryItem memory{16'000'000'000, 12'000'000'000};

  void setModel(const ModelItem& model);
  void setOffer(const ModelOfferItem& offer);
  void setRecent(const QVector<RecentModelItem>& models);

  void openModel(const QString& path) override;
  void openStarter() override;
  void acceptOffer() override;
  void dismissOffer() override;
  void applySettings(const ModelSettingsItem& settings) override;
  void measureMemory() override;

 private:
  ModelItem m_model;
  ModelOfferItem m_offer;
  QVector<RecentModelItem> m_recent;
};

}  // namespace kvasir::ui
