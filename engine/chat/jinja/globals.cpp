#include "engine/chat/jinja/globals.h"

#include "engine/chat/jinja/interpreter.h"

#include <locale.h>
#include <time.h>

namespace kvasir::engine::jinja {
namespace {

struct Function final : Callable {
  using Body = Value (*)(Interpreter&, const Arguments&);
  explicit Function(Body its_body) : body(its_body) {}
  Value call(Interpreter& interpreter, const Arguments& arguments) override {
    return body(interpreter, arguments);
  }
  const Body body;
};

Value range(Interpreter& interpreter, const Arguments& arguments) {
  ArgumentReader reader(arguments, "range");
  int64_t begin = 0;
  int64_t end = reader.integer("stop");
  if (const Value* const second = reader.next("stop")) {
    begin = end;
    if (!as_integer(*second)) stop("range wants whole numbers");
    end = *as_integer(*second);
  }
  const int64_t step = reader.integer("step", 1);
  reader.done();
  if (step == 0) stop("range has a step of 0");
  std::vector<Value> items;
  for (int64_t at = begin; step > 0 ? at < end : at > end;) {
    if (items.size() >= kMaxRangeItems)
      stop_at_limit("a range of more than " + std::to_string(kMaxRangeItems) + " numbers");
    items.emplace_back(at);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  interpreter.heap().step(items.size());
  return interpreter.heap().list(std::move(items));
}

/// `f(dict, name=value…)`, as `dict` and `namespace` both take it.
template <class Set>
void set_all(Interpreter& interpreter, const Arguments& arguments, const Set& set_one) {
  Heap& heap = interpreter.heap();
  for (const Value& given : arguments.positional) {
    if (given.is<Dict*>()) {
      for (const auto& [key, value] : given.as<Dict*>()->entries) set_one(key, value);
      continue;
    }
    for (const Value& pair : items_of(heap, given)) {
      const auto both = items_of(heap, pair);
      if (both.size() != 2) stop("a dict is made from pairs");
      set_one(both[0], both[1]);
    }
  }
  for (const auto& [name, value] : arguments.named) set_one(heap.text(name), value);
}

Value make_namespace(Interpreter& interpreter, const Arguments& arguments) {
  Namespace* const made = interpreter.heap().make<Namespace>();
  set_all(interpreter, arguments, [&](const Value& name, const Value& value) {
    if (!name.is_text()) stop("a namespace has " + describe(name) + " as a name");
    set(interpreter.heap(), *made, name.text().bytes(), value);
  });
  return Value(made);
}

Value make_dict(Interpreter& interpreter, const Arguments& arguments) {
  const Value made = interpreter.heap().dict();
  set_all(interpreter, arguments, [&](const Value& name, const Value& value) {
    set(interpreter.heap(), *made.as<Dict*>(), name, value);
  });
  return made;
}

Value raise_exception(Interpreter&, const Arguments& arguments) {
  ArgumentReader reader(arguments, "raise_exception");
  throw Failure{ErrorCode::BadRequest, reader.text("message").bytes()};
}

/// English, whatever language the program runs in, as Python has it.
Value strftime_now(Interpreter& interpreter, const Arguments& arguments) {
  ArgumentReader reader(arguments, "strftime_now");
  const std::string& format = reader.text("format").bytes();
  reader.done();
  constexpr size_t kMaxFormat = 256;
  if (format.size() > kMaxFormat) stop("strftime_now has too long a format");
  static const locale_t english = newlocale(LC_ALL_MASK, "C", nullptr);
  const std::time_t now = interpreter.now();
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[16384];  // no directive of two bytes writes more than some tens
  const size_t size = strftime_l(buffer, sizeof buffer, format.c_str(), &local, english);
  return interpreter.heap().text(std::string_view(buffer, size));
}

}  // namespace

std::vector<std::pair<std::string_view, Value>> global_functions(Heap& heap) {
  const auto function = [&](Function::Body body) {
    return Value(static_cast<Callable*>(heap.make<Function>(body)));
  };
  return {{"range", function(range)},
          {"namespace", function(make_namespace)},
          {"dict", function(make_dict)},
          {"raise_exception", function(raise_exception)},
          {"strftime_now", function(strftime_now)}};
}

}  // namespace kvasir::engine::jinja
