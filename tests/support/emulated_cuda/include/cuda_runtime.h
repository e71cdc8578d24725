#pragma once

// Stands in for CUDA's header of this name: see tests/support/emulated_cuda/README.md.
#include "tests/support/emulated_cuda/atomics.h"
#include "tests/support/emulated_cuda/launch.h"
#include "tests/support/emulated_cuda/qualifiers.h"
#include "tests/support/emulated_cuda/runtime_api.h"
#include "tests/support/emulated_cuda/scalar_builtins.h"
#include "tests/support/emulated_cuda/vector_types.h"
#include "tests/support/emulated_cuda/warp_builtins.h"
