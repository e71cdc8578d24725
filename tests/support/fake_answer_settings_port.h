#pragma once

#include "ui/ports/answer_settings_port.h"

#include <QHash>

namespace kvasir::ui {

/// An AnswerSettingsPort in memory, for tests and the demo. Effects are signalled from the event loop, never
/// from inside a call.
class FakeAnswerSettingsPort : public AnswerSettingsPort {
  Q_OBJECT

 public:
  using AnswerSettingsPort::AnswerSettingsPort;

  QHash<qint64, AnswerSettingsItem> kept;  ///< by chat; 0: for all

  AnswerSettingsItem defaults() const override;
  void load(qint64 conversationId) override;
  void keep(qint64 conversationId, const AnswerSettingsItem& settings) override;
};

}  // namespace kvasir::ui
