#include "tests/support/faulty_file_system.h"

#include <algorithm>

namespace kvasir::storage::testing {

class FaultyFileSystem::OpenFile final : public File {
 public:
  OpenFile(FaultyFileSystem& files, std::shared_ptr<Node> node) : files_(files), node_(std::move(node)) {}

  Result<void> read(uint64_t offset, std::span<std::byte> out) const override {
    const std::lock_guard lock(files_.mutex_);
    if (files_.reads_fail_) return fail(ErrorCode::Io, "simulated read error");
    const auto& bytes = node_->written;
    if (offset > bytes.size() || out.size() > bytes.size() - offset)
      return fail(ErrorCode::Corrupt, "too short");
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

  Result<void> write(uint64_t offset, std::span<const std::byte> bytes) override {
    const std::lock_guard lock(files_.mutex_);
    const auto error = node_->read_only ? Error{ErrorCode::Io, "read-only"} : files_.fault("write");
    if (error) bytes = bytes.first(bytes.size() / 2);
    const Change change{false, offset, {bytes.begin(), bytes.end()}};
    if (!node_->read_only) {
      apply(node_->written, change);
      node_->unsynced.push_back(change);
    }
    return error ? Result<void>(tl::unexpected<Error>(*error)) : Result<void>();
  }

  bool writable() const override { return !node_->read_only; }

  Result<uint64_t> size() const override {
    const std::lock_guard lock(files_.mutex_);
    return node_->written.size();
  }

  Result<void> truncate(uint64_t size) override {
    const std::lock_guard lock(files_.mutex_);
    if (const auto error = files_.fault("truncation")) return tl::unexpected<Error>(*error);
    const Change change{true, size, {}};
    apply(node_->written, change);
    node_->unsynced.push_back(change);
    return {};
  }

  Result<void> sync() override {
    const std::lock_guard lock(files_.mutex_);
    ++files_.syncs_;
    const auto error = files_.fault("sync");
    if (!error) {
      for (const Change& change : node_->unsynced) apply(node_->synced, change);
    }
    // After a failed sync the kernel takes the pages for clean: no later sync saves them.
    node_->unsynced.clear();
    return error ? Result<void>(tl::unexpected<Error>(*error)) : Result<void>();
  }

 private:
  FaultyFileSystem& files_;
  std::shared_ptr<Node> node_;
};

FaultyFileSystem::FaultyFileSystem() = default;
FaultyFileSystem::~FaultyFileSystem() = default;

std::optional<Error> FaultyFileSystem::fault(const std::string& what) {
  const uint64_t number = operations_++;
  if (number < fail_from_ || number >= fail_until_) return std::nullopt;
  return Error{fail_code_, "simulated failure of a " + what};
}

Result<std::unique_ptr<File>> FaultyFileSystem::open(const std::filesystem::path& path, bool create) {
  const std::lock_guard lock(mutex_);
  auto entry = entries_.find(path);
  if (entry == entries_.end()) {
    if (!create) return fail(ErrorCode::NotFound, path.string() + " does not exist");
    if (const auto error = fault("creation")) return tl::unexpected<Error>(*error);
    entry = entries_.emplace(path, std::make_shared<Node>()).first;
  }
  if (entry->second->unreadable) return fail(ErrorCode::Io, path.string() + " may not be read");
  return std::make_unique<OpenFile>(*this, entry->second);
}

Result<void> FaultyFileSystem::create_directories(const std::filesystem::path& /*path*/) {
  return {};
}

Result<std::vector<std::filesystem::path>> FaultyFileSystem::list(const std::filesystem::path& directory) {
  const std::lock_guard lock(mutex_);
  std::vector<std::filesystem::path> found;
  for (const auto& [path, node] : entries_) {
    if (path.parent_path() == directory) found.push_back(path);
  }
  return found;
}

Result<void> FaultyFileSystem::remove(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  if (const auto error = fault("removal")) return tl::unexpected<Error>(*error);
  if (entries_.erase(path) == 0) return fail(ErrorCode::NotFound, path.string() + " does not exist");
  return {};
}

Result<void> FaultyFileSystem::sync_directory(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  ++syncs_;
  if (const auto error = fault("directory sync")) return tl::unexpected<Error>(*error);
  const auto is_inside = [&](const auto& entry) { return entry.first.parent_path() == path; };
  std::erase_if(synced_entries_, is_inside);
  std::ranges::copy_if(entries_, std::inserter(synced_entries_, synced_entries_.end()), is_inside);
  return {};
}

Result<uint64_t> FaultyFileSystem::free_bytes(const std::filesystem::path& /*directory*/) {
  const std::lock_guard lock(mutex_);
  return free_bytes_;
}

Result<uint64_t> FaultyFileSystem::disk_bytes(const std::filesystem::path& /*directory*/) {
  return uint64_t{1} << 42;
}

void FaultyFileSystem::set_free_bytes(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  free_bytes_ = bytes;
}

uint64_t FaultyFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

uint64_t FaultyFileSystem::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

void FaultyFileSystem::fail_after(uint64_t successes, ErrorCode code, uint64_t count) {
  const std::lock_guard lock(mutex_);
  const auto sum = [](uint64_t x, uint64_t y) { return x > UINT64_MAX - y ? UINT64_MAX : x + y; };
  fail_from_ = sum(operations_, successes);
  fail_until_ = sum(fail_from_, count);
  fail_code_ = code;
}

void FaultyFileSystem::fail_reads(bool on) {
  const std::lock_guard lock(mutex_);
  reads_fail_ = on;
}

void FaultyFileSystem::make_read_only(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  entries_.at(path)->read_only = true;
}

void FaultyFileSystem::make_unreadable(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  entries_.at(path)->unreadable = true;
}

void FaultyFileSystem::apply(std::vector<std::byte>& bytes, const Change& change) {
  if (change.truncation) {
    bytes.resize(change.offset);
    return;
  }
  if (change.bytes.empty()) return;
  if (bytes.size() < change.offset + change.bytes.size()) bytes.resize(change.offset + change.bytes.size());
  std::ranges::copy(change.bytes, bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

std::shared_ptr<FaultyFileSystem::Node> FaultyFileSystem::settled(std::vector<std::byte> bytes) {
  auto node = std::make_shared<Node>();
  node->written = bytes;
  node->synced = std::move(bytes);
  return node;
}

std::unique_ptr<FaultyFileSystem> FaultyFileSystem::after_power_loss() const {
  const std::lock_guard lock(mutex_);
  auto survivor = std::make_unique<FaultyFileSystem>();
  for (const auto& [path, node] : synced_entries_) survivor->entries_[path] = settled(node->synced);
  survivor->synced_entries_ = survivor->entries_;
  return survivor;
}

std::unique_ptr<FaultyFileSystem> FaultyFileSystem::after_power_loss(std::mt19937& random) const {
  constexpr size_t kSectorBytes = 512;
  const std::lock_guard lock(mutex_);
  const auto by_chance = [&] { return random() % 2 == 0; };
  auto survivor = std::make_unique<FaultyFileSystem>();
  Entries entries = synced_entries_;
  for (const auto& entry : entries_) {
    if (by_chance()) entries.insert(entry);
  }
  for (const auto& [path, node] : entries) {
    std::vector<std::byte> bytes = node->synced;
    for (const Change& change : node->unsynced) {
      if (change.truncation) {
        if (by_chance()) apply(bytes, change);
        continue;
      }
      for (size_t at = 0; at < change.bytes.size();) {
        // Up to the next sector's border in the file.
        const size_t length =
            std::min<size_t>(kSectorBytes - (change.offset + at) % kSectorBytes, change.bytes.size() - at);
        const auto first = change.bytes.begin() + static_cast<std::ptrdiff_t>(at);
        if (by_chance()) {
          apply(bytes, {false, change.offset + at, {first, first + static_cast<std::ptrdiff_t>(length)}});
        }
        at += length;
      }
    }
    survivor->entries_[path] = settled(std::move(bytes));
  }
  survivor->synced_entries_ = survivor->entries_;
  return survivor;
}

std::unique_ptr<FaultyFileSystem> FaultyFileSystem::after_kill() const {
  const std::lock_guard lock(mutex_);
  auto survivor = std::make_unique<FaultyFileSystem>();
  for (const auto& [path, node] : entries_) survivor->entries_[path] = settled(node->written);
  survivor->synced_entries_ = survivor->entries_;
  return survivor;
}

std::vector<std::byte> FaultyFileSystem::contents(const std::filesystem::path& path) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(path);
  return entry != entries_.end() ? entry->second->written : std::vector<std::byte>();
}

void FaultyFileSystem::set_contents(const std::filesystem::path& path, std::vector<std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  synced_entries_[path] = entries_[path] = settled(std::move(bytes));
}

}  // namespace kvasir::storage::testing
