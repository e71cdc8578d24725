#include "engine/chat/jinja/format.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/methods.h"
#include "engine/chat/jinja/text_functions.h"
#include "engine/chat/jinja/unicode.h"

#include <algorithm>
#include <span>

namespace kvasir::engine::jinja {
namespace {

template <Side kSide>
Value strip_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "strip");
  const Text* const characters = reader.text_or_none("chars");
  reader.done();
  return strip(interpreter.heap(), self.text(), characters, kSide);
}

template <Value (*kChange)(Heap&, const Text&)>
Value change_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "a method of texts").done();
  return kChange(interpreter.heap(), self.text());
}

template <bool (*kHolds)(char32_t)>
Value every_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "a method of texts").done();
  interpreter.heap().read(self.text().size());
  return Value(every_character(self.text(), kHolds));
}

bool is_alphanumeric(char32_t code) {
  return is_letter(code) || is_digit(code);
}

bool is_no_letter(char32_t code) {
  return !is_letter(code);
}

Value letters_in_title_case(Heap& heap, const Text& text) {
  return title(heap, text, is_no_letter);
}

template <bool (*kWanted)(char32_t), bool (*kUnwanted)(char32_t)>
Value case_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "a method of texts").done();
  interpreter.heap().read(self.text().size());
  return Value(has_case(self.text(), kWanted, kUnwanted));
}

/// The parts between white space, at most `limit` cuts from the left; without a limit where it is negative.
std::vector<Value> split_at_space(Heap& heap, const Text& text, int64_t limit) {
  std::vector<Value> parts;
  size_t at = skip_space(text.bytes());
  while (at < text.size()) {
    if (limit == 0) {
      parts.push_back(heap.text(text.slice(at, text.size())));
      break;
    }
    size_t end = at;
    while (end < text.size()) {
      const Character character = character_at(text.bytes(), end);
      if (is_space(character.code)) break;
      end += character.length;
    }
    parts.push_back(heap.text(text.slice(at, end)));
    limit -= limit > 0;
    at = skip_space(text.bytes(), end);
  }
  return parts;
}

/// The same from the right.
std::vector<Value> split_at_space_back(Heap& heap, const Text& text, int64_t limit) {
  std::vector<Value> parts;
  const std::string_view bytes = text.bytes();
  size_t end = skip_space_back(bytes);
  while (end > 0) {
    if (limit == 0) {
      parts.push_back(heap.text(text.slice(0, end)));
      break;
    }
    size_t begin = end;
    while (begin > 0 && skip_space_back(bytes.substr(0, begin)) == begin) --begin;
    heap.read(end - begin);
    parts.push_back(heap.text(text.slice(begin, end)));
    limit -= limit > 0;
    end = skip_space_back(bytes.substr(0, begin));
  }
  std::ranges::reverse(parts);
  return parts;
}

/// All places of `separator`, none in another.
std::vector<size_t> places_of(Heap& heap, const Text& text, const Text& separator) {
  if (separator.empty()) stop("a text is split at an empty separator");
  std::vector<size_t> places;
  for (size_t at = 0; (at = find_bytes(heap, text.bytes(), separator.bytes(), at)) != std::string::npos;
       at += separator.size())
    places.push_back(at);
  heap.step(places.size());
  return places;
}

/// The parts that are left when the text is cut at these places.
std::vector<Value> parts_at(Heap& heap, const Text& text, std::span<const size_t> places, size_t width) {
  std::vector<Value> parts;
  size_t begin = 0;
  for (const size_t place : places) {
    parts.push_back(heap.text(text.slice(begin, place)));
    begin = place + width;
  }
  parts.push_back(heap.text(text.slice(begin, text.size())));
  return parts;
}

/// The last places from the right: those that a search from the right would find.
std::vector<size_t> places_from_right(Heap& heap, const Text& text, const Text& separator, size_t limit) {
  std::vector<size_t> all;  // overlapping ones too
  if (separator.empty()) stop("a text is split at an empty separator");
  for (size_t at = 0; (at = find_bytes(heap, text.bytes(), separator.bytes(), at)) != std::string::npos; ++at)
    all.push_back(at);
  std::vector<size_t> chosen;
  size_t end = text.size();
  for (size_t i = all.size(); i-- > 0 && chosen.size() < limit;) {
    if (all[i] + separator.size() > end) continue;
    chosen.push_back(all[i]);
    end = all[i];
  }
  std::ranges::reverse(chosen);
  return chosen;
}

Value split(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "split");
  const Text* const separator = reader.text_or_none("sep");
  const int64_t limit = reader.integer("maxsplit", -1);
  reader.done();
  Heap& heap = interpreter.heap();
  if (separator == nullptr) return heap.list(split_at_space(heap, self.text(), limit));
  std::vector<size_t> places = places_of(heap, self.text(), *separator);
  if (limit >= 0 && places.size() > static_cast<size_t>(limit)) places.resize(static_cast<size_t>(limit));
  return heap.list(parts_at(heap, self.text(), places, separator->size()));
}

Value rsplit(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "rsplit");
  const Text* const separator = reader.text_or_none("sep");
  const int64_t limit = reader.integer("maxsplit", -1);
  reader.done();
  Heap& heap = interpreter.heap();
  if (separator == nullptr) return heap.list(split_at_space_back(heap, self.text(), limit));
  const size_t most = limit < 0 ? SIZE_MAX : static_cast<size_t>(limit);
  const auto places = places_from_right(heap, self.text(), *separator, most);
  return heap.list(parts_at(heap, self.text(), places, separator->size()));
}

template <bool kFromRight>
Value partition(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "partition");
  const Text& separator = reader.text("sep");
  reader.done();
  Heap& heap = interpreter.heap();
  const Text& text = self.text();
  auto places = kFromRight ? places_from_right(heap, text, separator, 1) : places_of(heap, text, separator);
  if (places.empty()) {
    const Value nothing = heap.text("");
    if (kFromRight) return heap.list({nothing, nothing, self}, true);
    return heap.list({self, nothing, nothing}, true);
  }
  const size_t at = places.front();
  const size_t after = at + separator.size();
  return heap.list({heap.text(text.slice(0, at)), heap.text(text.slice(at, after)),
                    heap.text(text.slice(after, text.size()))},
                   true);
}

Value splitlines(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "splitlines");
  const bool keep_ends = reader.flag("keepends", false);
  reader.done();
  std::vector<Value> lines;
  for (Text& line : lines_of(interpreter.heap(), self.text(), keep_ends))
    lines.push_back(interpreter.heap().text(std::move(line)));
  return interpreter.heap().list(std::move(lines));
}

/// A text, or any of a tuple's.
template <bool (*kHolds)(std::string_view, std::string_view)>
Value affix_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "startswith or endswith");
  const Value& wanted = reader.need("prefix");
  reader.done();
  const auto holds = [&](const Value& affix) {
    if (!affix.is_text()) stop("a text is said to begin or end with " + describe(affix));
    interpreter.heap().read(affix.text().size());
    return kHolds(self.text().bytes(), affix.text().bytes());
  };
  if (wanted.is<List*>()) return Value(std::ranges::any_of(wanted.as<List*>()->items, holds));
  return Value(holds(wanted));
}

bool starts_with(std::string_view text, std::string_view part) {
  return text.starts_with(part);
}
bool ends_with(std::string_view text, std::string_view part) {
  return text.ends_with(part);
}

Value removeprefix(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "removeprefix");
  const Text& prefix = reader.text("prefix");
  reader.done();
  const Text& text = self.text();
  if (!text.bytes().starts_with(prefix.bytes())) return self;
  return interpreter.heap().text(text.slice(prefix.size(), text.size()));
}

Value removesuffix(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "removesuffix");
  const Text& suffix = reader.text("suffix");
  reader.done();
  const Text& text = self.text();
  if (!text.bytes().ends_with(suffix.bytes())) return self;
  return interpreter.heap().text(text.slice(0, text.size() - suffix.size()));
}

Value replace_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "replace");
  const Text& old = reader.text("old");
  const Text& by = reader.text("new");
  const int64_t count = reader.integer("count", -1);
  reader.done();
  return replace(interpreter.heap(), self.text(), old, by, count);
}

/// The character at which a part begins, or -1.
int64_t place_of(Interpreter& interpreter, const Text& text, const Text& part, bool from_right) {
  Heap& heap = interpreter.heap();
  size_t found = find_bytes(heap, text.bytes(), part.bytes());
  if (found == std::string::npos) return -1;
  if (from_right && part.empty()) found = text.size();
  for (size_t next = found; from_right && next != std::string::npos && !part.empty();) {
    found = next;
    next = find_bytes(heap, text.bytes(), part.bytes(), found + 1);
  }
  return static_cast<int64_t>(count_characters(std::string_view(text.bytes()).substr(0, found)));
}

template <bool kFromRight, bool kMustBe>
Value find_method_of_text(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "find");
  const Text& part = reader.text("sub");
  reader.done();
  const int64_t place = place_of(interpreter, self.text(), part, kFromRight);
  if (kMustBe && place < 0) stop("a text that is looked for is not there");
  return Value(place);
}

Value count_parts(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "count");
  const Text& part = reader.text("sub");
  reader.done();
  if (part.empty()) return Value(static_cast<int64_t>(count_characters(self.text().bytes()) + 1));
  return Value(static_cast<int64_t>(places_of(interpreter.heap(), self.text(), part).size()));
}

Value join_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "join");
  const auto items = items_of(interpreter.heap(), reader.need("iterable"));
  reader.done();
  for (const Value& item : items)
    if (!item.is_text()) stop("join is given " + describe(item));
  return join(interpreter.heap(), items, self.text());
}

Value format_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  return brace_format(interpreter.heap(), self.text(), arguments);
}

template <Side kSide>
Value pad_method(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "a method that pads");
  const int64_t width = reader.integer("width");
  const Text* const with = reader.text_or_none("fillchar");
  reader.done();
  if (with != nullptr && count_characters(with->bytes()) != 1)
    stop("a text is padded with more than a character");
  const char32_t filling = with == nullptr ? U' ' : character_at(with->bytes(), 0).code;
  return pad(interpreter.heap(), self.text(), width, filling, kSide);
}

constexpr Method kMethods[] = {
    {"strip", strip_method<Side::Both>},
    {"lstrip", strip_method<Side::Left>},
    {"rstrip", strip_method<Side::Right>},
    {"split", split},
    {"rsplit", rsplit},
    {"splitlines", splitlines},
    {"partition", partition<false>},
    {"rpartition", partition<true>},
    {"startswith", affix_method<starts_with>},
    {"endswith", affix_method<ends_with>},
    {"removeprefix", removeprefix},
    {"removesuffix", removesuffix},
    {"replace", replace_method},
    {"upper", change_method<upper>},
    {"lower", change_method<lower>},
    {"casefold", change_method<lower>},
    {"title", change_method<letters_in_title_case>},
    {"capitalize", change_method<capitalize>},
    {"find", find_method_of_text<false, false>},
    {"rfind", find_method_of_text<true, false>},
    {"index", find_method_of_text<false, true>},
    {"rindex", find_method_of_text<true, true>},
    {"count", count_parts},
    {"join", join_method},
    {"format", format_method},
    {"ljust", pad_method<Side::Left>},
    {"rjust", pad_method<Side::Right>},
    {"center", pad_method<Side::Both>},
    {"isdigit", every_method<is_digit>},
    {"isdecimal", every_method<is_digit>},
    {"isnumeric", every_method<is_digit>},
    {"isalpha", every_method<is_letter>},
    {"isalnum", every_method<is_alphanumeric>},
    {"isspace", every_method<is_space>},
    {"isupper", case_method<is_upper, is_lower>},
    {"islower", case_method<is_lower, is_upper>},
};

}  // namespace

const Method* find_text_method(std::string_view name) {
  const auto* const found = std::ranges::find(kMethods, name, &Method::name);
  return found == std::end(kMethods) ? nullptr : found;
}

}  // namespace kvasir::engine::jinja
