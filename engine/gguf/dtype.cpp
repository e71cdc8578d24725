#include "engine/gguf/dtype.h"

namespace kvasir::engine {

std::optional<DTypeTraits> dtype_traits(DType type) {
  // Block sizes as ggml lays its blocks out: scales (2 bytes each unless said otherwise) plus packed values.
  switch (type) {
    case DType::F32:
      return DTypeTraits{"F32", 1, 4};
    case DType::F16:
      return DTypeTraits{"F16", 1, 2};
    case DType::Q4_0:
      return DTypeTraits{"Q4_0", 32, 2 + 16};
    case DType::Q4_1:
      return DTypeTraits{"Q4_1", 32, 4 + 16};
    case DType::Q5_0:
      return DTypeTraits{"Q5_0", 32, 2 + 4 + 16};
    case DType::Q5_1:
      return DTypeTraits{"Q5_1", 32, 4 + 4 + 16};
    case DType::Q8_0:
      return DTypeTraits{"Q8_0", 32, 2 + 32};
    case DType::Q8_1:
      return DTypeTraits{"Q8_1", 32, 4 + 32};
    case DType::Q2_K:
      return DTypeTraits{"Q2_K", 256, 16 + 64 + 4};
    case DType::Q3_K:
      return DTypeTraits{"Q3_K", 256, 32 + 64 + 12 + 2};
    case DType::Q4_K:
      return DTypeTraits{"Q4_K", 256, 4 + 12 + 128};
    case DType::Q5_K:
      return DTypeTraits{"Q5_K", 256, 4 + 12 + 32 + 128};
    case DType::Q6_K:
      return DTypeTraits{"Q6_K", 256, 128 + 64 + 16 + 2};
    case DType::Q8_K:
      return DTypeTraits{"Q8_K", 256, 4 + 256 + 32};
    case DType::IQ2_XXS:
      return DTypeTraits{"IQ2_XXS", 256, 2 + 64};
    case DType::IQ2_XS:
      return DTypeTraits{"IQ2_XS", 256, 2 + 64 + 8};
    case DType::IQ3_XXS:
      return DTypeTraits{"IQ3_XXS", 256, 2 + 96};
    case DType::IQ1_S:
      return DTypeTraits{"IQ1_S", 256, 2 + 32 + 16};
    case DType::IQ4_NL:
      return DTypeTraits{"IQ4_NL", 32, 2 + 16};
    case DType::IQ3_S:
      return DTypeTraits{"IQ3_S", 256, 2 + 64 + 8 + 32 + 4};
    case DType::IQ2_S:
      return DTypeTraits{"IQ2_S", 256, 2 + 64 + 8 + 8};
    case DType::IQ4_XS:
      return DTypeTraits{"IQ4_XS", 256, 2 + 2 + 4 + 128};
    case DType::I8:
      return DTypeTraits{"I8", 1, 1};
    case DType::I16:
      return DTypeTraits{"I16", 1, 2};
    case DType::I32:
      return DTypeTraits{"I32", 1, 4};
    case DType::I64:
      return DTypeTraits{"I64", 1, 8};
    case DType::F64:
      return DTypeTraits{"F64", 1, 8};
    case DType::IQ1_M:
      return DTypeTraits{"IQ1_M", 256, 32 + 16 + 8};
    case DType::BF16:
      return DTypeTraits{"BF16", 1, 2};
    case DType::TQ1_0:
      return DTypeTraits{"TQ1_0", 256, 48 + 4 + 2};
    case DType::TQ2_0:
      return DTypeTraits{"TQ2_0", 256, 64 + 2};
    case DType::MXFP4:
      return DTypeTraits{"MXFP4", 32, 1 + 16};
  }
  return std::nullopt;
}

std::string_view dtype_name(DType type) {
  const auto traits = dtype_traits(type);
  return traits ? traits->name : std::string_view("unknown");
}

size_t row_bytes(DType type, uint64_t elements) {
  const auto traits = dtype_traits(type);
  return traits ? elements / traits->block_elements * traits->block_bytes : 0;
}

}  // namespace kvasir::engine
