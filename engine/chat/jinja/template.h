#pragma once

#include "engine/base/result.h"
#include "engine/chat/jinja/heap.h"

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::engine::jinja {

/// A template in Jinja as chat templates use it, parsed. docs/prompt-templates.md says what is understood.
///
/// Immutable: may render in several threads, each with its own Heap.
class Template {
 public:
  /// Errors: Unsupported where the source is no template, or one that this version can't read; the message
  /// ends with the line and column.
  static Result<Template> parse(std::string_view source);

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  /// What the template writes, each byte with its origin. `variables` live on `heap`, which serves this one
  /// rendering; `now` is the time that `strftime_now` tells.
  /// Errors: BadRequest with the template's own words where it raises an exception, Unsupported where it does
  /// what can't be done or takes more than the heap's limits; both end with the line and column.
  Result<Text> render(Heap& heap, const std::vector<std::pair<std::string, Value>>& variables,
                      std::time_t now) const;

 private:
  struct Parsed;
  explicit Template(std::unique_ptr<const Parsed> parsed);
  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace kvasir::engine::jinja
