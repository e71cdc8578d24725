#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine::jinja {

/// Where a byte came from: `kTemplate` for what the template wrote or computed, else the number that the
/// caller gave to a text it handed in (for a chat: which message, and which of its fields).
///
/// This is what keeps a person from forging a turn. A template mixes its own `<|im_end|>` with whatever
/// stands in a message, and the rendering alone no longer tells the two apart. So every text carries its
/// bytes' origins through everything that templates do with it: joining, slicing, stripping, splitting,
/// replacing, changing case, `tojson`, formatting, blocks captured with `set`, results of macros. What comes
/// out is cut by origin, and special tokens are recognised in the template's own stretches alone.
///
/// The rule where a function makes bytes out of others: they have the origin of what they were made from (the
/// `\n` that `tojson` writes for a newline is the newline's), and the template's where they were made from
/// no text (a number's digits, quotation marks, the date).
using Origin = uint32_t;
inline constexpr Origin kTemplate = 0;

/// Bytes, UTF-8 where what came in was, and their origins.
class Text {
 public:
  /// A stretch of one origin: from the end of the run before it to `end`.
  struct Run {
    size_t end;
    Origin origin;
    bool operator==(const Run&) const = default;
  };

  Text() = default;
  explicit Text(std::string bytes, Origin origin = kTemplate);

  const std::string& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  /// In order; neighbours differ in origin. A message's text may be empty and still has its run, so that
  /// a rendering says where it stood; the template's own runs are never empty.
  const std::vector<Run>& runs() const { return runs_; }
  /// `offset` < size().
  Origin origin_at(size_t offset) const;

  void append(std::string_view bytes, Origin origin);
  void append(const Text& other) { append(other, 0, other.size()); }
  /// The bytes [begin, end) of `other`, which is not this text.
  void append(const Text& other, size_t begin, size_t end);
  Text slice(size_t begin, size_t end) const;

 private:
  std::string bytes_;
  std::vector<Run> runs_;
};

}  // namespace kvasir::engine::jinja
