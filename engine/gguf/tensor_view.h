#pragma once

#include "engine/gguf/dtype.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace kvasir::engine {

/// How a tensor's rows stand in memory.
enum class Layout : uint8_t {
  Rows,         ///< as in the file: row after row
  Interleaved,  ///< in groups of rows, see engine/ops/cpu/interleave.h; matrices still follow each other
  OnDevice,     ///< in a GPU's memory, as its kernels want it
};

/// A tensor that lives elsewhere: in the mapped file, or in the home that a backend gave it.
/// `shape` is in GGUF's order: shape[0] is the row length (fastest), shape[1] the rows,
/// shape[2] the matrices (experts or heads). Unused dimensions are 1.
struct TensorView {
  std::string name;
  DType dtype = DType::F32;
  Layout layout = Layout::Rows;
  std::array<uint64_t, 4> shape{1, 1, 1, 1};
  std::span<const std::byte>
      data;  ///< from the first row of the first matrix to the last row of the last one
  /// Bytes from one matrix to the next where a larger tensor's rows lie between them; 0: no gaps.
  size_t matrix_stride = 0;

  bool present() const { return !data.empty(); }
  uint64_t cols() const { return shape[0]; }
  uint64_t rows() const { return shape[1]; }
  uint64_t matrices() const { return shape[2]; }
  size_t row_stride_bytes() const { return row_bytes(dtype, shape[0]); }
  /// The bytes of one matrix, which has no gaps between its rows.
  size_t matrix_bytes() const { return row_stride_bytes() * shape[1]; }
  size_t matrix_stride_bytes() const { return matrix_stride != 0 ? matrix_stride : matrix_bytes(); }
  const std::byte* matrix(uint64_t index) const { return data.data() + index * matrix_stride_bytes(); }
  /// Where a row begins; in Layout::Interleaved only a group's first row does anywhere.
  const std::byte* row(uint64_t matrix, uint64_t index) const {
    return data.data() + matrix * matrix_stride_bytes() + index * row_stride_bytes();
  }
};

/// Whether two views hold a byte in common; of views with gaps the bytes in the gaps are not theirs.
bool share_bytes(const TensorView& a, const TensorView& b);

/// Of a tensor whose rows form `matrices` equal groups, the `rows` rows from `first_row` on of each group: a
/// view with gaps between its matrices, into the same bytes. The group's rows must hold that range.
TensorView slice_of_each_matrix(const TensorView& whole, uint64_t matrices, uint64_t first_row,
                                uint64_t rows);

}  // namespace kvasir::engine
