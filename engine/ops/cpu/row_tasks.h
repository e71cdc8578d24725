#pragma once

#include <algorithm>
#include <cstdint>

namespace kvasir::engine {

/// The rows of several products, all of one height, cut into tasks: so many rows each, a product's last task
/// what is left of it.
struct RowTasks {
  uint32_t products;
  uint32_t rows;       ///< of each product
  uint32_t task_rows;  ///< not 0

  struct Stretch {
    uint32_t product;
    uint32_t first;  ///< row
    uint32_t end;
    uint32_t tasks;
  };

  uint32_t per_product() const { return (rows + task_rows - 1) / task_rows; }
  uint32_t count() const { return products * per_product(); }

  /// As many of the tasks [first, end) as belong to the first one's product.
  Stretch stretch_of(uint32_t first, uint32_t end) const {
    const uint32_t before = first % per_product();
    const uint32_t tasks = std::min(end - first, per_product() - before);
    const uint64_t end_row = uint64_t{before + tasks} * task_rows;
    return {first / per_product(), before * task_rows,
            static_cast<uint32_t>(std::min<uint64_t>(rows, end_row)), tasks};
  }
};

}  // namespace kvasir::engine
