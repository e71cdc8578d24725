#pragma once

#include "app/cli/json_value.h"
#include "engine/chat/jinja/template.h"

#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kvasir::test {

/// Noon of the day on which the golden renderings were made, 2026-11-22.
constexpr std::time_t kGoldenDay = 1795348800;

struct Rendered {
  /// With the variables of a JSON object.
  Rendered(std::string_view source,
           const nlohmann::ordered_json& variables = nlohmann::ordered_json::object(),
           const engine::jinja::Limits& limits = {})
      : heap(limits) {
    std::vector<std::pair<std::string, engine::jinja::Value>> values;
    for (const auto& [name, value] : variables.items()) values.emplace_back(name, app::to_value(value, heap));
    render(source, values);
  }

  /// With values made here, their origins among them.
  template <class MakeVariables>
  requires std::invocable<MakeVariables, engine::jinja::Heap&> Rendered(std::string_view source,
                                                                        const MakeVariables& make_variables) {
    render(source, make_variables(heap));
  }

  bool ok = false;
  engine::jinja::Text text;
  engine::Error error{};

 private:
  void render(std::string_view source,
              const std::vector<std::pair<std::string, engine::jinja::Value>>& variables) {
    const auto parsed = engine::jinja::Template::parse(source);
    auto result = parsed ? parsed->render(heap, variables, kGoldenDay) : tl::unexpected(parsed.error());
    ok = result.has_value();
    if (ok)
      text = std::move(*result);
    else
      error = result.error();
  }

  engine::jinja::Heap heap;
};

}  // namespace kvasir::test
