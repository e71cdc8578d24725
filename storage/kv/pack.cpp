#include "storage/kv/pack.h"

#include "storage/base/try.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace kvasir::storage {
namespace {

constexpr size_t kMinDigits = 6;
constexpr std::string_view kSuffix = ".pack";

Pack::Standing standing_of(PackVerdict verdict, const PackHeader& header, const RecordCipher& cipher) {
  switch (verdict) {
    case PackVerdict::Valid:
      return cipher.can_open(header) ? Pack::Standing::Usable : Pack::Standing::Foreign;
    case PackVerdict::Newer:
      return Pack::Standing::Newer;
    case PackVerdict::Older:
    case PackVerdict::Damaged:
      break;
  }
  return Pack::Standing::Useless;
}

bool is_it(const RecordHeader& header, const RecordIdentity& identity) {
  return header.state == kRecordLive && header.kind == identity.kind && header.key == identity.key &&
         header.payload_bytes == identity.payload_bytes;
}

}  // namespace

std::optional<uint32_t> pack_number(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits = std::string_view(name).substr(0, name.size() - kSuffix.size());
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.size() < kMinDigits ||
      number > kMaxPackNumber) {
    return std::nullopt;
  }
  // One name for each number.
  if (pack_path({}, number) != name) return std::nullopt;
  return number;
}

std::filesystem::path pack_path(const std::filesystem::path& directory, uint32_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < kMinDigits) digits.insert(0, kMinDigits - digits.size(), '0');
  return directory / (digits + std::string(kSuffix));
}

Pack::Pack(std::unique_ptr<File> file, std::filesystem::path path, const RecordCipher& cipher,
           const PackHeader& header)
    : file_(std::move(file)),
      path_(std::move(path)),
      number_(pack_number(path_).value_or(0)),
      cipher_(cipher),
      header_(header) {}

Result<Pack::Opened> Pack::open(FileSystem& files, const std::filesystem::path& path,
                                const RecordCipher& cipher) {
  KVASIR_TRY_ASSIGN(auto file, files.open(path, /*create=*/false));
  Opened opened;
  KVASIR_TRY_ASSIGN(opened.file_bytes, file->size());
  // Too short for a header: the process ended before it synced anything.
  if (opened.file_bytes < kPackHeaderBytes) return opened;
  PackHeaderBytes bytes;
  KVASIR_TRY(file->read(0, bytes));
  PackHeader header;
  opened.standing = standing_of(decode_pack_header(bytes, header), header, cipher);
  opened.created_at_ms = header.created_at_ms;
  if (opened.standing != Standing::Usable) return opened;
  opened.pack.reset(new Pack(std::move(file), path, cipher, header));
  opened.pack->file_bytes_ = opened.file_bytes;
  opened.pack->appendable_ = opened.pack->file_->writable();
  return opened;
}

Result<std::unique_ptr<Pack>> Pack::create(FileSystem& files, const std::filesystem::path& path,
                                           const RecordCipher& cipher, int64_t created_at_ms) {
  KVASIR_TRY_ASSIGN(auto file, files.open(path, /*create=*/true));
  KVASIR_TRY_ASSIGN(const uint64_t size, file->size());
  if (size != 0) {
    return fail(ErrorCode::BadRequest, "The file " + path.string() +
                                           " appeared while Kvasir was about to create it. Let only one "
                                           "Kvasir use this folder.");
  }
  PackHeader header{cipher.kind(), {}, created_at_ms, {}};
  fill_randomly(header.id);
  header.key_check = cipher.key_check(header.id);
  KVASIR_TRY(file->write(0, encode_pack_header(header)));
  return std::unique_ptr<Pack>(new Pack(std::move(file), path, cipher, header));
}

void Pack::walk(uint64_t from, const OnRecord& on_record) {
  end_ = from;
  while (end_ < file_bytes_) {
    const uint64_t left = file_bytes_ - end_;
    if (left < kRecordHeaderBytes) return cut_off_tail();
    HeaderBytes bytes;
    RecordHeader header;
    if (!file_->read(end_, bytes) || decode_header(bytes, header) != HeaderVerdict::Valid) {
      // What was found before it remains of use.
      appendable_ = false;
      return;
    }
    if (left < record_bytes(header.payload_bytes)) return cut_off_tail();
    if (header.state == kRecordLive) on_record(end_, header);
    end_ += record_bytes(header.payload_bytes);
  }
}

void Pack::cut_off_tail() {
  appendable_ = appendable_ && file_->truncate(end_).has_value();
  if (appendable_) file_bytes_ = end_.load();
}

void Pack::seal_at(uint64_t end) {
  appendable_ = false;
  if (file_->truncate(end)) {
    end_ = end;
    file_bytes_ = end;
  } else if (const auto size = file_->size()) {
    file_bytes_ = *size;
  }
}

Result<uint64_t> Pack::append(RecordHeader header, std::span<const std::byte> payload) {
  if (!has_session_ && cipher_.kind() != PackCipher::None) fill_randomly(session_);
  has_session_ = true;
  header.session = session_;
  const uint64_t offset = end_;
  const auto stored = cipher_.seal(header_.id, offset, header, payload, ciphertext_);
  // In this order, since a process that dies in between then leaves a tail that is too short for its header.
  static constexpr std::array<std::byte, kRecordAlignmentBytes> kPadding{};
  const uint64_t padding = record_bytes(payload.size()) - kRecordHeaderBytes - payload.size();
  appendable_ = false;
  KVASIR_TRY(file_->write(offset, encode_header(header)));
  KVASIR_TRY(file_->write(offset + kRecordHeaderBytes, stored));
  KVASIR_TRY(file_->write(offset + kRecordHeaderBytes + stored.size(), std::span(kPadding).first(padding)));
  end_ = offset + record_bytes(payload.size());
  appendable_ = true;
  return offset;
}

Result<void> Pack::bury(uint64_t offset, const RecordIdentity& identity) {
  static_assert(kRecordDead == 0xFFFFFFFF);
  static constexpr std::array kDead = {std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}};
  // Where there is no such record the mark could hit something else.
  if (!holds(offset, identity)) return {};
  return file_->write(offset + kStateOffset, kDead);
}

Result<void> Pack::sync() {
  auto synced = file_->sync();
  if (!synced) {
    sync_failed_ = true;
    appendable_ = false;
  }
  return synced;
}

Result<void> Pack::read(uint64_t offset, std::span<std::byte> records) const {
  return file_->read(offset, records);
}

std::optional<std::span<const std::byte>> Pack::open_record(uint64_t offset, const RecordIdentity& identity,
                                                            std::span<std::byte> record) const {
  RecordHeader header;
  if (record.size() < kRecordHeaderBytes + identity.payload_bytes) return std::nullopt;
  if (decode_header(record.first<kRecordHeaderBytes>(), header) != HeaderVerdict::Valid) return std::nullopt;
  if (!is_it(header, identity)) return std::nullopt;
  const auto payload = record.subspan(kRecordHeaderBytes, identity.payload_bytes);
  if (!cipher_.open(header_.id, offset, header, payload)) return std::nullopt;
  return payload;
}

bool Pack::holds(uint64_t offset, const RecordIdentity& identity) const {
  HeaderBytes bytes;
  RecordHeader header;
  return file_->read(offset, bytes) && decode_header(bytes, header) == HeaderVerdict::Valid &&
         is_it(header, identity);
}

void Pack::read_ahead(uint64_t offset, uint64_t bytes) const {
  file_->read_ahead(offset, bytes);
}

}  // namespace kvasir::storage
