#pragma once

#include "engine/chat/jinja/token_stream.h"

#include <string>
#include <vector>

namespace kvasir::engine::jinja {

/// Jinja's grammar of expressions, loosest first: `a if b else c`, or, and, not, comparisons and `in`, + -,
/// ~,
/// * / // %, **, unary + -, then `.name`, `[key]`, calls, `|filter` and `is test`.
class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  ExpressionPtr parse();
  /// One expression, or a tuple of several with commas between. Where `with_conditional` is off, an `if` ends
  /// it.
  ExpressionPtr parse_tuple(bool with_conditional = true);
  ExpressionPtr parse_or();
  /// `name(arguments)|name…` at the front of a filter block, without an input.
  ExpressionPtr parse_filters_alone();
  /// What `name(arguments)` holds between the brackets, the opening one taken already.
  ArgumentNodes parse_arguments();

  /// The names that have been read since this was cleared, for macros that ask who is mentioned in them.
  std::vector<std::string>& names_seen() { return names_seen_; }

 private:
  using Parse = ExpressionPtr (ExpressionParser::*)();

  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_compare();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_unary() { return parse_unary(true); }
  ExpressionPtr parse_unary(bool with_filters);
  ExpressionPtr parse_primary();
  ExpressionPtr parse_name();
  ExpressionPtr parse_number();
  ExpressionPtr parse_list();
  ExpressionPtr parse_dict();
  ExpressionPtr parse_parentheses();
  ExpressionPtr parse_postfix(ExpressionPtr object);
  ExpressionPtr parse_attribute(ExpressionPtr object);
  ExpressionPtr parse_subscript(ExpressionPtr object);
  ExpressionPtr parse_filters(ExpressionPtr input);
  ExpressionPtr parse_filter(ExpressionPtr input, Position at);
  ExpressionPtr parse_test(ExpressionPtr input);
  std::optional<Comparison> take_comparison();
  bool ends_tuple(bool with_conditional) const;

  TokenStream& tokens_;
  std::vector<std::string> names_seen_;
};

}  // namespace kvasir::engine::jinja
