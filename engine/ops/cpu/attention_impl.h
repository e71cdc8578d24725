// The attention kernels over one instruction set, written on `Simd`, which the including translation unit
// defines in its anonymous namespace before this:
//   kLanes, F (a vector of kLanes floats) and M (a mask of them); set1, load, store, load_f16, load_i8, f16
//   (one half), add, sub, mul, max (the second where one is NaN), fma (a·b + c), greater, select (mask ? a :
//   b), zero_below (x, limit, y: 0 where x < limit, else y), round and scale_by_power (p·2ⁿ); Element, what
//   products multiply, and kStep, how many of them one `dot` adds up in each lane; kVectors, how many vectors
//   lie side by side in a panel; B (kLanes · kStep elements): load_elements, broadcast (kStep elements in all
//   lanes) and dot (sums + a·b); store_pair (2 · kLanes floats as elements in a row) and store_steps (kStep
//   rows of 2 · kLanes floats as elements of a panel's row, or rows).
// No include guard: a translation unit includes it once.

#include "engine/ops/cpu/attention_expanded.h"

namespace kvasir::engine::cpu {
namespace {

constexpr AttentionKernels attention_with(const LatentKernels& latent, const LatentKernels* latent_q8) {
  return {.name = Simd::kName,
          .latent = &latent,
          .latent_q8 = latent_q8,
          .expansion_bytes = expansion_bytes,
          .pack_expansion = pack_expansion,
          .expanded_scratch_bytes = expanded_scratch_bytes,
          .attend_expanded = attend_expanded};
}

}  // namespace
}  // namespace kvasir::engine::cpu
