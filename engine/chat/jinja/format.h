#pragma once

#include "engine/chat/jinja/arguments.h"

namespace kvasir::engine::jinja {

/// `"%s: %d" % values`, where several values stand in a tuple. Flags, widths and precisions as in Python.
Value percent_format(Heap& heap, const Text& format, const Value& values);

/// `"{}: {name}".format(…)`, without format specifications.
Value brace_format(Heap& heap, const Text& format, const Arguments& values);

}  // namespace kvasir::engine::jinja
