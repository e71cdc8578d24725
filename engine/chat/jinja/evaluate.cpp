#include "engine/chat/jinja/access.h"
#include "engine/chat/jinja/arithmetic.h"
#include "engine/chat/jinja/filters.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/methods.h"
#include "engine/chat/jinja/tests.h"

namespace kvasir::engine::jinja {

Value Interpreter::evaluate(const Expression& expression) {
  const Depth depth(*this);
  at_ = expression.at;
  Value value = std::visit([this](const auto& node) { return evaluate_node(node); }, expression.node);
  at_ = expression.at;  // what is done with the value fails here, not where its last part stands
  return value;
}

Value Interpreter::evaluate_node(const NameNode& node) {
  const Value* const found = look_up(node.name);
  return found != nullptr ? *found : Value(Undefined{&node.name});
}

Value Interpreter::evaluate_node(const ListNode& node) {
  std::vector<Value> items;
  for (const auto& item : node.items) items.push_back(evaluate(*item));
  return heap_.list(std::move(items), node.is_tuple);
}

Value Interpreter::evaluate_node(const DictNode& node) {
  const Value made = heap_.dict();
  for (const auto& [key, value] : node.entries) {
    const Value name = evaluate(*key);
    set(heap_, *made.as<Dict*>(), name, evaluate(*value));
  }
  return made;
}

Value Interpreter::evaluate_node(const UnaryNode& node) {
  const Value operand = evaluate(*node.operand);
  if (node.op == UnaryOperator::Not) return Value(!truthy(operand));
  if (node.op == UnaryOperator::Negate) return negate(operand);
  if (!as_number(operand)) stop("it uses + on " + describe(operand));
  return operand.is<bool>() ? Value(*as_integer(operand)) : operand;
}

Value Interpreter::evaluate_node(const BinaryNode& node) {
  const Position at = at_;
  Value left = evaluate(*node.left);
  if (node.op == BinaryOperator::And) return truthy(left) ? evaluate(*node.right) : left;
  if (node.op == BinaryOperator::Or) return truthy(left) ? left : evaluate(*node.right);
  const Value right = evaluate(*node.right);
  at_ = at;
  return calculate(heap_, node.op, left, right);
}

Value Interpreter::evaluate_node(const CompareNode& node) {
  const Position at = at_;
  Value left = evaluate(*node.first);
  for (const auto& [comparison, operand] : node.rest) {
    Value right = evaluate(*operand);
    at_ = at;
    if (!holds(comparison, left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

bool Interpreter::holds(Comparison comparison, const Value& left, const Value& right) {
  switch (comparison) {
    case Comparison::Equal:
      return equal(heap_, left, right);
    case Comparison::NotEqual:
      return !equal(heap_, left, right);
    case Comparison::Less:
      return compare(heap_, left, right) < 0;
    case Comparison::LessEqual:
      return compare(heap_, left, right) <= 0;
    case Comparison::Greater:
      return compare(heap_, left, right) == 1;
    case Comparison::GreaterEqual: {
      const int order = compare(heap_, left, right);
      return order == 0 || order == 1;
    }
    case Comparison::In:
      return contains(heap_, right, left);
    case Comparison::NotIn:
      return !contains(heap_, right, left);
  }
  return false;
}

Value Interpreter::evaluate_node(const ConditionalNode& node) {
  if (truthy(evaluate(*node.condition))) return evaluate(*node.then);
  return node.otherwise ? evaluate(*node.otherwise) : Value();
}

Value Interpreter::evaluate_node(const AttributeNode& node) {
  const Position at = at_;
  const Value object = evaluate(*node.object);
  at_ = at;
  return attribute(heap_, object, node.name, &node.name);
}

Value Interpreter::evaluate_node(const SubscriptNode& node) {
  const Position at = at_;
  const Value object = evaluate(*node.object);
  const Value key = evaluate(*node.key);
  at_ = at;
  return item(heap_, object, key);
}

std::optional<int64_t> Interpreter::evaluate_bound(const ExpressionPtr& bound) {
  if (!bound) return std::nullopt;
  const Value value = evaluate(*bound);
  if (value.is<None>()) return std::nullopt;
  const auto whole = as_integer(value);
  if (!whole) stop("a slice has " + describe(value) + " as a bound");
  return whole;
}

Value Interpreter::evaluate_node(const SliceNode& node) {
  const Position at = at_;
  const Value object = evaluate(*node.object);
  const auto begin = evaluate_bound(node.begin);
  const auto end = evaluate_bound(node.end);
  const auto step = evaluate_bound(node.step);
  at_ = at;
  return slice(heap_, object, begin, end, step);
}

Arguments Interpreter::evaluate_arguments(const ArgumentNodes& nodes) {
  Arguments arguments;
  for (const auto& node : nodes.positional) arguments.positional.push_back(evaluate(*node));
  for (const auto& [name, node] : nodes.named) arguments.named.emplace_back(name, evaluate(*node));
  if (nodes.more_positional)
    for (Value& more : items_of(heap_, evaluate(*nodes.more_positional)))
      arguments.positional.push_back(std::move(more));
  if (nodes.more_named) {
    const Value more = evaluate(*nodes.more_named);
    if (!more.is<Dict*>()) stop("it hands over " + describe(more) + " as named arguments");
    for (const auto& [name, value] : more.as<Dict*>()->entries) {
      if (!name.is_text()) stop("it hands over an argument whose name is " + describe(name));
      heap_.step();
      arguments.named.emplace_back(name.text().bytes(), value);
    }
  }
  return arguments;
}

Value Interpreter::apply_filter(const FilterNode& node, const Value* block_text) {
  const Position at = at_;
  if (node.filter == nullptr) stop("there is no filter '" + node.name + "'");
  Value input;
  if (node.input == nullptr)
    input = *block_text;
  else if (block_text != nullptr)
    input = apply_filter(std::get<FilterNode>(node.input->node), block_text);
  else
    input = evaluate(*node.input);
  const Arguments arguments = evaluate_arguments(node.arguments);
  at_ = at;
  return node.filter->apply(*this, input, arguments);
}

Value Interpreter::evaluate_node(const TestNode& node) {
  const Position at = at_;
  if (node.test == nullptr) stop("there is no test '" + node.name + "'");
  const Value input = evaluate(*node.input);
  const Arguments arguments = evaluate_arguments(node.arguments);
  at_ = at;
  return Value(node.test->holds(*this, input, arguments));
}

Value Interpreter::call_node(const CallNode& node, Callable* caller) {
  const Position at = at_;
  // A method is called at once: no object is made that binds it.
  if (const auto* const access = std::get_if<AttributeNode>(&node.callee->node)) {
    const Value object = evaluate(*access->object);
    if (const Method* const method = find_method(object, access->name)) {
      const Arguments arguments = evaluate_arguments(node.arguments);
      at_ = at;
      return method->call(*this, object, arguments);
    }
    const Value callee = attribute(heap_, object, access->name, &access->name);
    Arguments arguments = evaluate_arguments(node.arguments);
    if (caller != nullptr) arguments.named.emplace_back("caller", Value(caller));
    at_ = at;
    return call(callee, arguments);
  }
  const Value callee = evaluate(*node.callee);
  Arguments arguments = evaluate_arguments(node.arguments);
  if (caller != nullptr) arguments.named.emplace_back("caller", Value(caller));
  at_ = at;
  return call(callee, arguments);
}

Value Interpreter::call(const Value& callee, const Arguments& arguments) {
  if (!callee.is<Callable*>()) stop("it calls " + describe(callee));
  const Depth depth(*this);
  return callee.as<Callable*>()->call(*this, arguments);
}

}  // namespace kvasir::engine::jinja
