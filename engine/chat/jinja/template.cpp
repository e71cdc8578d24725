#include "engine/chat/jinja/template.h"

#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/parser.h"

#include <algorithm>
#include <new>

namespace kvasir::engine::jinja {
namespace {

/// " (line 3, column 14)", both from 1; columns count bytes.
std::string place(std::string_view source, Position at) {
  const std::string_view before = source.substr(0, std::min<size_t>(at, source.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

}  // namespace

struct Template::Parsed {
  std::string source;
  Body body;
};

Template::Template(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::parse(std::string_view source) {
  if (source.size() > kMaxSourceBytes) return fail(ErrorCode::Unsupported, "it is too long");
  auto parsed = std::make_unique<Parsed>();
  try {
    parsed->source = normalized_newlines(source);
    parsed->body = parse_template(parsed->source);
  } catch (const ParseFailure& failure) {
    return fail(ErrorCode::Unsupported, failure.message + place(parsed->source, failure.at));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, "there is not enough memory to read it");
  }
  return Template(std::move(parsed));
}

Result<Text> Template::render(Heap& heap, const std::vector<std::pair<std::string, Value>>& variables,
                              std::time_t now) const {
  Interpreter interpreter(heap, now);
  try {
    return interpreter.run(parsed_->body, variables);
  } catch (const Failure& failure) {
    return fail(failure.code, failure.message + place(parsed_->source, interpreter.at()));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, "there is not enough memory to render it");
  }
}

}  // namespace kvasir::engine::jinja
