#include "engine/runtime/reasoning_stream.h"

#include <algorithm>
#include <utility>

namespace kvasir::engine {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

/// Where the text behind leading blanks begins; the size of an all blank text.
size_t blank_length(std::string_view text) {
  return std::min(text.find_first_not_of(kBlank), text.size());
}

/// Where a text begins once its leading blank lines are dropped: an indented first line keeps its
/// indentation.
size_t lines_begin(std::string_view text) {
  const size_t blank = blank_length(text);
  const size_t newline = text.substr(0, blank).rfind('\n');
  return newline == std::string_view::npos ? blank : newline + 1;
}

std::string_view without_trailing_blank(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlank) + 1);  // npos + 1 is 0
}

/// The length of the longest end of `text` that could become `marker`.
size_t partial_marker(std::string_view text, std::string_view marker) {
  size_t length = std::min(text.size(), marker.size() - 1);
  while (!text.ends_with(marker.substr(0, length))) --length;
  return length;
}

}  // namespace

ReasoningStream::ReasoningStream(std::string open, std::string close, std::string_view prompt_end)
    : open_(std::move(open)), close_(std::move(close)), place_(Place::Start) {
  const std::string_view end = without_trailing_blank(prompt_end);
  if (end.ends_with(open_)) {
    place_ = Place::SectionStart;
    held_ = prompt_end.substr(end.size());
    own_lines_ = held_.starts_with('\n');
  } else {
    after_section_ = end.ends_with(close_);
  }
}

AnswerText ReasoningStream::push(std::string_view text) {
  held_ += text;
  AnswerText taken;
  for (bool more = true; more;) {
    switch (place_) {
      case Place::Start:
        more = take_start();
        break;
      case Place::SectionStart:
        more = take_section_start();
        break;
      case Place::Section:
        more = take_section(taken.reasoning);
        break;
      case Place::AnswerStart:
        more = take_answer_start();
        break;
      case Place::Answer:
        taken.answer = std::exchange(held_, {});
        more = false;
        break;
    }
  }
  return taken;
}

AnswerText ReasoningStream::finish() {
  const std::string rest = std::exchange(held_, {});
  const std::string_view lines = std::string_view(rest).substr(lines_begin(rest));
  if (in_reasoning())
    return {std::string(without_trailing_blank(place_ == Place::Section ? rest : lines)), {}};
  if (place_ == Place::AnswerStart || after_section_) return {{}, std::string(without_trailing_blank(lines))};
  return {{}, rest};
}

std::string ReasoningStream::closing_text() const {
  if (!own_lines_) return close_;
  return (held_.ends_with('\n') ? "" : "\n") + close_ + "\n\n";
}

bool ReasoningStream::take_start() {
  const size_t blank = blank_length(held_);
  const std::string_view text = std::string_view(held_).substr(blank);
  if (text.starts_with(open_)) {
    held_.erase(0, blank + open_.size());
    place_ = Place::SectionStart;
    return true;
  }
  if (open_.starts_with(text)) return false;
  place_ = after_section_ ? Place::AnswerStart : Place::Answer;
  return true;
}

bool ReasoningStream::take_section_start() {
  own_lines_ = own_lines_ || held_.starts_with('\n');
  const size_t blank = blank_length(held_);
  const std::string_view text = std::string_view(held_).substr(blank);
  // Some models open the section that the prompt has opened for them once more.
  if (text.starts_with(open_)) {
    held_.erase(0, blank + open_.size());
    return true;
  }
  if (open_.starts_with(text) || close_.starts_with(text)) {
    if (text != close_) return false;
  } else if (!text.starts_with(close_)) {
    held_.erase(0, lines_begin(held_));
  }
  place_ = Place::Section;
  return true;
}

bool ReasoningStream::take_section(std::string& reasoning) {
  const size_t close = held_.find(close_);
  if (close != std::string::npos) {
    reasoning += without_trailing_blank(std::string_view(held_).substr(0, close));
    held_.erase(0, close + close_.size());
    place_ = Place::AnswerStart;
    return true;
  }
  const size_t decided = held_.size() - partial_marker(held_, close_);
  const size_t sure = without_trailing_blank(std::string_view(held_).substr(0, decided)).size();
  reasoning += std::string_view(held_).substr(0, sure);
  held_.erase(0, sure);
  return false;
}

bool ReasoningStream::take_answer_start() {
  const size_t begin = lines_begin(held_);
  if (blank_length(held_) == held_.size()) return false;
  held_.erase(0, begin);
  place_ = Place::Answer;
  return true;
}

}  // namespace kvasir::engine
