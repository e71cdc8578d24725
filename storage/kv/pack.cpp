#include "storage/kv/pack.h"

#include "storage/base/try.h"

#include <array>
#include <charconv>
#include <string>

namespace kvasir::storage {
namespace {

constexpr size_t kMinDigits = 6;
constexpr std::string_view kSuffix = ".pack";

}  // namespace

std::optional<uint32_t> pack_number(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits = std::string_view(name).substr(0, name.size() - kSuffix.size());
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.size() < kMinDigits) {
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

Result<std::unique_ptr<Pack>> Pack::open(FileSystem& files, const std::filesystem::path& path,
                                         const OnRecord& on_record) {
  KVASIR_TRY_ASSIGN(auto file, files.open(path, /*create=*/false));
  std::unique_ptr<Pack> pack(new Pack(std::move(file)));
  KVASIR_TRY(pack->walk(on_record));
  if (!pack->file_->writable()) pack->appendable_ = false;
  return pack;
}

Result<std::unique_ptr<Pack>> Pack::create(FileSystem& files, const std::filesystem::path& path) {
  KVASIR_TRY_ASSIGN(auto file, files.open(path, /*create=*/true));
  KVASIR_TRY_ASSIGN(const uint64_t size, file->size());
  if (size != 0) {
    return fail(ErrorCode::BadRequest, "The file " + path.string() +
                                           " appeared while Kvasir was about to create it. Let only one "
                                           "Kvasir use this folder.");
  }
  return std::unique_ptr<Pack>(new Pack(std::move(file)));
}

Result<void> Pack::walk(const OnRecord& on_record) {
  KVASIR_TRY_ASSIGN(const uint64_t size, file_->size());
  while (end_ < size) {
    const uint64_t left = size - end_;
    HeaderBytes bytes;
    RecordHeader header;
    if (left < bytes.size()) {
      cut_off_tail();
      return {};
    }
    if (auto read = file_->read(end_, bytes); !read) {
      appendable_ = false;
      // What was found before it remains of use.
      return end_ == 0 ? read : Result<void>();
    }
    const HeaderVerdict verdict = decode_header(bytes, header);
    if (verdict != HeaderVerdict::Valid) {
      unknown_version_ = end_ == 0 && verdict == HeaderVerdict::UnknownVersion;
      appendable_ = false;
      return {};
    }
    if (left < record_bytes(header.payload_bytes)) {
      cut_off_tail();
      return {};
    }
    if (header.state == kRecordLive) on_record(end_, header);
    end_ += record_bytes(header.payload_bytes);
  }
  return {};
}

void Pack::cut_off_tail() {
  appendable_ = file_->writable() && file_->truncate(end_).has_value();
}

Result<void> Pack::append(const RecordHeader& header, std::span<const std::byte> payload) {
  // In this order, since a process that dies in between then leaves a tail that is too short for its header.
  static constexpr std::array<std::byte, kRecordAlignmentBytes> kPadding{};
  const uint64_t padding = record_bytes(payload.size()) - kRecordHeaderBytes - payload.size();
  appendable_ = false;
  KVASIR_TRY(file_->write(end_, encode_header(header)));
  KVASIR_TRY(file_->write(end_ + kRecordHeaderBytes, payload));
  KVASIR_TRY(file_->write(end_ + kRecordHeaderBytes + payload.size(), std::span(kPadding).first(padding)));
  end_ += record_bytes(payload.size());
  appendable_ = true;
  return {};
}

Result<void> Pack::bury(uint64_t offset) {
  static_assert(kRecordDead == 0xFFFFFFFF);
  static constexpr std::array kDead = {std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}};
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

Result<void> Pack::read_payload(uint64_t offset, std::span<std::byte> payload) const {
  return file_->read(offset + kRecordHeaderBytes, payload);
}

void Pack::read_ahead(uint64_t offset, uint64_t payload_bytes) const {
  file_->read_ahead(offset + kRecordHeaderBytes, payload_bytes);
}

}  // namespace kvasir::storage
