#pragma once

#include "app/services/outcome.h"
#include "storage/conversations/chat_record.h"

#include <istream>
#include <string>

namespace kvasir::app {

/// A chat of SillyTavern: a header in the first line, then a message in each. Swipes become alternatives, of
/// which the chosen one is gone on with. The title is the character's name, or `name` where
/// the file has none. The failure says what
/// is wrong with the file.
Outcome<storage::ChatRecord> chat_from_sillytavern(std::istream& in, const std::string& name);

}  // namespace kvasir::app
