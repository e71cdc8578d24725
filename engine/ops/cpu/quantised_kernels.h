#pragma once

#include "engine/gguf/dtype.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cpu {

// Matrix products of interleaved weights (interleave.h) with activations in 8 bit. As in kernels.h nothing
// here has inline member functions.
//
// Arithmetic, per row and token: over one run of blocks of 32 columns that share an activation scale after
// another,
//   part = 0; for each block (for types with a scale for each 16 columns: each half):
//     part += (Σ code·q) · weight scale
//     part −= (Σ q) · weight minimum     (types with a minimum)
//   sum += part · activation scale
// where Σ code·q and Σ q are exact integers, and each line is a fused multiply-add. Lanes are rows, so that
// there is nothing else to add up: whatever the cut into tiles, batches and threads, and with whichever
// instruction set, the same bits come out.
//
// Requantised, weights are rounded once more where they are unpacked, to 8 bit with one scale per row and
// run:
//   part = (Σ code·q) · weight scale
// That spares many tokens most of the multiplications by scales and all by minima. It is done for types that
// take more than one for each block; other types are multiplied as above. Again the same bits for each token,
// but others.

/// 32 values of an activation row in 8 bit: value i ≈ scale · values[i]. One cache line, as it is read
/// whole. Sums are over `values`; the halves are of 16 values each.
struct alignas(64) QuantisedBlock {
  int8_t values[32];
  float scale;
  float sum;
  float half_sum[2];
  int32_t negative_sum;  ///< −128 · Σ values: what codes that are stored 128 too large add too much
  int32_t negative_half_sum[2];  ///< the same of each half
  int32_t negative_run_sum;      ///< the same of all blocks that share the scale; in the last of them, else 0
};
static_assert(sizeof(QuantisedBlock) == 64);
constexpr uint32_t kQuantisedBlockValues = 32;

/// How many blocks of a row of `cols` values share a scale. The more, the fewer multiplications; 128 values
/// are as precise as 32 to within a factor of two of the error.
constexpr uint32_t shared_blocks(uint32_t cols) {
  const uint32_t blocks = cols / kQuantisedBlockValues;
  return blocks % 4 == 0 ? 4 : blocks % 2 == 0 ? 2 : 1;
}

/// Groups of rows that are unpacked together when there are tokens enough to share them.
constexpr uint32_t kPanelGroups = 4;

/// out[t][out_row + r] (+)= row r of W · in[t], for the rows of some groups of W
struct QuantisedGemm {
  DType dtype;               ///< one that `can_interleave` allows
  const std::byte* weights;  ///< {groups}: interleaved groups of rows {cols}
  uint32_t groups;
  uint32_t cols;                    ///< a multiple of the type's block
  uint32_t tokens;                  ///< at least 1
  const QuantisedBlock* const* in;  ///< {tokens} pointers to {cols / 32}
  float* const* out;                ///< {tokens} pointers
  uint32_t out_row;                 ///< where the first group's first row goes
  bool accumulate;                  ///< add to out instead of overwriting it
  /// Weights that are read soon after these, so that nobody has to wait for their beginning. May be null.
  const std::byte* next;
};

struct QuantisedKernels {
  /// `panel` is scratch {panel_bytes(cols)}, 64-byte aligned, which single tokens do not need.
  void (*gemm)(const QuantisedGemm& gemm, std::byte* panel);
  /// The same, requantised. Null where that gains nothing.
  void (*gemm_requantised)(const QuantisedGemm& gemm, std::byte* panel);
  /// {count} floats to {count / 32} blocks, of which `shared` share a scale: their largest magnitude / 127;
  /// values are rounded to nearest. `count` is a multiple of 32 · shared. Values that are no finite numbers
  /// make the scale NaN.
  void (*quantise)(const float* in, uint32_t count, uint32_t shared, QuantisedBlock* out);
};

/// What a panel of kPanelGroups groups takes when unpacked: per block of 32 columns 16·32 codes, two scales
/// and two minima of each row.
constexpr size_t panel_bytes(uint32_t cols) {
  return size_t{kPanelGroups} * (cols / kQuantisedBlockValues) * (16 * 32 + 4 * 16 * 4);
}

#ifdef KVASIR_X86_KERNELS
extern const QuantisedKernels kAvx2QuantisedKernels;
extern const QuantisedKernels kAvxVnniQuantisedKernels;
extern const QuantisedKernels kAvx512QuantisedKernels;
#endif

}  // namespace kvasir::engine::cpu
