#pragma once

#include "app/cli/bench/measure.h"

namespace kvasir::app {

/// To standard output: a table for people, or one JSON object (docs/performance.md names its fields).
void print_table(const MeasureOptions& options, const Measurement& result);
void print_json(const MeasureOptions& options, const Measurement& result);

}  // namespace kvasir::app
