#pragma once

#include "engine/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace kvasir::engine {

/// A name out of a file, fit for a message: in quotation marks, shortened, without control characters.
inline std::string quote(std::string_view name) {
  constexpr size_t kMaxShown = 96;
  std::string text = "“";
  for (const char c : name.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return text + (name.size() > kMaxShown ? "…”" : "”");
}

/// A path for a message: whole, in quotation marks.
inline std::string quote_path(const std::filesystem::path& path) {
  return "“" + path.string() + "”";
}

/// BadFile: the bytes of a model file contradict themselves.
inline tl::unexpected<Error> damaged_model(const std::filesystem::path& path, const std::string& what) {
  return fail(ErrorCode::BadFile, "The model file " + quote_path(path) + " is damaged or incomplete: " +
                                      what + ". Download it again, or choose another file.");
}

}  // namespace kvasir::engine
