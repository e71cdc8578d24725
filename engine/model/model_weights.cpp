#include "engine/model/model_weights.h"

#include "engine/gguf/convert.h"
#include "engine/gguf/messages.h"
#include "engine/ops/half.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kvasir::engine {
namespace {

using Shape = std::array<uint64_t, 4>;

std::string shape_text(const Shape& shape) {
  size_t used = shape.size();
  while (used > 1 && shape[used - 1] == 1) --used;
  std::string text = std::to_string(shape[0]);
  for (size_t i = 1; i < used; ++i) text += "×" + std::to_string(shape[i]);
  return text;
}

Shape shape_of(uint64_t cols, uint64_t rows = 1, uint64_t matrices = 1) {
  return {cols, rows, matrices, 1};
}

/// Types that matrices are computed with: the oracle dequantises each row.
bool is_matrix_type(DType type) {
  return can_dequantize(type);
}

bool is_vector_type(DType type) {
  return type == DType::F32 || type == DType::F16 || type == DType::BF16;
}

/// Finds and checks tensors and remembers the first thing that was wrong; later calls then return empty
/// views.
class Binder {
 public:
  Binder(const GgufFile& file, const ModelConfig& config) : file_(file), config_(config) {}

  Result<ModelWeights> run() {
    const uint64_t hidden = config_.hidden_size;
    weights_.token_embd = matrix("token_embd.weight", shape_of(hidden, config_.vocab_size));
    weights_.output_norm = vector("output_norm.weight", shape_of(hidden));
    weights_.output = file_.find_tensor("output.weight")
                          ? matrix("output.weight", shape_of(hidden, config_.vocab_size))
                          : weights_.token_embd;
    for (uint32_t i = 0; i < config_.num_hidden_layers && !error_; ++i) {
      prefix_ = "blk." + std::to_string(i) + ".";
      LayerWeights layer;
      bind_attention(layer);
      config_.is_dense(i) ? bind_dense(layer) : bind_experts(layer);
      weights_.layers.push_back(std::move(layer));
    }
    if (error_) return tl::unexpected(std::move(*error_));
    return std::move(weights_);
  }

 private:
  void bind_attention(LayerWeights& layer) {
    const uint64_t hidden = config_.hidden_size;
    const uint64_t heads = config_.num_attention_heads;
    const uint64_t queries = heads * config_.qk_head_dim();
    layer.attn_norm = vector("attn_norm.weight", shape_of(hidden));
    if (config_.q_lora_rank == 0) {
      layer.attn_q = matrix("attn_q.weight", shape_of(hidden, queries));
    } else {
      layer.attn_q_a = matrix("attn_q_a.weight", shape_of(hidden, config_.q_lora_rank));
      layer.attn_q_a_norm = vector("attn_q_a_norm.weight", shape_of(config_.q_lora_rank));
      layer.attn_q_b = matrix("attn_q_b.weight", shape_of(config_.q_lora_rank, queries));
    }
    layer.attn_kv_a_mqa = matrix("attn_kv_a_mqa.weight", shape_of(hidden, config_.kv_width()));
    layer.attn_kv_a_norm = vector("attn_kv_a_norm.weight", shape_of(config_.kv_lora_rank));
    bind_kv_b(layer);
    layer.attn_output = matrix("attn_output.weight", shape_of(heads * config_.v_head_dim, hidden));
    layer.ffn_norm = vector("ffn_norm.weight", shape_of(hidden));
  }

  void bind_dense(LayerWeights& layer) {
    const uint64_t hidden = config_.hidden_size;
    const uint64_t width = config_.intermediate_size;
    layer.ffn_gate = matrix("ffn_gate.weight", shape_of(hidden, width));
    layer.ffn_up = matrix("ffn_up.weight", shape_of(hidden, width));
    layer.ffn_down = matrix("ffn_down.weight", shape_of(width, hidden));
  }

  void bind_experts(LayerWeights& layer) {
    const uint64_t hidden = config_.hidden_size;
    const uint64_t width = config_.moe_intermediate_size;
    const uint64_t experts = config_.n_routed_experts;
    layer.ffn_gate_inp = vector("ffn_gate_inp.weight", shape_of(hidden, experts));
    if (find("exp_probs_b.bias")) layer.exp_probs_b = vector("exp_probs_b.bias", shape_of(experts));
    bind_gate_and_up(layer);
    layer.ffn_down_exps = matrix("ffn_down_exps.weight", shape_of(width, hidden, experts));
    if (config_.n_shared_experts == 0) return;
    const uint64_t shared = config_.n_shared_experts * width;
    layer.ffn_gate_shexp = matrix("ffn_gate_shexp.weight", shape_of(hidden, shared));
    layer.ffn_up_shexp = matrix("ffn_up_shexp.weight", shape_of(hidden, shared));
    layer.ffn_down_shexp = matrix("ffn_down_shexp.weight", shape_of(shared, hidden));
  }

  /// The experts' first two matrices: apart, or fused with each expert's rows of the gate in front of those
  /// of the other.
  void bind_gate_and_up(LayerWeights& layer) {
    const uint64_t hidden = config_.hidden_size;
    const uint64_t width = config_.moe_intermediate_size;
    const uint64_t experts = config_.n_routed_experts;
    const bool is_apart = find("ffn_gate_exps.weight") && find("ffn_up_exps.weight");
    if (is_apart || !find("ffn_gate_up_exps.weight")) {
      layer.ffn_gate_exps = matrix("ffn_gate_exps.weight", shape_of(hidden, width, experts));
      layer.ffn_up_exps = matrix("ffn_up_exps.weight", shape_of(hidden, width, experts));
      return;
    }
    const TensorView both = matrix("ffn_gate_up_exps.weight", shape_of(hidden, 2 * width, experts));
    if (error_) return;
    layer.ffn_gate_exps = slice("ffn_gate_exps.weight", both, experts, 0, width);
    layer.ffn_up_exps = slice("ffn_up_exps.weight", both, experts, width, width);
  }

  /// The up-projections of keys and values: as they are in new files, out of `attn_kv_b` in old ones.
  void bind_kv_b(LayerWeights& layer) {
    const uint64_t nope = config_.qk_nope_head_dim, v_head = config_.v_head_dim;
    const uint64_t kv_lora = config_.kv_lora_rank, heads = config_.num_attention_heads;
    const bool is_split = find("attn_k_b.weight") && find("attn_v_b.weight");
    if (is_split || !find("attn_kv_b.weight")) {
      layer.attn_k_b = head_matrices("attn_k_b.weight", shape_of(nope, kv_lora, heads));
      layer.attn_v_b = head_matrices("attn_v_b.weight", shape_of(kv_lora, v_head, heads));
      return;
    }
    const TensorView both = matrix("attn_kv_b.weight", shape_of(kv_lora, heads * (nope + v_head)));
    if (error_) return;
    layer.attn_k_b = transpose_keys(both);
    layer.attn_v_b = slice("attn_v_b.weight", both, heads, nope, v_head);
  }

  /// Some files store {a, b, heads} as {a, b·heads}: the same bytes.
  TensorView head_matrices(std::string_view name, const Shape& shape) {
    const auto* tensor = find(name);
    const Shape flat = shape_of(shape[0], shape[1] * shape[2]);
    if (!tensor || tensor->shape != flat) return matrix(name, shape);
    TensorView view = matrix(name, flat);
    if (!error_) view.shape = shape;
    return view;
  }

  /// See `slice_of_each_matrix`; under the name that the part has in files that store it alone.
  TensorView slice(std::string_view name, const TensorView& whole, uint64_t matrices, uint64_t first_row,
                   uint64_t rows) const {
    TensorView part = slice_of_each_matrix(whole, matrices, first_row, rows);
    part.name = prefix_ + std::string(name);
    return part;
  }

  /// {kv_lora, heads·(nope + v_head)}, per head first the rows of keys, to {nope, kv_lora, heads}. Quantised
  /// types have their blocks along the other dimension and become F16.
  TensorView transpose_keys(const TensorView& both) {
    const uint64_t nope = config_.qk_nope_head_dim, kv_lora = config_.kv_lora_rank;
    const TensorView rows = slice_of_each_matrix(both, config_.num_attention_heads, 0, nope);
    const bool is_plain = dtype_traits(both.dtype)->block_elements == 1;
    TensorView keys = allocate("attn_k_b.weight", is_plain ? both.dtype : DType::F16,
                               shape_of(nope, kv_lora, rows.matrices()));
    if (error_) return {};
    std::byte* out = weights_.owned.back().get();
    const size_t value_bytes = row_bytes(keys.dtype, 1);
    std::vector<uint16_t> halves(is_plain ? 0 : kv_lora);
    for (uint64_t head = 0; head < rows.matrices(); ++head, out += keys.matrix_bytes()) {
      for (uint64_t n = 0; n < nope; ++n) {
        const std::byte* row = rows.row(head, n);
        if (!is_plain) row = to_halves(both.dtype, row, halves);
        for (uint64_t l = 0; l < kv_lora; ++l)
          std::memcpy(out + (l * nope + n) * value_bytes, row + l * value_bytes, value_bytes);
      }
    }
    return keys;
  }

  static const std::byte* to_halves(DType dtype, const std::byte* row, std::vector<uint16_t>& halves) {
    std::vector<float> values(halves.size());
    dequantize_row(dtype, row, values.data(), values.size());
    std::transform(values.begin(), values.end(), halves.begin(), f32_to_f16);
    return reinterpret_cast<const std::byte*>(halves.data());
  }

  /// A weight matrix in one of the types that can be multiplied with.
  TensorView matrix(std::string_view name, const Shape& shape) {
    const auto* tensor = require(name, shape);
    if (!tensor) return {};
    if (!is_matrix_type(tensor->dtype)) return refuse_type(*tensor);
    return *tensor;
  }

  /// A norm, bias or router: always F32 in memory.
  TensorView vector(std::string_view name, const Shape& shape) {
    const auto* tensor = require(name, shape);
    if (!tensor) return {};
    if (!is_vector_type(tensor->dtype)) return refuse_type(*tensor);
    if (tensor->dtype == DType::F32) return *tensor;
    TensorView copy = allocate(name, DType::F32, tensor->shape);
    if (error_) return {};
    const size_t count = copy.data.size() / sizeof(float);
    // `new std::byte[]` is aligned for every ordinary type, floats among them.
    dequantize_row(tensor->dtype, tensor->data.data(), reinterpret_cast<float*>(weights_.owned.back().get()),
                   count);
    return copy;
  }

  const TensorView* find(std::string_view name) const {
    return file_.find_tensor(prefix_ + std::string(name));
  }

  const TensorView* require(std::string_view name, const Shape& shape) {
    if (error_) return nullptr;
    const auto* tensor = find(name);
    if (!tensor) {
      complain(ErrorCode::BadFile, "it lacks the tensor " + quote(prefix_ + std::string(name)));
      return nullptr;
    }
    if (tensor->shape != shape) {
      complain(ErrorCode::BadFile, "the tensor " + quote(tensor->name) + " has the shape " +
                                       shape_text(tensor->shape) + ", but the metadata calls for " +
                                       shape_text(shape));
      return nullptr;
    }
    return tensor;
  }

  TensorView refuse_type(const TensorView& tensor) {
    complain(ErrorCode::Unsupported, "stores the tensor " + quote(tensor.name) + " as " +
                                         std::string(dtype_name(tensor.dtype)) +
                                         ", which this version does not compute with. Choose a Q4_K_M, Q8_0 "
                                         "or F16 file of this model.");
    return {};
  }

  /// Memory of our own for a tensor that the file does not hold in this form; it is `owned.back()`.
  TensorView allocate(std::string_view name, DType dtype, const Shape& shape) {
    if (error_) return {};
    TensorView tensor;
    tensor.name = prefix_ + std::string(name);
    tensor.dtype = dtype;
    tensor.shape = shape;
    const size_t bytes = tensor.matrix_bytes() * shape[2];
    auto memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
    tensor.data = {memory.get(), bytes};
    weights_.owned.push_back(std::move(memory));
    return tensor;
  }

  void complain(ErrorCode code, const std::string& what) {
    if (error_) return;
    error_ = code == ErrorCode::BadFile
                 ? damaged_model(file_.path(), what).value()
                 : Error{code, "The model file " + quote_path(file_.path()) + " " + what};
  }

  const GgufFile& file_;
  const ModelConfig& config_;
  std::string prefix_;  // "blk.7." while a block is bound
  ModelWeights weights_;
  std::optional<Error> error_;
};

}  // namespace

Result<ModelWeights> ModelWeights::bind(const GgufFile& file, const ModelConfig& config) try {
  return Binder(file, config).run();
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::OutOfMemory, "There is not enough memory to load the model file " +
                                          quote_path(file.path()) + ". Close other programs and try again.");
}

}  // namespace kvasir::engine
