#pragma once

#include "engine/chat/jinja/value.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kvasir::engine::jinja {

/// A byte of the template's source; a line and a column only once somebody has to be told.
using Position = uint32_t;

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;
struct Statement;
using Body = std::vector<Statement>;
struct Filter;
struct Test;

enum class UnaryOperator { Not, Negate, Plus };
enum class BinaryOperator {
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  Concatenate,
  And,
  Or
};
enum class Comparison { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, NotIn };

// Expressions.

struct LiteralNode {
  Value value;
};
struct NameNode {
  std::string name;
};
struct ListNode {
  std::vector<ExpressionPtr> items;
  bool is_tuple;
};
struct DictNode {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
};
struct UnaryNode {
  UnaryOperator op;
  ExpressionPtr operand;
};
struct BinaryNode {
  BinaryOperator op;
  ExpressionPtr left, right;
};
/// `a < b <= c`: each operand but the first with what stands before it.
struct CompareNode {
  ExpressionPtr first;
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};
/// `then if condition else otherwise`.
struct ConditionalNode {
  ExpressionPtr condition, then, otherwise;  // the last may be null
};
struct AttributeNode {
  ExpressionPtr object;
  std::string name;
};
struct SubscriptNode {
  ExpressionPtr object, key;
};
struct SliceNode {
  ExpressionPtr object, begin, end, step;  // all but the object may be null
};
struct ArgumentNodes {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr more_positional, more_named;  // `*list` and `**dict`; may be null
};
struct CallNode {
  ExpressionPtr callee;
  ArgumentNodes arguments;
};
struct FilterNode {
  ExpressionPtr input;  // null at the front of a filter block: the block's text
  std::string name;
  const Filter* filter;  // null: there is none of that name, which matters only where it is used
  ArgumentNodes arguments;
};
struct TestNode {
  ExpressionPtr input;
  std::string name;
  const Test* test;
  ArgumentNodes arguments;
};

struct Expression {
  Position at;
  unsigned depth;  ///< of the deepest expression inside, 1 for none
  std::variant<LiteralNode, NameNode, ListNode, DictNode, UnaryNode, BinaryNode, CompareNode, ConditionalNode,
               AttributeNode, SubscriptNode, SliceNode, CallNode, FilterNode, TestNode>
      node;
};

// Statements.

/// What `set` and `for` give values to: a name, a namespace's attribute, or several, which may nest.
struct Target {
  std::string name;
  std::string attribute;        // of the namespace of that name; empty: the name itself
  std::vector<Target> several;  // not empty: the others are
};

struct DataNode {
  Value text;
};
struct PrintNode {
  ExpressionPtr expression;
};
struct IfNode {
  std::vector<std::pair<ExpressionPtr, Body>> branches;
  Body otherwise;
};
struct ForNode {
  Target target;
  ExpressionPtr items;
  ExpressionPtr condition;  // may be null
  Body body, otherwise;
};
struct SetNode {
  Target target;
  ExpressionPtr value;
};
struct SetBlockNode {
  Target target;
  ExpressionPtr filters;  // may be null
  Body body;
};
struct FilterBlockNode {
  ExpressionPtr filters;
  Body body;
};
struct Parameter {
  std::string name;
  ExpressionPtr otherwise;  // may be null
};
/// A macro; the body of a `call` block is one without a name.
struct MacroNode {
  std::string name;
  std::vector<Parameter> parameters;
  Body body;
  bool uses_varargs = false, uses_kwargs = false, uses_caller = false;
};
struct CallBlockNode {
  ExpressionPtr call;
  MacroNode caller;
};
struct WithNode {
  std::vector<std::pair<Target, ExpressionPtr>> variables;
  Body body;
};
/// `generation`, which marks answers for training: its body as it is, in a scope of its own.
struct ScopeNode {
  Body body;
};
struct BreakNode {};
struct ContinueNode {};

struct Statement {
  Position at;
  std::variant<DataNode, PrintNode, IfNode, ForNode, SetNode, SetBlockNode, FilterBlockNode, MacroNode,
               CallBlockNode, WithNode, ScopeNode, BreakNode, ContinueNode>
      node;
};

}  // namespace kvasir::engine::jinja
