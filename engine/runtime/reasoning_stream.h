#pragma once

#include <string>
#include <string_view>

namespace kvasir::engine {

/// The two texts that an answer, or a piece of one, is made of.
struct AnswerText {
  std::string reasoning;
  std::string answer;
};

/// Tells what a model thinks from what it answers, while both stream in.
///
/// Only a section at the answer's very beginning is reasoning: markers that stand later are quoted text. The
/// blank lines around the section belong to neither text. However the answer is cut into pieces, the pieces'
/// texts joined are the same; text that may yet turn out to be a marker is held back until it is decided.
class ReasoningStream {
 public:
  /// For a model that does not mark its reasoning: all text is the answer.
  ReasoningStream() = default;
  /// `open` and `close` are the family's markers, without the newlines around them. `prompt_end` is the text
  /// that the answer follows, of which only the end matters: it may have opened the section already, or
  /// closed it.
  ReasoningStream(std::string open, std::string close, std::string_view prompt_end);

  /// What is decided by this further text, which is whole characters.
  AnswerText push(std::string_view text);
  /// What is left at the answer's end. A section that was never closed stays reasoning.
  AnswerText finish();

  /// Whether the text so far ends inside the section.
  bool in_reasoning() const { return place_ == Place::SectionStart || place_ == Place::Section; }
  /// Whether it is still open if the answer begins with a section: there was only blank text, or a beginning
  /// of the marker.
  bool undecided() const { return place_ == Place::Start; }
  /// What would close the section here, in the way in which it was opened: on a line of its own where the
  /// opening marker is followed by a newline.
  std::string closing_text() const;

 private:
  enum class Place {
    Start,         ///< a section may open
    SectionStart,  ///< in it, nothing but blank text so far
    Section,
    AnswerStart,  ///< behind it, nothing but blank text so far
    Answer,
  };

  // Each takes what it can from `held_` and says whether there may be more to take.
  bool take_start();
  bool take_section_start();
  bool take_section(std::string& reasoning);
  bool take_answer_start();

  std::string open_;
  std::string close_;
  Place place_ = Place::Answer;
  bool after_section_ = false;  ///< of the prompt's: blank lines before the answer are still dropped
  bool own_lines_ = false;      ///< a newline follows the opening marker
  std::string held_;            ///< not yet decided
};

}  // namespace kvasir::engine
