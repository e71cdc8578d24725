#pragma once

#include "tests/gpu/check_options.h"
#include "tests/gpu/check_report.h"

namespace kvasir::engine::test {

/// Whole networks: the golden models' logits and greedy continuations in float32, the same bits for every cut
/// of a prompt into batches, and caches that are read, written to another one and gone on from.
void check_golden_models(const CheckOptions& options, CheckReport& report);

/// A real model against the CPU: how likely it finds a text in fast arithmetic, and what it would say next at
/// each of many steps.
void check_model_text(const CheckOptions& options, CheckReport& report);

}  // namespace kvasir::engine::test
