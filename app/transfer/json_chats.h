#pragma once

#include "app/services/outcome.h"

#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <string>

namespace kvasir::app {

/// Deeper nesting than any program writes for chats is refused.
inline constexpr int kMaxJsonDepth = 64;

/// Calls `take` with each element of the document's list of chats, which is the document itself, or what
/// stands under `list_key`. One element is in memory at a time. Ends early, without a failure, where `take`
/// returns false. The failure says what is wrong with the document; what came before it was taken.
Outcome<void> for_each_chat(std::istream& in, const std::string& list_key,
                            const std::function<bool(const nlohmann::json&)>& take);

// A field of an object, where it is there and of that type; otherwise an empty value.
std::string text_at(const nlohmann::json& object, const char* key);
double number_at(const nlohmann::json& object, const char* key);
int64_t integer_at(const nlohmann::json& object, const char* key);
bool truth_at(const nlohmann::json& object, const char* key);
/// Null where it is not there.
const nlohmann::json& value_at(const nlohmann::json& object, const char* key);

}  // namespace kvasir::app
