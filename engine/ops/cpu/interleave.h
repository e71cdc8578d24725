#pragma once

#include "engine/gguf/dtype.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cpu {

/// Rows that are interleaved with each other: one vector register holds four values of each.
constexpr uint32_t kGroupRows = 16;

/// Weights as the quantised kernels read them. A matrix {cols, rows} is cut into groups of kGroupRows rows.
/// In a group, the rows' blocks stand block by block; inside a block, field by field, each field cut into
/// elements of 1, 2 or 4 bytes, and of each element the 16 rows' values side by side:
///
///   file:        row 0: [d q0 q1 … q7][d q0 …]…    row 1: [d q0 …]…    (Q8_0: d 2 bytes, each qᵢ 4 bytes)
///   interleaved: [d₀…d₁₅][q0₀…q0₁₅][q1₀…q1₁₅]…[q7₀…q7₁₅] then the next block
///
/// Fields are those of the file's block, scales first, but for codes whose bits the file spreads over a large
/// block: they are packed anew, 32 columns after 32 (packed_codes.h), because memory gives its most only to
/// those who read it in order. Nothing is rounded and nothing is padded: an interleaved matrix has the size
/// that it has in the file.
///
/// True for the types that have such kernels, and row counts that fill groups.
bool can_interleave(DType type, uint64_t cols, uint64_t rows);

/// Interleaves one group: `rows` {kGroupRows} rows of `cols` values that are `row_stride_bytes` apart, at any
/// alignment, to `out` {kGroupRows · row_bytes(type, cols)}.
void interleave_group(DType type, uint32_t cols, const std::byte* rows, size_t row_stride_bytes,
                      std::byte* out);

}  // namespace kvasir::engine::cpu
