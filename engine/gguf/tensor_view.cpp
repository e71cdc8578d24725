#include "engine/gguf/tensor_view.h"

#include <cassert>
#include <cstdint>

namespace kvasir::engine {

bool share_bytes(const TensorView& a, const TensorView& b) {
  const auto begins = [](const TensorView& view) { return reinterpret_cast<uintptr_t>(view.data.data()); };
  const TensorView& first = begins(a) <= begins(b) ? a : b;
  const TensorView& second = begins(a) <= begins(b) ? b : a;
  const uintptr_t distance = begins(second) - begins(first);
  if (distance >= first.data.size() || second.data.empty()) return false;
  // They overlap. Slices of the same matrices may still stand in each other's gaps.
  const size_t stride = first.matrix_stride;
  if (stride == 0 || stride != second.matrix_stride) return true;
  const size_t in_matrix = distance % stride;
  return in_matrix < first.matrix_bytes() || in_matrix + second.matrix_bytes() > stride;
}

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
