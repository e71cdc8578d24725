#include "app/transfer/json_chats.h"

#include <cmath>
#include <limits>

namespace kvasir::app {
namespace {

using nlohmann::json;

/// How a parser's callback says that it has enough.
struct Enough {};
struct TooDeep {};

}  // namespace

Outcome<void> for_each_chat(std::istream& in, const std::string& list_key,
                            const std::function<bool(const json&)>& take) {
  using Event = json::parse_event_t;
  const bool is_whole_document = list_key.empty();
  const int chat_depth = is_whole_document ? 1 : 2;
  bool in_list = is_whole_document;
  const json::parser_callback_t on_event = [&](int depth, Event event, json& parsed) {
    if (depth > kMaxJsonDepth) throw TooDeep();
    if (event == Event::key && depth == 1 && !is_whole_document) in_list = parsed == list_key;
    const bool ends_chat = depth == chat_depth && in_list &&
                           (event == Event::object_end || event == Event::array_end || event == Event::value);
    if (!ends_chat) return true;
    if (!take(parsed)) throw Enough();
    return false;  // and out of memory
  };
  try {
    const json rest = json::parse(in, on_event);
    const bool has_list = is_whole_document ? rest.is_array() : value_at(rest, list_key.c_str()).is_array();
    if (!has_list) return tl::unexpected<Failure>("It holds no list of chats.");
    return {};
  } catch (const Enough&) {
    return {};
  } catch (const TooDeep&) {
    return tl::unexpected<Failure>("It is nested deeper than chats are.");
  } catch (const json::exception& error) {
    const std::string what = error.what();
    const bool is_cut = what.find("unexpected end of input") != std::string::npos ||
                        what.find("missing closing quote") != std::string::npos;
    return tl::unexpected<Failure>(is_cut ? "It ends too soon: it may not have been copied to its end."
                                          : "It is no valid JSON (" + what + ").");
  }
}

const json& value_at(const json& object, const char* key) {
  static const json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string text_at(const json& object, const char* key) {
  const json& value = value_at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double number_at(const json& object, const char* key) {
  const json& value = value_at(object, key);
  const double number = value.is_number() ? value.get<double>() : 0;
  return std::isfinite(number) ? number : 0;
}

int64_t integer_at(const json& object, const char* key) {
  const json& value = value_at(object, key);
  if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()})
    return std::numeric_limits<int64_t>::max();
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

bool truth_at(const json& object, const char* key) {
  const json& value = value_at(object, key);
  return value.is_boolean() && value.get<bool>();
}

}  // namespace kvasir::app
