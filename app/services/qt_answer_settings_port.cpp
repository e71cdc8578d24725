#include "app/services/qt_answer_settings_port.h"

#include "app/settings/answer_settings.h"

#include <cmath>

namespace kvasir::app {

using storage::ConversationStore;

namespace {

std::optional<uint32_t> toCount(const std::optional<double>& number) {
  return number ? std::optional(uint32_t(std::lround(*number))) : std::nullopt;
}

AnswerSettings toSettings(const ui::AnswerSettingsItem& item) {
  AnswerSettings settings;
  settings.temperature = item.temperature;
  settings.top_p = item.topP;
  settings.min_p = item.minP;
  settings.top_k = toCount(item.topK);
  settings.repetition_penalty = item.repetitionPenalty;
  settings.max_tokens = toCount(item.maxTokens);
  settings.seed = item.seed;
  return settings;
}

ui::AnswerSettingsItem toItem(const AnswerSettings& settings) {
  ui::AnswerSettingsItem item;
  item.temperature = settings.temperature;
  item.topP = settings.top_p;
  item.minP = settings.min_p;
  item.topK = settings.top_k;
  item.repetitionPenalty = settings.repetition_penalty;
  item.maxTokens = settings.max_tokens;
  item.seed = settings.seed;
  return item;
}

}  // namespace

QtAnswerSettingsPort::QtAnswerSettingsPort(QtChatPort& chats, QObject* parent)
    : ui::AnswerSettingsPort(parent), m_chats(chats) {}

ui::AnswerSettingsItem QtAnswerSettingsPort::defaults() const {
  const engine::SamplingParams sampling;
  ui::AnswerSettingsItem item;
  item.temperature = sampling.temperature;
  item.topP = sampling.top_p;
  item.minP = sampling.min_p;
  item.topK = sampling.top_k;
  item.repetitionPenalty = sampling.repetition_penalty;
  item.maxTokens = ChatSettings{}.max_tokens;
  return item;
}

void QtAnswerSettingsPort::load(qint64 conversationId) {
  const auto tell = [this, conversationId](const auto& settings) {
    emit loaded(conversationId, toItem(*settings));
  };
  if (conversationId == 0)
    m_chats.withStore([](ConversationStore& store) { return read_answer_settings(store); }, tell);
  else
    m_chats.withStoreOf(
        conversationId,
        [conversationId](ConversationStore& store) {
          return store.conversation(conversationId).map([](const auto& conversation) {
            return AnswerSettings::from_json(conversation.answer_settings);
          });
        },
        tell);
}

void QtAnswerSettingsPort::keep(qint64 conversationId, const ui::AnswerSettingsItem& item) {
  const auto nothing = [](const auto&) {};
  if (conversationId == 0)
    m_chats.withStore([settings = toSettings(item)](
                          ConversationStore& store) { return keep_answer_settings(store, settings); },
                      nothing);
  else
    m_chats.withStoreOf(
        conversationId,
        [conversationId, settings = toSettings(item)](ConversationStore& store) {
          return store.set_answer_settings(conversationId, settings.to_json());
        },
        nothing);
}

}  // namespace kvasir::app
