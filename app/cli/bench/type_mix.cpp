#include "app/cli/bench/type_mix.h"

namespace kvasir::app {
namespace {

using engine::DType;

constexpr TypeMix kMixes[] = {
    {"F32", DType::F32, 0},        {"F16", DType::F16, 1},        {"BF16", DType::BF16, 32},
    {"Q8_0", DType::Q8_0, 7},      {"Q4_0", DType::Q4_0, 2},      {"Q4_1", DType::Q4_1, 3},
    {"Q5_0", DType::Q5_0, 8},      {"Q5_1", DType::Q5_1, 9},      {"Q2_K", DType::Q2_K, 10},
    {"Q3_K_M", DType::Q3_K, 12},   {"Q4_K_S", DType::Q4_K, 14},   {"Q4_K_M", DType::Q4_K, 15},
    {"Q5_K_S", DType::Q5_K, 16},   {"Q5_K_M", DType::Q5_K, 17},   {"Q6_K", DType::Q6_K, 18},
    {"IQ4_NL", DType::IQ4_NL, 25}, {"IQ4_XS", DType::IQ4_XS, 30}, {"MXFP4", DType::MXFP4, 38},
};

/// The first and last eighth of the blocks, and every third between.
bool uses_more_bits(uint32_t block, uint32_t blocks) {
  return block < blocks / 8 || block >= 7 * blocks / 8 || (block - blocks / 8) % 3 == 2;
}

bool is_float(DType type) {
  return type == DType::F32 || type == DType::F16 || type == DType::BF16;
}

/// A type of blocks of 32 for rows that are no multiple of 256.
DType for_short_rows(DType type) {
  switch (type) {
    case DType::Q2_K:
    case DType::Q3_K:
      return DType::Q4_0;
    case DType::Q4_K:
      return DType::Q5_0;
    case DType::Q5_K:
      return DType::Q5_1;
    case DType::Q6_K:
      return DType::Q8_0;
    case DType::IQ4_XS:
      return DType::IQ4_NL;
    default:
      return type;
  }
}

DType output_type(const TypeMix& mix, uint64_t cols) {
  const bool fits = cols % engine::dtype_traits(mix.main)->block_elements == 0;
  return mix.main == DType::MXFP4 || mix.main == DType::Q8_0 || !fits ? DType::Q8_0 : DType::Q6_K;
}

DType down_type(const TypeMix& mix, const MatrixRole& role) {
  const bool more = uses_more_bits(role.block, role.blocks);
  const bool early = role.block < role.blocks / 8;
  if (mix.name == "Q2_K") return DType::Q3_K;
  if (mix.name == "Q3_K_M") return role.block < role.blocks / 16 ? DType::Q5_K : DType::Q4_K;
  if (mix.name == "Q4_K_M" || mix.name == "Q5_K_M") return more ? DType::Q6_K : mix.main;
  if (early && (mix.name == "Q4_K_S" || mix.name == "IQ4_NL" || mix.name == "IQ4_XS")) return DType::Q5_K;
  return mix.main;
}

/// `attn_kv_b` of older files counts as a matrix of values. Those files have as many KV heads as query heads.
DType kv_b_type(const TypeMix& mix, const MatrixRole& role) {
  if (mix.name == "Q2_K") return DType::Q3_K;
  if (mix.name == "Q3_K_M") return role.block < 2 ? DType::Q5_K : DType::Q4_K;
  if (mix.name == "Q4_K_S") return role.block < 4 ? DType::Q5_K : DType::Q4_K;
  if (mix.name == "Q4_K_M" || mix.name == "Q5_K_M")
    return uses_more_bits(role.block, role.blocks) ? DType::Q6_K : mix.main;
  return mix.main;
}

DType wanted_type(const TypeMix& mix, const MatrixRole& role) {
  if (role.name == "output") return output_type(mix, role.cols);
  if (mix.main == DType::MXFP4) return role.has_matrices ? DType::MXFP4 : DType::Q8_0;
  if (role.name.starts_with("ffn_down")) return down_type(mix, role);
  if (role.name == "attn_kv_b") return kv_b_type(mix, role);
  if (role.name == "attn_output" && mix.name == "Q2_K") return DType::Q3_K;
  if (role.name == "attn_output" && mix.name == "Q3_K_M") return DType::Q4_K;
  return mix.main;
}

}  // namespace

std::span<const TypeMix> type_mixes() {
  return kMixes;
}

std::optional<TypeMix> find_type_mix(std::string_view name) {
  for (const TypeMix& mix : kMixes)
    if (mix.name == name) return mix;
  return std::nullopt;
}

DType matrix_type(const TypeMix& mix, const MatrixRole& role) {
  if (is_float(mix.main)) return mix.main;
  const DType type = wanted_type(mix, role);
  return role.cols % engine::dtype_traits(type)->block_elements == 0 ? type : for_short_rows(type);
}

}  // namespace kvasir::app
