#pragma once

#include "app/settings/model_settings.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::app {

/// A model that was used, how it is called and how it was run.
struct RememberedModel {
  std::filesystem::path path;  ///< empty: the starter model, wherever this installation has it
  std::string name;
  std::string quantisation;
  ModelSettings settings;

  bool operator==(const RememberedModel&) const = default;
};

/// The models that were used, the one in use first. Kept as JSON under `kKey` in a profile's settings.
class RememberedModels {
 public:
  static constexpr std::string_view kKey = "models";
  static constexpr size_t kMost = 8;

  /// What can't be understood is left out: a damaged setting is no reason not to start.
  static RememberedModels from_json(std::string_view json);
  std::string to_json() const;

  const std::vector<RememberedModel>& all() const { return models_; }
  /// How this model was run when it was used last.
  std::optional<ModelSettings> settings_of(const std::filesystem::path& path) const;
  /// Puts a model in front; the one that was not used for longest gives way.
  void use(RememberedModel model);

 private:
  std::vector<RememberedModel> models_;
};

}  // namespace kvasir::app
