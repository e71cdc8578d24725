#include "engine/ops/backend.h"
#include "engine/ops/cpu/kernels.h"

// A processor that has everything: what it lacks is emulated.

namespace kvasir::engine {

std::vector<Isa> available_isas() {
  return {Isa::Generic, Isa::Avx2, Isa::Avx512};
}

bool cpu::multiplies_bf16() {
  return true;
}

}  // namespace kvasir::engine
