#pragma once

#include "storage/base/result.h"
#include "storage/fs/file_system.h"
#include "storage/kv/pack_format.h"
#include "storage/kv/record_cipher.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace kvasir::storage {

/// `000042.pack` of 42; nothing for other names.
std::optional<uint32_t> pack_number(const std::filesystem::path& path);
std::filesystem::path pack_path(const std::filesystem::path& directory, uint32_t number);

/// What a record must say of itself to be the one that is meant.
struct RecordIdentity {
  RecordKind kind = RecordKind::Block;
  BlockKey key{};
  uint64_t payload_bytes = 0;
};

/// One open pack file. Reading may happen from any thread; everything else from one at a time.
class Pack {
 public:
  using OnRecord = std::function<void(uint64_t offset, const RecordHeader& header)>;

  /// Whether records of this file can be used, by its header.
  enum class Standing {
    Usable,
    Foreign,  ///< of another secret
    Newer,    ///< of a version that is not known yet
    Useless,  ///< of a former version, damaged, or cut off before any record: may be removed
  };
  struct Opened;
  /// Reads the header only.
  static Result<Opened> open(FileSystem& files, const std::filesystem::path& path,
                             const RecordCipher& cipher);
  /// A new one with nothing but its header, unsynced. BadRequest where the file exists with something in it.
  static Result<std::unique_ptr<Pack>> create(FileSystem& files, const std::filesystem::path& path,
                                              const RecordCipher& cipher, int64_t created_at_ms);

  /// Walks the record headers from `from`, where a record begins, and tells the live ones in order. A torn
  /// record at the end is cut off. At anything else that is no record the walk ends, and the pack is not
  /// appendable.
  void walk(uint64_t from, const OnRecord& on_record);

  const std::filesystem::path& path() const { return path_; }
  uint32_t number() const { return number_; }
  const PackId& id() const { return header_.id; }
  int64_t created_at_ms() const { return header_.created_at_ms; }
  bool appendable() const { return appendable_; }
  /// Whether records can still be marked: the file permits it and no sync has failed.
  bool writable() const { return !sync_failed_ && file_->writable(); }
  /// Where the next record would go.
  uint64_t end() const { return end_; }
  /// Of the file, with whatever stands behind the last record.
  uint64_t bytes_on_disk() const { return std::max(end_.load(), file_bytes_.load()); }

  /// Writes a record at the end, unsynced, and returns its offset. After a failure nothing can be appended
  /// any more.
  Result<uint64_t> append(RecordHeader header, std::span<const std::byte> payload);
  /// Cuts off what stands behind `end`, where a write has failed, and lets nothing be appended any more.
  void seal_at(uint64_t end);
  /// Marks the record as dead, unsynced, if it is there and is this one. Only while the pack is writable.
  Result<void> bury(uint64_t offset, const RecordIdentity& identity);
  /// After a failure nothing can be written any more.
  Result<void> sync();

  /// Reads whole records, headers included.
  Result<void> read(uint64_t offset, std::span<std::byte> records) const;
  /// The payload of a record that was read from `offset`, decrypted in its place; nothing where it is not
  /// alive, not this one, or damaged.
  std::optional<std::span<const std::byte>> open_record(uint64_t offset, const RecordIdentity& identity,
                                                        std::span<std::byte> record) const;
  /// Whether this very record is there and alive, by its header.
  bool holds(uint64_t offset, const RecordIdentity& identity) const;
  void read_ahead(uint64_t offset, uint64_t bytes) const;

 private:
  Pack(std::unique_ptr<File> file, std::filesystem::path path, const RecordCipher& cipher,
       const PackHeader& header);
  void cut_off_tail();

  const std::unique_ptr<File> file_;
  const std::filesystem::path path_;
  const uint32_t number_;
  const RecordCipher& cipher_;
  const PackHeader header_;
  Session session_{};
  bool has_session_ = false;
  std::atomic<uint64_t> end_ = kPackHeaderBytes;
  std::atomic<uint64_t> file_bytes_ = 0;
  bool appendable_ = true;
  bool sync_failed_ = false;
  std::vector<std::byte> ciphertext_;
};

struct Pack::Opened {
  Standing standing = Standing::Useless;
  std::unique_ptr<Pack> pack;  ///< only where it is usable
  uint64_t file_bytes = 0;
  int64_t created_at_ms = 0;  ///< of a foreign one
};

}  // namespace kvasir::storage
