#pragma once

#include "app/services/qt_chat_port.h"
#include "ui/ports/answer_settings_port.h"

namespace kvasir::app {

/// The window's port onto how answers are made, of whatever profile `QtChatPort` speaks of.
///
/// Lives in the GUI thread. What fails is said by the `QtChatPort`.
class QtAnswerSettingsPort final : public ui::AnswerSettingsPort {
  Q_OBJECT

 public:
  /// `chats` must outlive the port.
  explicit QtAnswerSettingsPort(QtChatPort& chats, QObject* parent = nullptr);

  ui::AnswerSettingsItem defaults() const override;
  void load(qint64 conversationId) override;
  void keep(qint64 conversationId, const ui::AnswerSettingsItem& settings) override;

 private:
  QtChatPort& m_chats;
};

}  // namespace kvasir::app
