#include "engine/chat/jinja/format.h"

#include "engine/chat/jinja/unicode.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kvasir::engine::jinja {
namespace {

/// What stands between the percent sign and its letter.
struct Specification {
  std::string key;  // of `%(key)s`
  bool left = false, zero = false, plus = false, space = false;
  size_t width = 0;
  int precision = -1;
  char kind = 0;
};

constexpr size_t kMaxWidth = 1000;

char ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

class PercentFormat {
 public:
  PercentFormat(Heap& heap, const Text& format, const Value& values)
      : out_(heap), format_(format), values_(values) {}

  Value run() {
    const std::string& bytes = format_.bytes();
    while (at_ < bytes.size()) {
      const size_t percent = std::min(bytes.find('%', at_), bytes.size());
      out_.append(format_, at_, percent);
      at_ = percent;
      if (at_ == bytes.size()) break;
      ++at_;
      write(read_specification());
    }
    const bool is_tuple = values_.is<List*>() && values_.as<List*>()->is_tuple;
    if (!values_.is<Dict*>() && used_ < (is_tuple ? values_.as<List*>()->items.size() : 1))
      stop("not all values were used in a format");
    return out_.take();
  }

 private:
  char take() {
    if (at_ >= format_.size()) stop("a format ends in the middle");
    return format_.bytes()[at_++];
  }
  char peek() const { return at_ < format_.size() ? format_.bytes()[at_] : '\0'; }

  size_t read_number() {
    size_t number = 0;
    while (peek() >= '0' && peek() <= '9') {
      number = number * 10 + static_cast<size_t>(take() - '0');
      if (number > kMaxWidth) stop("a format is too wide");
    }
    return number;
  }

  Specification read_specification() {
    Specification spec;
    if (peek() == '(') {
      const size_t end = format_.bytes().find(')', at_);
      if (end == std::string::npos) stop("a format ends in the middle");
      spec.key = format_.bytes().substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    }
    for (bool flag = true; flag;) {
      switch (peek()) {
        case '-':
          spec.left = true;
          break;
        case '0':
          spec.zero = true;
          break;
        case '+':
          spec.plus = true;
          break;
        case ' ':
          spec.space = true;
          break;
        default:
          flag = false;
      }
      if (flag) take();
    }
    spec.width = read_number();
    if (peek() == '.') {
      take();
      spec.precision = static_cast<int>(read_number());
    }
    spec.kind = take();
    return spec;
  }

  const Value& next_value(const Specification& spec) {
    if (!spec.key.empty()) {
      const Value* const found = values_.is<Dict*>() ? find(*values_.as<Dict*>(), spec.key) : nullptr;
      if (found == nullptr) stop("a format wants '" + spec.key + "', which is not there");
      return *found;
    }
    const bool is_tuple = values_.is<List*>() && values_.as<List*>()->is_tuple;
    const size_t count = is_tuple ? values_.as<List*>()->items.size() : 1;
    if (used_ >= count) stop("there are not enough values for a format");
    return is_tuple ? values_.as<List*>()->items[used_++] : (++used_, values_);
  }

  void write(const Specification& spec) {
    if (spec.kind == '%') return out_.append("%");
    const Value& value = next_value(spec);
    switch (spec.kind) {
      case 's':
        return write_text_field(spec, value, false);
      case 'r':
        return write_text_field(spec, value, true);
      case 'd':
      case 'i':
      case 'u':
        return write_number(spec, whole_text(value));
      case 'x':
      case 'X':
      case 'o':
        return write_number(spec, based_text(spec, value));
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return write_number(spec, real_text(spec, value));
      default:
        stop("a format has a kind that is not supported");
    }
  }

  static std::string whole_text(const Value& value) {
    if (const auto whole = as_integer(value)) return std::to_string(*whole);
    const auto number = as_number(value);
    if (!number || !(std::abs(*number) < 9.2e18))
      stop("a format wants a whole number, not " + describe(value));
    return std::to_string(static_cast<int64_t>(*number));
  }

  static std::string based_text(const Specification& spec, const Value& value) {
    const auto whole = as_integer(value);
    if (!whole) stop("a format wants a whole number, not " + describe(value));
    const uint64_t magnitude = *whole < 0 ? 0 - static_cast<uint64_t>(*whole) : static_cast<uint64_t>(*whole);
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, spec.kind == 'o' ? 8 : 16);
    std::string digits(buffer, end.ptr);
    if (spec.kind == 'X') std::ranges::transform(digits, digits.begin(), ascii_upper);
    return (*whole < 0 ? "-" : "") + digits;
  }

  static std::string real_text(const Specification& spec, const Value& value) {
    const auto number = as_number(value);
    if (!number) stop("a format wants a number, not " + describe(value));
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    const char kind = static_cast<char>(spec.kind | 0x20);
    const auto style = kind == 'e'   ? std::chars_format::scientific
                       : kind == 'f' ? std::chars_format::fixed
                                     : std::chars_format::general;
    char buffer[1500];  // 309 digits before the point, 1000 after it; unlike printf's, never a comma
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, *number, style, precision);
    std::string text(buffer, end.ptr);
    if (kind != spec.kind) std::ranges::transform(text, text.begin(), ascii_upper);
    return text;
  }

  void pad(size_t width, size_t taken, char with) {
    if (width > taken) out_.append(std::string(width - taken, with));
  }

  void write_number(const Specification& spec, std::string text) {
    if (text.front() != '-' && (spec.plus || spec.space)) text.insert(0, 1, spec.plus ? '+' : ' ');
    if (spec.zero && !spec.left && text.size() < spec.width) {
      const size_t sign = text.front() == '-' || text.front() == '+' || text.front() == ' ';
      text.insert(sign, spec.width - text.size(), '0');
    }
    if (!spec.left) pad(spec.width, text.size(), ' ');
    out_.append(text);
    if (spec.left) pad(spec.width, text.size(), ' ');
  }

  void write_text_field(const Specification& spec, const Value& value, bool as_repr) {
    TextBuilder part(out_.heap());
    if (as_repr)
      write_repr(part, value);
    else
      write_text(part, value);
    const Text& text = part.so_far();
    size_t end = text.size();
    if (spec.precision >= 0) end = offset_of(text.bytes(), static_cast<size_t>(spec.precision));
    const size_t taken = count_characters(std::string_view(text.bytes()).substr(0, end));
    if (!spec.left) pad(spec.width, taken, ' ');
    out_.append(text, 0, end);
    if (spec.left) pad(spec.width, taken, ' ');
  }

  TextBuilder out_;
  const Text& format_;
  const Value& values_;
  size_t at_ = 0;
  size_t used_ = 0;
};

/// What `{field}` names: a position, a name, or the next position.
const Value& field_value(const Arguments& values, const std::string& field, size_t& next) {
  if (field.find_first_of("!:.[") != std::string::npos)
    stop("a format has '{" + field.substr(0, 40) + "}', which is not supported");
  const bool is_position = field.find_first_not_of("0123456789") == std::string::npos;
  if (!is_position) {
    for (const auto& [name, value] : values.named)
      if (name == field) return value;
    stop("a format wants '" + field.substr(0, 40) + "', which is not there");
  }
  const size_t position = field.empty() ? next++ : field.size() > 4 ? SIZE_MAX : std::stoul(field);
  if (position >= values.positional.size()) stop("there are not enough values for a format");
  return values.positional[position];
}

}  // namespace

Value percent_format(Heap& heap, const Text& format, const Value& values) {
  return PercentFormat(heap, format, values).run();
}

Value brace_format(Heap& heap, const Text& format, const Arguments& values) {
  TextBuilder out(heap);
  const std::string& bytes = format.bytes();
  size_t next = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t brace = std::min(bytes.find_first_of("{}", at), bytes.size());
    out.append(format, at, brace);
    at = brace;
    if (at == bytes.size()) break;
    if (at + 1 < bytes.size() && bytes[at + 1] == bytes[at]) {
      out.append(format, at, at + 1);
      at += 2;
      continue;
    }
    const size_t end = bytes.find('}', at);
    if (bytes[at] == '}' || end == std::string::npos) stop("a format has a single brace");
    write_text(out, field_value(values, bytes.substr(at + 1, end - at - 1), next));
    at = end + 1;
  }
  return out.take();
}

}  // namespace kvasir::engine::jinja
