#pragma once

#include "engine/ops/backend.h"
#include "tests/engine/ops/random_tensors.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace kvasir::engine::test {

/// Random activations on the host: {tokens, cols}.
struct HostRows {
  uint32_t tokens = 0;
  uint32_t cols = 0;
  std::vector<float> values;

  static HostRows normal(Random& random, uint32_t tokens, uint32_t cols);
  /// Small whole numbers: sums of their products are exact.
  static HostRows whole(Random& random, uint32_t tokens, uint32_t cols);
};

/// A float32 weight with these rows.
OwnedTensor float_tensor(const HostRows& rows);

/// The same activations by head: {tokens, heads, cols / heads}.
HeadActivations by_head(Activations rows, uint32_t heads);

/// Where operations of one backend are tried: brings inputs to its memory and results back, by its own
/// operations alone. What is placed must outlive it. Where the backend fails the process ends with a message.
class Workbench {
 public:
  explicit Workbench(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  TensorView place(const OwnedTensor& tensor);
  TensorView place_table(const OwnedTensor& tensor);
  KvExpansion place_expansion(const OwnedTensor& k_b, const OwnedTensor& v_b);
  Activations room(uint32_t tokens, uint32_t cols);
  Activations put(const HostRows& rows);
  /// A cache of one layer that holds `rows` from position 0 on.
  KvCache make_cache(KvType type, uint32_t capacity, const HostRows& rows);
  Routing routing(uint32_t tokens, uint32_t per_token);
  TopLogits top_logits(uint32_t count);

  using Operations = std::function<void(Backend&)>;
  /// Runs operations as a batch, to its end.
  void run(const Batch& batch, const Operations& operations);
  /// The same for a batch of so many tokens, all of id 0.
  void run(uint32_t tokens, BatchSize size, const Operations& operations);
  void run(uint32_t tokens, uint32_t first_position, const KvCache& cache, BatchSize size,
           const Operations& operations);
  void run_small(uint32_t tokens, const Operations& operations, uint32_t first_position = 0);

  std::vector<float> read(Activations rows);
  std::vector<int32_t> read_experts(const Routing& routing);
  std::vector<float> read_weights(const Routing& routing);
  /// The rows of positions [0, tokens), and the values that they stand for.
  std::vector<std::byte> read_cache_bytes(const KvCache& cache, uint32_t tokens);
  std::vector<float> read_cache(const KvCache& cache, uint32_t tokens);

 private:
  std::unique_ptr<Backend> backend_;
  std::deque<OwnedTensor> tables_;  ///< what `put` had placed: homes may be where the bytes are
};

}  // namespace kvasir::engine::test
