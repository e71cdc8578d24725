#include "tests/gpu/operation_checks.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace kvasir::engine::test {
namespace {

/// How products are computed.
struct Mode {
  const char* name;
  Arithmetic arithmetic;
  BatchSize size;

  double product_limit(DType type) const { return rounds(type) ? kRoundedLimit : kFloatLimit; }
  /// Of products of products.
  double ffn_limit(DType type) const { return rounds(type) ? 4 * kRoundedLimit : kFloatLimit; }

 private:
  /// Whether it rounds activations or weights of the type.
  bool rounds(DType type) const {
    if (arithmetic == Arithmetic::Exact) return false;
    const bool is_float = type == DType::F32 || type == DType::F16 || type == DType::BF16;
    return !is_float || size == BatchSize::Large;
  }
};
constexpr uint32_t kModes = 3;

std::string name_of(const char* operation, DType type, const Mode& mode) {
  return std::string(operation) + " " + std::string(dtype_name(type)) + " " + mode.name;
}

uint32_t some_tokens(OperationContext& context, const Mode& mode) {
  if (mode.size == BatchSize::Large) return context.between(65, context.small() ? 140 : 300);
  return context.between(0, 2) == 0 ? 1 : context.between(2, context.small() ? 12 : 40);
}

/// Few values that happen to be small would make much of what rounding does to them.
uint32_t some_rows(OperationContext& context, const Mode& mode) {
  return context.between(mode.arithmetic == Arithmetic::Exact ? 1 : 30, context.small() ? 80 : 700);
}

void matmul(OperationContext& context, DType type, const Mode& mode) {
  const uint32_t cols = context.some_cols(type), rows = some_rows(context, mode),
                 tokens = some_tokens(context, mode);
  const OwnedTensor weight = random_tensor(context.random(), type, cols, rows);
  const HostRows input = HostRows::normal(context.random(), tokens, cols);
  const HostRows before = HostRows::normal(context.random(), tokens, rows);
  for (const bool add : {false, true})
    context.compare(name_of(add ? "matmul_add" : "matmul", type, mode),
                    shape_of({{"cols", cols}, {"rows", rows}, {"tokens", tokens}}), mode.product_limit(type),
                    mode.arithmetic, [&](Workbench& bench) {
                      const Activations in = bench.put(input), out = bench.put(before);
                      const TensorView placed = bench.place(weight);
                      bench.run(tokens, mode.size, [&](Backend& backend) {
                        if (add)
                          backend.matmul_add(out, placed, in);
                        else
                          backend.matmul(out, placed, in);
                      });
                      return bench.read(out);
                    });
}

void matmul_each(OperationContext& context, DType type, const Mode& mode) {
  const uint32_t cols = context.some_cols(type), tokens = some_tokens(context, mode);
  const std::array rows = {some_rows(context, mode), some_rows(context, mode)};
  const OwnedTensor first = random_tensor(context.random(), type, cols, rows[0]);
  const OwnedTensor second = random_tensor(context.random(), DType::F16, cols, rows[1]);
  const HostRows input = HostRows::normal(context.random(), tokens, cols);
  context.compare(name_of("matmul_each", type, mode),
                  shape_of({{"cols", cols}, {"rows", rows[0]}, {"and", rows[1]}, {"tokens", tokens}}),
                  mode.product_limit(type), mode.arithmetic, [&](Workbench& bench) {
                    const Activations in = bench.put(input);
                    const Activations out[] = {bench.room(tokens, rows[0]), bench.room(tokens, rows[1])};
                    const TensorView placed[] = {bench.place(first), bench.place(second)};
                    bench.run(tokens, mode.size, [&](Backend& backend) {
                      const std::array<Product, 2> products = {{{out[0], placed[0]}, {out[1], placed[1]}}};
                      backend.matmul_each(products, in);
                    });
                    std::vector<float> result = bench.read(out[0]);
                    const std::vector<float> more = bench.read(out[1]);
                    result.insert(result.end(), more.begin(), more.end());
                    return result;
                  });
}

void matmul_heads(OperationContext& context, DType type, const Mode& mode) {
  const uint32_t heads = context.between(1, 17), tokens = some_tokens(context, mode),
                 rows = some_rows(context, mode);
  const uint32_t block = dtype_traits(type)->block_elements;
  const uint32_t cols =
      block > 1 ? block * context.between(1, std::max(1u, 256 / block)) : context.between(1, 200);
  const OwnedTensor weight = random_tensor(context.random(), type, cols, rows, heads);
  const HostRows input = HostRows::normal(context.random(), tokens, heads * cols);
  context.compare(name_of("matmul_heads", type, mode),
                  shape_of({{"cols", cols}, {"rows", rows}, {"heads", heads}, {"tokens", tokens}}),
                  mode.product_limit(type), mode.arithmetic, [&](Workbench& bench) {
                    const Activations in = bench.put(input), out = bench.room(tokens, heads * rows);
                    const TensorView placed = bench.place(weight);
                    bench.run(tokens, mode.size, [&](Backend& backend) {
                      backend.matmul_heads(by_head(out, heads), placed, by_head(in, heads));
                    });
                    return bench.read(out);
                  });
}

/// Random weights of gated networks, and how they look where they were placed.
struct Networks {
  OwnedTensor gate, up, down;

  Networks(Random& random, DType type, uint32_t hidden, uint32_t inner, uint32_t count = 1)
      : gate(random_tensor(random, type, hidden, inner, count)),
        up(random_tensor(random, type, hidden, inner, count)),
        down(random_tensor(random, type, inner, hidden, count)) {}

  std::array<TensorView, 3> place(Workbench& bench) const {
    return {bench.place(gate), bench.place(up), bench.place(down)};
  }
};

GatedFfn ffn_of(const std::array<TensorView, 3>& weights) {
  return {weights[0], weights[1], weights[2]};
}

void gated_ffn_add(OperationContext& context, DType type, const Mode& mode) {
  // With many tokens the oracle would compute for minutes.
  const uint32_t most = mode.size == BatchSize::Large ? 1536 : 4096;
  const uint32_t hidden = context.some_cols(type, most), inner = context.some_cols(type, most);
  const uint32_t tokens = some_tokens(context, mode);
  const Networks network(context.random(), type, hidden, inner);
  const HostRows input = HostRows::normal(context.random(), tokens, hidden);
  context.compare(name_of("gated_ffn_add", type, mode),
                  shape_of({{"hidden", hidden}, {"inner", inner}, {"tokens", tokens}}), mode.ffn_limit(type),
                  mode.arithmetic, [&](Workbench& bench) {
                    const Activations in = bench.put(input), out = bench.put(input);
                    const auto weights = network.place(bench);
                    bench.run(tokens, mode.size,
                              [&](Backend& backend) { backend.gated_ffn_add(out, ffn_of(weights), in); });
                    return bench.read(out);
                  });
}

void moe_ffn_add(OperationContext& context, DType type, const Mode& mode) {
  const uint32_t block = dtype_traits(type)->block_elements;
  const auto some_width = [&] {
    const uint32_t most = context.small() ? 64 : 256;
    return block > 1 ? block * context.between(1, std::max(1u, most / block)) : context.between(16, most);
  };
  const uint32_t hidden = some_width(), inner = some_width(), tokens = some_tokens(context, mode);
  const ModelConfig config = some_router(context.random(), false, true);
  const uint32_t experts = config.n_routed_experts;
  const bool with_shared = context.between(0, 2) > 0;
  const HostRows input = HostRows::whole(context.random(), tokens, hidden);
  const OwnedTensor router = whole_router(context.random(), hidden, experts);
  const Networks routed(context.random(), type, hidden, inner, experts);
  const Networks shared(context.random(), type, hidden, 2 * inner);
  context.compare(name_of("moe_ffn_add", type, mode),
                  shape_of({{"hidden", hidden},
                            {"inner", inner},
                            {"experts", experts},
                            {"of a token", config.num_experts_per_tok},
                            {"shared", with_shared},
                            {"tokens", tokens}}),
                  mode.ffn_limit(type), mode.arithmetic, [&](Workbench& bench) {
                    const Activations in = bench.put(input), out = bench.put(input);
                    const TensorView placed_router = bench.place(router), no_bias;
                    const auto routed_weights = routed.place(bench);
                    const auto shared_weights =
                        with_shared ? shared.place(bench) : std::array<TensorView, 3>();
                    const Routing routing = bench.routing(tokens, config.num_experts_per_tok);
                    bench.run(tokens, mode.size, [&](Backend& backend) {
                      backend.route(routing, placed_router, no_bias, in, config);
                      backend.moe_ffn_add(out, routing, ffn_of(routed_weights), ffn_of(shared_weights), in);
                    });
                    return bench.read(out);
                  });
}

/// `which` of the modes it is.
void check_products(OperationContext& context, const Mode& mode, uint32_t which) {
  for (uint32_t i = 0; i < kWeightTypes.size(); ++i) {
    const DType type = kWeightTypes[i];
    if (context.small() && !context.has_turn(which, i, kModes)) continue;
    context.repeat([&] { matmul(context, type, mode); });
    context.repeat([&] { matmul_heads(context, type, mode); });
    context.repeat([&] { matmul_each(context, type, mode); });
    context.repeat([&] { gated_ffn_add(context, type, mode); });
    context.repeat([&] { moe_ffn_add(context, type, mode); });
  }
}

}  // namespace

void check_exact_products(OperationContext& context) {
  check_products(context, {"exact", Arithmetic::Exact, BatchSize::Small}, 0);
}
void check_fast_products(OperationContext& context) {
  check_products(context, {"fast", Arithmetic::Fast, BatchSize::Small}, 1);
}
void check_large_products(OperationContext& context) {
  check_products(context, {"fast, large batch", Arithmetic::Fast, BatchSize::Large}, 2);
}

}  // namespace kvasir::engine::test
