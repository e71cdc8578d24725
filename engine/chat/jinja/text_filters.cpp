#include "engine/chat/jinja/filters.h"
#include "engine/chat/jinja/format.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/text_functions.h"
#include "engine/chat/jinja/unicode.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>

namespace kvasir::engine::jinja {
namespace {

template <Value (*kChange)(Heap&, const Text&)>
Value change(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "a filter of texts").done();
  return kChange(interpreter.heap(), to_text(interpreter.heap(), input).text());
}

Value trim(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "trim");
  const Text* const characters = reader.text_or_none("chars");
  reader.done();
  return strip(interpreter.heap(), to_text(interpreter.heap(), input).text(), characters, Side::Both);
}

Value replace_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "replace");
  Heap& heap = interpreter.heap();
  const Value old = to_text(heap, reader.need("old"));
  const Value by = to_text(heap, reader.need("new"));
  const int64_t count = reader.integer("count", -1);
  reader.done();
  return replace(heap, to_text(heap, input).text(), old.text(), by.text(), count);
}

bool separates_words(char32_t code) {
  return is_space(code) || std::u32string_view(U"-({[<").find(code) != std::u32string_view::npos;
}

/// Unlike the method of texts, it takes an apostrophe as a part of a word.
Value words_in_title_case(Heap& heap, const Text& text) {
  return title(heap, text, separates_words);
}

Value escape(Heap& heap, const Text& text) {
  TextBuilder out(heap);
  constexpr std::pair<char, std::string_view> kEscapes[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&#39;"}, {'"', "&#34;"}};
  size_t plain = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const auto* const found =
        std::ranges::find(kEscapes, text.bytes()[at], &std::pair<char, std::string_view>::first);
    if (found == std::end(kEscapes)) continue;
    out.append(text, plain, at);
    out.append(found->second, text.origin_at(at));
    plain = at + 1;
  }
  out.append(text, plain, text.size());
  return out.take();
}

Value indent(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "indent");
  Heap& heap = interpreter.heap();
  const Value* const width = reader.next("width");
  const bool first = reader.flag("first", false);
  const bool blank = reader.flag("blank", false);
  reader.done();
  Value margin = heap.text("    ");
  if (width != nullptr && width->is_text()) margin = *width;
  if (width != nullptr && as_integer(*width))
    margin = pad(heap, Text(), *as_integer(*width), U' ', Side::Left);

  const Value text = to_text(heap, input);
  std::vector<Text> lines = lines_of(heap, text.text(), false);
  if (text.text().empty() || text.text().bytes().ends_with('\n')) lines.emplace_back();
  TextBuilder out(heap);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append("\n");
    if (i == 0 ? first : blank || !lines[i].empty()) out.append(margin.text());
    out.append(lines[i]);
  }
  return out.take();
}

Value center(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "center");
  const int64_t width = reader.integer("width", 80);
  reader.done();
  Heap& heap = interpreter.heap();
  return pad(heap, to_text(heap, input).text(), width, U' ', Side::Both);
}

Value truncate(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "truncate");
  Heap& heap = interpreter.heap();
  const int64_t length = reader.integer("length", 255);
  const bool kill_words = reader.flag("killwords", false);
  const Text* const given_end = reader.text_or_none("end");
  const int64_t leeway = reader.integer("leeway", 5);
  reader.done();
  const Text end = given_end != nullptr ? *given_end : Text("...");
  const Value value = to_text(heap, input);
  const Text& text = value.text();
  heap.read(text.size());
  const auto end_length = static_cast<int64_t>(count_characters(end.bytes()));
  if (length < end_length || leeway < 0) stop("truncate has a length that leaves nothing");
  if (static_cast<int64_t>(count_characters(text.bytes())) - leeway <= length) return value;
  size_t kept = offset_of(text.bytes(), static_cast<size_t>(length - end_length));
  const size_t space = kept == 0 ? std::string::npos : text.bytes().rfind(' ', kept - 1);
  if (!kill_words && space != std::string::npos) kept = space;
  TextBuilder out(heap);
  out.append(text, 0, kept);
  out.append(end);
  return out.take();
}

Value wordcount(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "wordcount").done();
  const Value text = to_text(interpreter.heap(), input);
  const std::string& bytes = text.text().bytes();
  interpreter.heap().read(bytes.size());
  int64_t words = 0;
  bool in_word = false;
  for (size_t at = 0; at < bytes.size();) {
    const Character character = character_at(bytes, at);
    const bool is_part = is_letter(character.code) || is_digit(character.code) || character.code == '_';
    words += is_part && !in_word;
    in_word = is_part;
    at += character.length;
  }
  return Value(words);
}

Value format_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  Heap& heap = interpreter.heap();
  const Value text = to_text(heap, input);
  if (arguments.named.empty())
    return percent_format(heap, text.text(), heap.list(arguments.positional, true));
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [name, value] : arguments.named) entries.emplace_back(heap.text(name), value);
  return percent_format(heap, text.text(), heap.dict(std::move(entries)));
}

Value string(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "string").done();
  return to_text(interpreter.heap(), input);
}

constexpr Filter kTextFilters[] = {
    {"trim", trim},
    {"upper", change<upper>},
    {"lower", change<lower>},
    {"capitalize", change<capitalize>},
    {"title", change<words_in_title_case>},
    {"replace", replace_filter},
    {"escape", change<escape>},
    {"e", change<escape>},
    {"forceescape", change<escape>},
    {"safe", string},
    {"string", string},
    {"indent", indent},
    {"center", center},
    {"truncate", truncate},
    {"wordcount", wordcount},
    {"format", format_filter},
};

}  // namespace

std::span<const Filter> text_filters() {
  return kTextFilters;
}

}  // namespace kvasir::engine::jinja
