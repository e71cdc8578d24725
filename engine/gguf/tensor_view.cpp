#include "engine/gguf/tensor_view.h"

#include <cassert>

namespace kvasir::engine {

TensorView slice_of_each_matrix(const TensorView& whole, uint64_t matrices, uint64_t first_row,
                                uint64_t rows) {
  const uint64_t all_rows = whole.rows() * whole.matrices();
  assert(whole.matrix_stride == 0 && all_rows % matrices == 0 && first_row + rows <= all_rows / matrices);
  TensorView slice = whole;
  slice.shape = {whole.cols(), rows, matrices, 1};
  slice.matrix_stride = all_rows / matrices * whole.row_stride_bytes();
  slice.data = whole.data.subspan(first_row * whole.row_stride_bytes(),
                                  (matrices - 1) * slice.matrix_stride + slice.matrix_bytes());
  return slice;
}

}  // namespace kvasir::engine
