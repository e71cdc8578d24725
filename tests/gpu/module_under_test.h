#pragma once

#include "engine/base/result.h"
#include "engine/cuda/cuda_module.h"

#include <cstdint>

namespace kvasir::engine::test {

/// The CUDA backend that a program checks: each program has its own.
struct ModuleUnderTest {
  const CudaModule* module = nullptr;
  uint32_t max_batch_tokens = CudaOptions().max_batch_tokens;
};

/// An error where this machine can't load it.
Result<ModuleUnderTest> load_module_under_test();

}  // namespace kvasir::engine::test
