#pragma once

#include "engine/gguf/dtype.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace kvasir::app {

/// A kind of quantised file, such as Q4_K_M: most matrices have one type, some that matter more another.
struct TypeMix {
  std::string_view name;
  engine::DType main;
  uint32_t file_type;  ///< `general.file_type`
};

std::span<const TypeMix> type_mixes();
std::optional<TypeMix> find_type_mix(std::string_view name);

/// What a mix has to know of a weight matrix.
struct MatrixRole {
  std::string_view name;  ///< within its block: "ffn_down_exps"; or "token_embd", "output"
  uint64_t cols;
  bool has_matrices;  ///< one matrix for each expert or head
  uint32_t block;
  uint32_t blocks;  ///< of the model
};

/// The type that llama.cpp's quantiser gives a matrix of a `deepseek2` model without an importance matrix,
/// types for rows that no super-block divides included. Norms, routers and biases are F32 and no matter for
/// this function.
engine::DType matrix_type(const TypeMix& mix, const MatrixRole& role);

}  // namespace kvasir::app
