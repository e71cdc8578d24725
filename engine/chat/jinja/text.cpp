#include "engine/chat/jinja/text.h"

#include <algorithm>
#include <utility>

namespace kvasir::engine::jinja {

Text::Text(std::string bytes, Origin origin) : bytes_(std::move(bytes)) {
  if (!bytes_.empty() || origin != kTemplate) runs_.push_back({bytes_.size(), origin});
}

Origin Text::origin_at(size_t offset) const {
  return std::ranges::upper_bound(runs_, offset, {}, &Run::end)->origin;
}

void Text::append(std::string_view bytes, Origin origin) {
  if (bytes.empty() && origin == kTemplate) return;
  bytes_ += bytes;
  if (!runs_.empty() && runs_.back().origin == origin)
    runs_.back().end = bytes_.size();
  else
    runs_.push_back({bytes_.size(), origin});
}

void Text::append(const Text& other, size_t begin, size_t end) {
  const bool whole = begin == 0 && end == other.size();
  const auto past = [&](size_t run_end) { return whole || run_end > begin; };
  auto run = std::ranges::partition_point(other.runs_, [&](const Run& r) { return !past(r.end); });
  size_t at = begin;
  for (; run != other.runs_.end() && (whole || at < end); ++run) {
    const size_t run_end = std::min(run->end, end);
    append(std::string_view(other.bytes_).substr(at, run_end - at), run->origin);
    at = run_end;
  }
  // A part of nothing still stands somewhere.
  if (begin == end && !whole && other.runs_.size() == 1) append({}, other.runs_.front().origin);
}

Text Text::slice(size_t begin, size_t end) const {
  Text part;
  part.append(*this, begin, end);
  return part;
}

}  // namespace kvasir::engine::jinja
