#pragma once

#include "engine/gguf/dtype.h"
#include "engine/gguf/quant_blocks.h"

#include <cuda_runtime.h>

namespace kvasir::engine::cuda {

/// Calls body.operator()<kType>() for the quantised type `type`.
template <class Body>
__device__ inline void with_quantised_type(DType type, const Body& body) {
  switch (type) {
    case DType::Q4_0:
      return body.template operator()<DType::Q4_0>();
    case DType::Q4_1:
      return body.template operator()<DType::Q4_1>();
    case DType::Q5_0:
      return body.template operator()<DType::Q5_0>();
    case DType::Q5_1:
      return body.template operator()<DType::Q5_1>();
    case DType::Q8_0:
      return body.template operator()<DType::Q8_0>();
    case DType::IQ4_NL:
      return body.template operator()<DType::IQ4_NL>();
    case DType::MXFP4:
      return body.template operator()<DType::MXFP4>();
    case DType::Q2_K:
      return body.template operator()<DType::Q2_K>();
    case DType::Q3_K:
      return body.template operator()<DType::Q3_K>();
    case DType::Q4_K:
      return body.template operator()<DType::Q4_K>();
    case DType::Q5_K:
      return body.template operator()<DType::Q5_K>();
    case DType::Q6_K:
      return body.template operator()<DType::Q6_K>();
    case DType::IQ4_XS:
      return body.template operator()<DType::IQ4_XS>();
    default:
      return;
  }
}

/// The same for F32, F16 and BF16.
template <class Body>
__device__ inline void with_float_type(DType type, const Body& body) {
  switch (type) {
    case DType::F32:
      return body.template operator()<DType::F32>();
    case DType::F16:
      return body.template operator()<DType::F16>();
    case DType::BF16:
      return body.template operator()<DType::BF16>();
    default:
      return;
  }
}

/// A type's block in files (quant_blocks.h).
template <DType kType>
struct BlockOfType;
template <>
struct BlockOfType<DType::Q4_0> : BlockQ4_0 {};
template <>
struct BlockOfType<DType::Q4_1> : BlockQ4_1 {};
template <>
struct BlockOfType<DType::Q5_0> : BlockQ5_0 {};
template <>
struct BlockOfType<DType::Q5_1> : BlockQ5_1 {};
template <>
struct BlockOfType<DType::Q8_0> : BlockQ8_0 {};
template <>
struct BlockOfType<DType::IQ4_NL> : BlockIQ4_NL {};
template <>
struct BlockOfType<DType::MXFP4> : BlockMXFP4 {};
template <>
struct BlockOfType<DType::Q2_K> : BlockQ2_K {};
template <>
struct BlockOfType<DType::Q3_K> : BlockQ3_K {};
template <>
struct BlockOfType<DType::Q4_K> : BlockQ4_K {};
template <>
struct BlockOfType<DType::Q5_K> : BlockQ5_K {};
template <>
struct BlockOfType<DType::Q6_K> : BlockQ6_K {};
template <>
struct BlockOfType<DType::IQ4_XS> : BlockIQ4_XS {};

}  // namespace kvasir::engine::cuda
