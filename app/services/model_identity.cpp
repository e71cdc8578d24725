#include "app/services/model_identity.h"

#include "engine/gguf/gguf_split.h"
#include "engine/kv/block_hash.h"

#include <sys/stat.h>

#include <cstring>
#include <vector>

namespace kvasir::app {
namespace {

using Identity = storage::ConversationStore::FileIdentity;

std::optional<Identity> identify_file(const std::filesystem::path& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  Identity identity;
  identity.size_bytes = static_cast<uint64_t>(status.st_size);
  identity.modified_ns = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  identity.inode = status.st_ino;
  identity.device = status.st_dev;
  return identity;
}

/// Empty where a file is missing.
std::vector<Identity> identify_files(const std::vector<std::filesystem::path>& paths) {
  std::vector<Identity> identities;
  for (const auto& path : paths) {
    const auto identity = identify_file(path);
    if (!identity) return {};
    identities.push_back(*identity);
  }
  return identities;
}

}  // namespace

std::optional<Identity> identify_model(const std::filesystem::path& path) {
  const auto parts = identify_files(engine::model_files(path));
  // A whole model may be called like a part: then it stands for itself, as it does for the engine.
  if (parts.size() < 2) return identify_file(path);
  Identity identity = parts.front();
  engine::FieldHasher hasher("kvasir split model identity");
  identity.size_bytes = 0;
  for (const Identity& part : parts) {
    identity.size_bytes += part.size_bytes;
    hasher.add_u64(part.size_bytes).add_u64(static_cast<uint64_t>(part.modified_ns));
    hasher.add_u64(part.inode).add_u64(part.device);
  }
  std::memcpy(&identity.modified_ns, hasher.finish().bytes.data(), sizeof identity.modified_ns);
  return identity;
}

}  // namespace kvasir::app
