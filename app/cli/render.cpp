#include "app/cli/command.h"
#include "app/cli/json_value.h"
#include "engine/chat/jinja/template.h"

#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace kvasir::app {
namespace {

using Json = nlohmann::ordered_json;

struct RenderCommandOptions {
  std::string template_file;
  std::string messages;
  std::string variables = "{}";
};

/// The JSON that an option holds, or the file that it names after an @.
Json read_json(const std::string& given, const char* option, Json::value_t wanted) {
  const std::string text = given.starts_with('@') ? read_text_file(given.substr(1)) : given;
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw CommandFailed{kExitBadInput, std::string(option) + " is not JSON."};
  if (json.type() != wanted)
    throw CommandFailed{kExitBadInput, std::string(option) + " is to be a JSON " +
                                           (wanted == Json::value_t::array ? "array." : "object.")};
  return json;
}

void render(const RenderCommandOptions& options) {
  Json variables = read_json(options.variables, "--variables", Json::value_t::object);
  variables["messages"] = read_json(options.messages, "--messages", Json::value_t::array);

  const auto parsed = engine::jinja::Template::parse(read_text_file(options.template_file));
  if (!parsed)
    throw CommandFailed{kExitBadInput,
                        options.template_file + " is no template: " + parsed.error().message + "."};
  engine::jinja::Heap heap;
  std::vector<std::pair<std::string, engine::jinja::Value>> values;
  try {
    for (const auto& [name, value] : variables.items()) values.emplace_back(name, to_value(value, heap));
  } catch (const engine::jinja::Failure& failure) {
    throw CommandFailed{kExitBadInput, "The conversation can't be used: " + failure.message + "."};
  }
  const auto text = parsed->render(heap, values, std::time(nullptr));
  if (!text)
    throw CommandFailed{kExitFailed,
                        options.template_file + " can't render this: " + text.error().message + "."};
  std::cout << text->bytes() << std::flush;
}

}  // namespace

void add_render_command(CLI::App& parent) {
  auto options = std::make_shared<RenderCommandOptions>();
  auto* command = parent.add_subcommand("render", "Print what a chat template makes of a conversation");
  command->add_option("--template", options->template_file, "A file with the template, in Jinja")->required();
  command
      ->add_option("--messages", options->messages,
                   R"(JSON array such as [{"role": "user", "content": "Hi"}], or @FILE)")
      ->required();
  command->add_option("--variables", options->variables,
                      R"(JSON object such as {"add_generation_prompt": true, "bos_token": "<s>"}, or @FILE)");
  command->callback([options] { render(*options); });
}

}  // namespace kvasir::app
