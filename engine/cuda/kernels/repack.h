#pragma once

#include "engine/cuda/device_matrix.h"
#include "engine/cuda/stream.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// Writes rows [first_row, first_row + rows) of a weight to its home, `weight.data`, which has
/// `device_bytes(weight)` bytes (device/planes.h). `raw` holds them in device memory as in the file, without
/// gaps, at any address. Rows are counted over all matrices: row r of matrix m is m · weight.rows + r.
void repack(Stream& stream, const DeviceMatrix& weight, const std::byte* raw, uint64_t first_row,
            uint64_t rows);
/// The same from rows that were interleaved for the processor's kernels (engine/ops/cpu/interleave.h): `raw`
/// holds whole groups.
void repack_interleaved(Stream& stream, const DeviceMatrix& weight, const std::byte* raw, uint64_t first_row,
                        uint64_t rows);

}  // namespace kvasir::engine::cuda
