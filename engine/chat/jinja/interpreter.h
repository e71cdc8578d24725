#pragma once

#include "engine/chat/jinja/arguments.h"
#include "engine/chat/jinja/ast.h"
#include "engine/chat/jinja/heap.h"

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::engine::jinja {

/// The names that a part of the template sees, with those around it through `parent`. Names belong to the
/// parsed template or to whoever renders it.
struct Scope final : Object {
  Scope* parent = nullptr;
  std::vector<std::pair<std::string_view, Value>> variables;
  bool captured = false;  // a macro may still look into it
};

using Variables = std::vector<std::pair<std::string, Value>>;

/// Walks over a template's statements and expressions. One for each rendering; throws Failure.
class Interpreter {
 public:
  /// `now`: what `strftime_now` writes, in local time.
  Interpreter(Heap& heap, std::time_t now) : heap_(heap), now_(now) {}

  Text run(const Body& body, const Variables& variables);
  /// Where it stands, for messages.
  Position at() const { return at_; }

  // For filters, tests, methods and functions.
  Heap& heap() { return heap_; }
  std::time_t now() const { return now_; }
  Value call(const Value& callee, const Arguments& arguments);
  Value call_macro(const MacroNode& macro, Scope* defined_in, const Arguments& arguments);

 private:
  enum class Flow { Normal, Break, Continue };

  // Statements (execute.cpp).
  Flow execute(const Body& body);
  Flow execute_node(const DataNode& node);
  Flow execute_node(const PrintNode& node);
  Flow execute_node(const IfNode& node);
  Flow execute_node(const ForNode& node);
  Flow execute_node(const SetNode& node);
  Flow execute_node(const SetBlockNode& node);
  Flow execute_node(const FilterBlockNode& node);
  Flow execute_node(const MacroNode& node);
  Flow execute_node(const CallBlockNode& node);
  Flow execute_node(const WithNode& node);
  Flow execute_node(const ScopeNode& node);
  Flow execute_node(const BreakNode&) { return Flow::Break; }
  Flow execute_node(const ContinueNode&) { return Flow::Continue; }
  std::vector<Value> loop_items(const ForNode& node);
  /// The body's text, in a scope of its own.
  Value capture(const Body& body);
  void assign(const Target& target, const Value& value);

  // Expressions (evaluate.cpp).
  Value evaluate(const Expression& expression);
  Value evaluate_node(const LiteralNode& node) { return node.value; }
  Value evaluate_node(const NameNode& node);
  Value evaluate_node(const ListNode& node);
  Value evaluate_node(const DictNode& node);
  Value evaluate_node(const UnaryNode& node);
  Value evaluate_node(const BinaryNode& node);
  Value evaluate_node(const CompareNode& node);
  Value evaluate_node(const ConditionalNode& node);
  Value evaluate_node(const AttributeNode& node);
  Value evaluate_node(const SubscriptNode& node);
  Value evaluate_node(const SliceNode& node);
  Value evaluate_node(const CallNode& node) { return call_node(node, nullptr); }
  Value evaluate_node(const FilterNode& node) { return apply_filter(node, nullptr); }
  Value evaluate_node(const TestNode& node);
  bool holds(Comparison comparison, const Value& left, const Value& right);
  Arguments evaluate_arguments(const ArgumentNodes& nodes);
  std::optional<int64_t> evaluate_bound(const ExpressionPtr& bound);
  /// `block_text`: what a filter block's first filter is applied to.
  Value apply_filter(const FilterNode& node, const Value* block_text);
  /// `caller`: the body of a call block.
  Value call_node(const CallNode& node, Callable* caller);

  const Value* look_up(std::string_view name) const;
  void set_here(std::string_view name, Value value);

  /// A scope inside the present one, while it lives.
  class InnerScope;
  /// Text goes to this builder instead, while it lives.
  class Redirection;
  /// Held by everything that recurses.
  class Depth;
  Scope* new_scope(Scope* parent);
  void leave_scope(Scope* scope);
  void capture_scopes();

  Heap& heap_;
  const std::time_t now_;
  Scope* scope_ = nullptr;
  std::vector<Scope*> free_scopes_;
  TextBuilder* out_ = nullptr;
  unsigned depth_ = 0;
  Position at_ = 0;
};

class Interpreter::Depth {
 public:
  explicit Depth(Interpreter& interpreter) : interpreter_(interpreter) {
    if (interpreter_.depth_ >= kMaxEvaluationDepth) stop_at_limit("macros that call each other too deeply");
    ++interpreter_.depth_;
    interpreter_.heap_.step();
  }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;
  ~Depth() { --interpreter_.depth_; }

 private:
  Interpreter& interpreter_;
};

class Interpreter::InnerScope {
 public:
  InnerScope(Interpreter& interpreter, Scope* parent)
      : interpreter_(interpreter), before_(interpreter.scope_), scope_(interpreter.new_scope(parent)) {
    interpreter_.scope_ = scope_;
  }
  InnerScope(const InnerScope&) = delete;
  InnerScope& operator=(const InnerScope&) = delete;
  ~InnerScope() {
    interpreter_.scope_ = before_;
    interpreter_.leave_scope(scope_);
  }

 private:
  Interpreter& interpreter_;
  Scope* const before_;
  Scope* const scope_;
};

class Interpreter::Redirection {
 public:
  Redirection(Interpreter& interpreter, TextBuilder& out)
      : interpreter_(interpreter), before_(interpreter.out_) {
    interpreter_.out_ = &out;
  }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;
  ~Redirection() { interpreter_.out_ = before_; }

 private:
  Interpreter& interpreter_;
  TextBuilder* const before_;
};

}  // namespace kvasir::engine::jinja
