#include "app/settings/remembered_models.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace kvasir::app {
namespace {

using nlohmann::json;

constexpr const char* kProcessor = "processor";

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

uint32_t number_of(const json& object, const char* key, uint32_t most) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return 0;
  return static_cast<uint32_t>(std::min<uint64_t>(found->get<uint64_t>(), most));
}

engine::KvType kv_type_named(std::string_view name) {
  return name == engine::kv_type_name(engine::KvType::Q8_0) ? engine::KvType::Q8_0 : engine::KvType::F16;
}

RememberedModel from_object(const json& object) {
  constexpr uint32_t kMostTokens = 1u << 30;
  constexpr uint32_t kMostThreads = 4096;
  constexpr uint32_t kMostVramMib = 1u << 24;
  RememberedModel model;
  model.path = text_of(object, "path");
  model.name = text_of(object, "name");
  model.quantisation = text_of(object, "quantisation");
  model.settings.context_tokens = number_of(object, "context_tokens", kMostTokens);
  model.settings.kv_type = kv_type_named(text_of(object, "kv_type"));
  model.settings.threads = number_of(object, "threads", kMostThreads);
  model.settings.on_gpu = text_of(object, "computed_by") != kProcessor;
  model.settings.vram_mib = number_of(object, "vram_mib", kMostVramMib);
  return model;
}

}  // namespace

RememberedModels RememberedModels::from_json(std::string_view text) {
  RememberedModels remembered;
  const json list = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return remembered;
  for (const json& object : list)
    if (object.is_object() && object.contains("path") && remembered.models_.size() < kMost)
      remembered.models_.push_back(from_object(object));
  return remembered;
}

std::string RememberedModels::to_json() const {
  json list = json::array();
  for (const RememberedModel& model : models_)
    list.push_back({{"path", model.path.string()},
                    {"name", model.name},
                    {"quantisation", model.quantisation},
                    {"context_tokens", model.settings.context_tokens},
                    {"kv_type", engine::kv_type_name(model.settings.kv_type)},
                    {"threads", model.settings.threads},
                    {"computed_by", model.settings.on_gpu ? "automatic" : kProcessor},
                    {"vram_mib", model.settings.vram_mib}});
  // A path or name that is no UTF-8 can't be kept as it is; the rest can.
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<ModelSettings> RememberedModels::settings_of(const std::filesystem::path& path) const {
  const auto found =
      std::find_if(models_.begin(), models_.end(), [&](const auto& model) { return model.path == path; });
  return found != models_.end() ? std::optional(found->settings) : std::nullopt;
}

void RememberedModels::use(RememberedModel model) {
  std::erase_if(models_, [&](const auto& other) { return other.path == model.path; });
  models_.insert(models_.begin(), std::move(model));
  if (models_.size() > kMost) models_.resize(kMost);
}

}  // namespace kvasir::app
