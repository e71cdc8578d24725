#include "engine/ops/cpu/processor.h"

namespace kvasir::engine::cpu {

ProcessorFeatures processor_features() {
  return detected_features();
}

}  // namespace kvasir::engine::cpu
