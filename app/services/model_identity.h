#pragma once

#include "storage/conversations/conversation_store.h"

#include <filesystem>
#include <optional>

namespace kvasir::app {

/// What the file system says of a model: under it the hash of its content is found again. Of a split model
/// all parts count: size is that of all together, the time a mixture of all parts' identities, the rest that
/// of the first part. The same for whichever part is asked for. Empty where the system does not say.
std::optional<storage::ConversationStore::FileIdentity> identify_model(const std::filesystem::path& path);

}  // namespace kvasir::app
