#include "app/cli/command.h"
#include "engine/tokenizer/tokenizer.h"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace kvasir::app {
namespace {

struct TokenizeOptions {
  std::string model;
  std::string text;
  std::string file;
  bool no_special = false;
};

void tokenize(const TokenizeOptions& options, bool from_file) {
  const auto file = value_or_fail(engine::GgufFile::open(options.model));
  const auto tokenizer = value_or_fail(engine::Tokenizer::from_gguf(file));
  const std::string text = from_file ? read_text_file(options.file) : options.text;
  std::cout << nlohmann::json(tokenizer.encode(text, !options.no_special)).dump() << "\n";
}

}  // namespace

void add_tokenize_command(CLI::App& parent) {
  auto options = std::make_shared<TokenizeOptions>();
  auto* command = parent.add_subcommand("tokenize", "Print the token ids of a text as a JSON array");
  command->add_option("--model", options->model, "GGUF file; a vocabulary alone is enough")->required();
  auto* source = command->add_option_group("source");
  source->add_option("--text", options->text, "The text");
  auto* file = source->add_option("--file", options->file, "A file with the text");
  source->require_option(1);
  command->add_flag("--no-special", options->no_special, "Take special tokens in the text as ordinary text");
  command->callback([options, file] { tokenize(*options, file->count() > 0); });
}

}  // namespace kvasir::app
