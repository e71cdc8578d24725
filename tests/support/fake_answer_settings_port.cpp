#include "tests/support/fake_answer_settings_port.h"

namespace kvasir::ui {

AnswerSettingsItem FakeAnswerSettingsPort::defaults() const {
  return {0.8, 0.95, 0.05, 40, 1, 0, {}};
}

void FakeAnswerSettingsPort::load(qint64 conversationId) {
  QMetaObject::invokeMethod(
      this, [=, this] { emit loaded(conversationId, kept.value(conversationId)); }, Qt::QueuedConnection);
}

void FakeAnswerSettingsPort::keep(qint64 conversationId, const AnswerSettingsItem& settings) {
  kept[conversationId] = settings;
}

}  // namespace kvasir::ui
