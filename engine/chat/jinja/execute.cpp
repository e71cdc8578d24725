#include "engine/chat/jinja/globals.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>

namespace kvasir::engine::jinja {
namespace {

struct Macro final : Callable {
  Macro(const MacroNode& macro, Scope* scope) : node(macro), defined_in(scope) {}
  Value call(Interpreter& interpreter, const Arguments& arguments) override {
    return interpreter.call_macro(node, defined_in, arguments);
  }
  const MacroNode& node;
  Scope* const defined_in;
};

}  // namespace

Text Interpreter::run(const Body& body, const Variables& variables) {
  TextBuilder out(heap_, heap_.limits().output_bytes);
  const Redirection redirection(*this, out);
  const InnerScope functions(*this, nullptr);
  for (auto& [name, function] : global_functions(heap_)) set_here(name, function);
  const InnerScope top(*this, scope_);
  for (const auto& [name, value] : variables) set_here(name, value);
  execute(body);
  return out.take_text();
}

const Value* Interpreter::look_up(std::string_view name) const {
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->parent)
    for (const auto& [known, value] : scope->variables)
      if (known == name) return &value;
  return nullptr;
}

void Interpreter::set_here(std::string_view name, Value value) {
  for (auto& [known, old] : scope_->variables) {
    if (known != name) continue;
    old = std::move(value);
    return;
  }
  heap_.charge(sizeof(scope_->variables.front()));
  scope_->variables.emplace_back(name, std::move(value));
}

Scope* Interpreter::new_scope(Scope* parent) {
  if (free_scopes_.empty()) free_scopes_.push_back(heap_.make<Scope>());
  Scope* const scope = free_scopes_.back();
  free_scopes_.pop_back();
  scope->parent = parent;
  return scope;
}

void Interpreter::leave_scope(Scope* scope) {
  if (scope->captured) return;
  heap_.release(scope->variables.size() * sizeof(scope->variables.front()));
  scope->variables.clear();
  free_scopes_.push_back(scope);
}

/// Something is made that may look into the present scopes after they were left.
void Interpreter::capture_scopes() {
  for (Scope* scope = scope_; scope != nullptr && !scope->captured; scope = scope->parent)
    scope->captured = true;
}

Interpreter::Flow Interpreter::execute(const Body& body) {
  const Depth depth(*this);
  for (const Statement& statement : body) {
    heap_.step();
    at_ = statement.at;
    const Flow flow = std::visit([this](const auto& node) { return execute_node(node); }, statement.node);
    if (flow != Flow::Normal) return flow;
  }
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_node(const DataNode& node) {
  out_->append(node.text.text());
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_node(const PrintNode& node) {
  write_text(*out_, evaluate(*node.expression));
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_node(const IfNode& node) {
  for (const auto& [condition, body] : node.branches)
    if (truthy(evaluate(*condition))) return execute(body);
  return execute(node.otherwise);
}

std::vector<Value> Interpreter::loop_items(const ForNode& node) {
  std::vector<Value> items = items_of(heap_, evaluate(*node.items));
  if (!node.condition) return items;
  const InnerScope scope(*this, scope_);
  std::vector<Value> kept;
  for (Value& item : items) {
    assign(node.target, item);
    if (truthy(evaluate(*node.condition))) kept.push_back(std::move(item));
  }
  return kept;
}

Interpreter::Flow Interpreter::execute_node(const ForNode& node) {
  std::vector<Value> items = loop_items(node);
  if (items.empty()) return execute(node.otherwise);
  heap_.charge(items.size() * sizeof(Value));
  Loop* const loop = heap_.make<Loop>();
  loop->items = std::move(items);
  for (; loop->index < loop->items.size(); ++loop->index) {
    const InnerScope scope(*this, scope_);
    set_here("loop", Value(loop));
    assign(node.target, loop->items[loop->index]);
    if (execute(node.body) == Flow::Break) break;
  }
  return Flow::Normal;
}

void Interpreter::assign(const Target& target, const Value& value) {
  if (!target.several.empty()) {
    const std::vector<Value> values = items_of(heap_, value);
    if (values.size() != target.several.size())
      stop("it gives " + std::to_string(values.size()) + " values to " +
           std::to_string(target.several.size()) + " names");
    for (size_t i = 0; i < values.size(); ++i) assign(target.several[i], values[i]);
    return;
  }
  if (target.attribute.empty()) return set_here(target.name, value);
  const Value* const space = look_up(target.name);
  if (space == nullptr || !space->is<Namespace*>())
    stop("it sets '" + target.attribute + "' of '" + target.name + "', which is not a namespace");
  set(heap_, *space->as<Namespace*>(), target.attribute, value);
}

Interpreter::Flow Interpreter::execute_node(const SetNode& node) {
  assign(node.target, evaluate(*node.value));
  return Flow::Normal;
}

Value Interpreter::capture(const Body& body) {
  TextBuilder out(heap_);
  const Redirection redirection(*this, out);
  const InnerScope scope(*this, scope_);
  execute(body);
  return out.take();
}

Interpreter::Flow Interpreter::execute_node(const SetBlockNode& node) {
  Value text = capture(node.body);
  if (node.filters) text = apply_filter(std::get<FilterNode>(node.filters->node), &text);
  assign(node.target, text);
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_node(const FilterBlockNode& node) {
  const Value text = capture(node.body);
  write_text(*out_, apply_filter(std::get<FilterNode>(node.filters->node), &text));
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_node(const MacroNode& node) {
  capture_scopes();
  set_here(node.name, Value(static_cast<Callable*>(heap_.make<Macro>(node, scope_))));
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_node(const CallBlockNode& node) {
  capture_scopes();
  Callable* const caller = heap_.make<Macro>(node.caller, scope_);
  write_text(*out_, call_node(std::get<CallNode>(node.call->node), caller));
  return Flow::Normal;
}

Interpreter::Flow Interpreter::execute_node(const WithNode& node) {
  std::vector<Value> values;  // seen from outside
  for (const auto& [target, value] : node.variables) values.push_back(evaluate(*value));
  const InnerScope scope(*this, scope_);
  for (size_t i = 0; i < values.size(); ++i) assign(node.variables[i].first, values[i]);
  return execute(node.body);
}

Interpreter::Flow Interpreter::execute_node(const ScopeNode& node) {
  const InnerScope scope(*this, scope_);
  return execute(node.body);
}

Value Interpreter::call_macro(const MacroNode& macro, Scope* defined_in, const Arguments& arguments) {
  const auto& parameters = macro.parameters;
  const InnerScope scope(*this, defined_in);
  std::vector<bool> given(parameters.size());
  for (size_t i = 0; i < parameters.size() && i < arguments.positional.size(); ++i) {
    set_here(parameters[i].name, arguments.positional[i]);
    given[i] = true;
  }
  std::vector<std::pair<Value, Value>> more_named;
  for (const auto& [name, value] : arguments.named) {
    const auto parameter = std::ranges::find(parameters, name, &Parameter::name);
    if (parameter != parameters.end()) {
      const auto i = static_cast<size_t>(parameter - parameters.begin());
      if (given[i]) stop("'" + macro.name + "' is called with '" + name + "' twice");
      set_here(parameter->name, value);
      given[i] = true;
    } else if (name == "caller" && macro.uses_caller) {
      set_here("caller", value);
    } else if (macro.uses_kwargs) {
      more_named.emplace_back(heap_.text(name), value);
    } else {
      stop("'" + macro.name + "' is called with '" + name + "', which it does not have");
    }
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (given[i]) continue;
    const auto& otherwise = parameters[i].otherwise;
    set_here(parameters[i].name, otherwise ? evaluate(*otherwise) : Value(Undefined{&parameters[i].name}));
  }
  if (macro.uses_varargs) {
    const auto skipped = std::min(parameters.size(), arguments.positional.size());
    set_here("varargs", heap_.list({arguments.positional.begin() + static_cast<ptrdiff_t>(skipped),
                                    arguments.positional.end()},
                                   true));
  } else if (arguments.positional.size() > parameters.size()) {
    stop("'" + macro.name + "' is called with too many arguments");
  }
  if (macro.uses_kwargs) set_here("kwargs", heap_.dict(std::move(more_named)));

  TextBuilder out(heap_);
  const Redirection redirection(*this, out);
  execute(macro.body);
  return out.take();
}

}  // namespace kvasir::engine::jinja
