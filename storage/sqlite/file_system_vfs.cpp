// The callbacks' signatures are SQLite's: https://sqlite.org/c3ref/io_methods.html, vfs.html.
#include "storage/sqlite/file_system_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>

namespace kvasir::storage {
namespace {

/// What SQLite allocates for an open file, zeroed. It begins with SQLite's own part.
struct OpenFile {
  sqlite3_file base;
  File* file;
};

File& file_of(sqlite3_file* base) {
  return *reinterpret_cast<OpenFile*>(base)->file;
}

FileSystem& files_of(sqlite3_vfs* vfs) {
  return *static_cast<FileSystem*>(vfs->pAppData);
}

int code_of(const Error& error, int otherwise) {
  return error.code == ErrorCode::DiskFull ? SQLITE_FULL : otherwise;
}

int close_file(sqlite3_file* base) {
  delete std::exchange(reinterpret_cast<OpenFile*>(base)->file, nullptr);
  return SQLITE_OK;
}

int read_file(sqlite3_file* base, void* out, int bytes, sqlite3_int64 offset) {
  const File& file = file_of(base);
  const auto size = file.size();
  if (!size) return SQLITE_IOERR_READ;
  const std::span wanted(static_cast<std::byte*>(out), static_cast<size_t>(bytes));
  const auto at = static_cast<uint64_t>(offset);
  const auto present = static_cast<size_t>(at < *size ? std::min<uint64_t>(*size - at, wanted.size()) : 0);
  if (present != 0 && !file.read(at, wanted.first(present))) return SQLITE_IOERR_READ;
  if (present == wanted.size()) return SQLITE_OK;
  std::ranges::fill(wanted.subspan(present), std::byte{0});
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* base, const void* bytes, int count, sqlite3_int64 offset) {
  const std::span data(static_cast<const std::byte*>(bytes), static_cast<size_t>(count));
  const auto written = file_of(base).write(static_cast<uint64_t>(offset), data);
  return written ? SQLITE_OK : code_of(written.error(), SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* base, sqlite3_int64 size) {
  const auto cut = file_of(base).truncate(static_cast<uint64_t>(size));
  return cut ? SQLITE_OK : code_of(cut.error(), SQLITE_IOERR_TRUNCATE);
}

int sync_file(sqlite3_file* base, int /*flags*/) {
  const auto synced = file_of(base).sync();
  return synced ? SQLITE_OK : code_of(synced.error(), SQLITE_IOERR_FSYNC);
}

int file_size(sqlite3_file* base, sqlite3_int64* out) {
  const auto size = file_of(base).size();
  if (!size) return SQLITE_IOERR_FSTAT;
  *out = static_cast<sqlite3_int64>(*size);
  return SQLITE_OK;
}

int lock_file(sqlite3_file* /*base*/, int /*level*/) {
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* /*base*/, int* out) {
  *out = 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file* /*base*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}

int sector_bytes(sqlite3_file* /*base*/) {
  return 4096;
}

int device_characteristics(sqlite3_file* /*base*/) {
  return 0;
}

const sqlite3_io_methods& io_methods() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods made{};
    made.iVersion = 1;
    made.xClose = close_file;
    made.xRead = read_file;
    made.xWrite = write_file;
    made.xTruncate = truncate_file;
    made.xSync = sync_file;
    made.xFileSize = file_size;
    made.xLock = lock_file;
    made.xUnlock = lock_file;
    made.xCheckReservedLock = check_reserved_lock;
    made.xFileControl = file_control;
    made.xSectorSize = sector_bytes;
    made.xDeviceCharacteristics = device_characteristics;
    return made;
  }();
  return methods;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* base, int flags, int* flags_out) {
  base->pMethods = nullptr;
  // Without a name it would be a temporary file; those are kept in memory.
  if (path == nullptr) return SQLITE_CANTOPEN;
  auto file = files_of(vfs).open(path, (flags & SQLITE_OPEN_CREATE) != 0);
  if (!file) return code_of(file.error(), SQLITE_CANTOPEN);
  if (!(*file)->writable()) flags = (flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
  if (flags_out != nullptr) *flags_out = flags;
  reinterpret_cast<OpenFile*>(base)->file = file->release();
  base->pMethods = &io_methods();
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  const auto removed = files_of(vfs).remove(path);
  if (!removed) {
    return removed.error().code == ErrorCode::NotFound ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
  }
  if (sync_directory == 0) return SQLITE_OK;
  const auto synced = files_of(vfs).sync_directory(std::filesystem::path(path).parent_path());
  return synced ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

int access_file(sqlite3_vfs* vfs, const char* path, int /*flags*/, int* out) {
  *out = files_of(vfs).open(path, /*create=*/false) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* path, int bytes, char* out) {
  const size_t length = std::strlen(path);
  if (length >= static_cast<size_t>(bytes)) return SQLITE_CANTOPEN;
  std::memcpy(out, path, length + 1);
  return SQLITE_OK;
}

// What has nothing to do with files is done as everywhere else.
sqlite3_vfs& usual() {
  return *sqlite3_vfs_find(nullptr);
}

int randomness(sqlite3_vfs* /*vfs*/, int bytes, char* out) {
  return usual().xRandomness(&usual(), bytes, out);
}

int sleep_for(sqlite3_vfs* /*vfs*/, int microseconds) {
  return usual().xSleep(&usual(), microseconds);
}

int current_time(sqlite3_vfs* /*vfs*/, double* out) {
  return usual().xCurrentTime(&usual(), out);
}

int last_error(sqlite3_vfs* /*vfs*/, int /*bytes*/, char* /*out*/) {
  return 0;
}

std::string unique_name() {
  static std::atomic<uint64_t> count = 0;
  return "kvasir-files-" + std::to_string(++count);
}

}  // namespace

FileSystemVfs::FileSystemVfs(FileSystem& files)
    : name_(unique_name()), vfs_(std::make_unique<sqlite3_vfs>()) {
  sqlite3_initialize();
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(OpenFile);
  vfs_->mxPathname = 4096;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = &files;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = access_file;
  vfs_->xFullPathname = full_path;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = sleep_for;
  vfs_->xCurrentTime = current_time;
  vfs_->xGetLastError = last_error;
  sqlite3_vfs_register(vfs_.get(), /*makeDflt=*/0);
}

FileSystemVfs::~FileSystemVfs() {
  sqlite3_vfs_unregister(vfs_.get());
}

}  // namespace kvasir::storage
