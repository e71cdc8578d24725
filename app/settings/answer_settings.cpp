#include "app/settings/answer_settings.h"

#include "app/settings/chat_settings.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace kvasir::app {
namespace {

using nlohmann::json;

constexpr std::string_view kAnswersKey = "answers";

/// Calls `visit(key, member)` for each setting; the keys are those of the JSON.
template <class Visit>
void for_each_setting(Visit visit) {
  visit("temperature", &AnswerSettings::temperature);
  visit("top_k", &AnswerSettings::top_k);
  visit("top_p", &AnswerSettings::top_p);
  visit("min_p", &AnswerSettings::min_p);
  visit("repetition_penalty", &AnswerSettings::repetition_penalty);
  visit("max_tokens", &AnswerSettings::max_tokens);
  visit("seed", &AnswerSettings::seed);
}

template <class T>
std::optional<T> number_from(const json& value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (value.is_number()) return value.get<T>();
  } else if (value.is_number_unsigned() && value.get<uint64_t>() <= std::numeric_limits<T>::max()) {
    return value.get<T>();
  }
  return std::nullopt;
}

bool in_range(const AnswerSettings& chosen) {
  ChatSettings settings;
  chosen.apply_to(settings);
  return !engine::check(settings.sampling);
}

}  // namespace

AnswerSettings AnswerSettings::from_json(std::string_view text) {
  AnswerSettings settings;
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return settings;
  for_each_setting([&]<class T>(const char* key, std::optional<T> AnswerSettings::*setting) {
    const auto found = object.find(key);
    if (found == object.end()) return;
    AnswerSettings alone;
    alone.*setting = number_from<T>(*found);
    if (in_range(alone)) settings.*setting = alone.*setting;
  });
  return settings;
}

std::string AnswerSettings::to_json() const {
  json object = json::object();
  for_each_setting([&](const char* key, auto setting) {
    if (this->*setting) object[key] = *(this->*setting);
  });
  return object.empty() ? std::string() : object.dump();
}

void AnswerSettings::apply_to(ChatSettings& settings) const {
  engine::SamplingParams& sampling = settings.sampling;
  if (temperature) sampling.temperature = static_cast<float>(*temperature);
  if (top_k) sampling.top_k = *top_k;
  if (top_p) sampling.top_p = static_cast<float>(*top_p);
  if (min_p) sampling.min_p = static_cast<float>(*min_p);
  if (repetition_penalty) sampling.repetition_penalty = static_cast<float>(*repetition_penalty);
  if (max_tokens) settings.max_tokens = *max_tokens;
  if (seed) {
    sampling.seed = *seed;
    settings.random_seed = false;
  }
}

storage::Result<AnswerSettings> read_answer_settings(storage::ConversationStore& store) {
  return store.setting(kAnswersKey).map([](const auto& kept) {
    return AnswerSettings::from_json(kept.value_or(std::string()));
  });
}

storage::Result<void> keep_answer_settings(storage::ConversationStore& store,
                                           const AnswerSettings& settings) {
  return store.set_setting(kAnswersKey, settings.to_json());
}

ChatSettings settings_in_chat(storage::ConversationStore& profile, const storage::StoredConversation& chat,
                              const ChatSettings& asked) {
  ChatSettings settings = asked;
  // Without what can't be read, an answer is still an answer.
  if (const auto of_all = read_answer_settings(profile)) of_all->apply_to(settings);
  AnswerSettings::from_json(chat.answer_settings).apply_to(settings);
  asked.chosen.apply_to(settings);
  return settings;
}

}  // namespace kvasir::app
