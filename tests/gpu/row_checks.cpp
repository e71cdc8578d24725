#include "tests/gpu/operation_checks.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace kvasir::engine::test {
namespace {

void embed(OperationContext& context, DType type) {
  const uint32_t cols = context.some_cols(type), vocab = context.between(1, 300);
  const uint32_t tokens = context.between(1, 60);
  const OwnedTensor table = random_tensor(context.random(), type, cols, vocab);
  std::vector<int32_t> ids(tokens);
  for (int32_t& id : ids) id = static_cast<int32_t>(context.between(0, vocab - 1));
  context.compare("embed " + std::string(dtype_name(type)),
                  shape_of({{"cols", cols}, {"vocab", vocab}, {"tokens", tokens}}), kFloatLimit,
                  Arithmetic::Fast, [&](Workbench& bench) {
                    const TensorView placed = bench.place_table(table);
                    const Activations out = bench.room(tokens, cols);
                    bench.run({.ids = ids}, [&](Backend& backend) { backend.embed(out, placed, ids); });
                    return bench.read(out);
                  });
}

void rms_norm(OperationContext& context) {
  const uint32_t cols = context.some_cols(DType::F32), tokens = context.between(1, 60);
  const OwnedTensor weight = random_tensor(context.random(), DType::F32, cols);
  const HostRows rows = HostRows::normal(context.random(), tokens, cols);
  for (const bool in_place : {false, true})
    context.compare("rms_norm", shape_of({{"cols", cols}, {"tokens", tokens}, {"in place", in_place}}),
                    kFloatLimit, Arithmetic::Fast, [&](Workbench& bench) {
                      const Activations in = bench.put(rows);
                      const Activations out = in_place ? in : bench.room(tokens, cols);
                      const TensorView placed = bench.place(weight);
                      bench.run_small(tokens,
                                      [&](Backend& backend) { backend.rms_norm(out, in, placed, 1e-6f); });
                      return bench.read(out);
                    });
}

void gather(OperationContext& context) {
  const uint32_t cols = context.some_cols(DType::F32), tokens = context.between(1, 40);
  const HostRows input = HostRows::normal(context.random(), tokens, cols);
  std::vector<uint32_t> rows(context.between(1, tokens));
  for (uint32_t& row : rows) row = context.between(0, tokens - 1);
  const auto count = static_cast<uint32_t>(rows.size());
  context.compare("gather", shape_of({{"cols", cols}, {"tokens", tokens}, {"rows", count}}), 0,
                  Arithmetic::Fast, [&](Workbench& bench) {
                    const Activations in = bench.put(input), out = bench.room(count, cols);
                    bench.run_small(tokens, [&](Backend& backend) {
                      backend.begin_logits();
                      backend.gather(out, in, rows);
                    });
                    return bench.read(out);
                  });
}

std::vector<TokenLogit> likeliest(Workbench bench, const HostRows& logits, uint32_t count) {
  const Activations in = bench.put(logits);
  const TopLogits top = bench.top_logits(count);
  std::vector<TokenLogit> found(count);
  bench.run_small(1, [&](Backend& backend) {
    backend.top_logits(top, in);
    backend.read_top(found, top);
  });
  std::ranges::sort(found, Likelier());
  return found;
}

void top_logits(OperationContext& context) {
  const uint32_t vocab = context.between(1, context.small() ? 3000 : 160000);
  const uint32_t count = context.between(1, std::min(vocab, 512u));
  HostRows logits = HostRows::normal(context.random(), 1, vocab);
  if (context.between(0, 1) == 1)  // many equal ones
    for (float& logit : logits.values) logit = std::round(logit * 4);
  const auto expected = likeliest(Workbench(make_scalar_backend()), logits, count);
  const auto found = likeliest(context.workbench(Arithmetic::Fast), logits, count);
  context.report().require("top_logits, the same tokens",
                           std::ranges::equal(found, expected, {}, &TokenLogit::id, &TokenLogit::id),
                           shape_of({{"vocab", vocab}, {"count", count}}) + context.seed());
}

struct Choice {
  std::vector<int32_t> experts;
  std::vector<float> weights;
};

Choice choose(Workbench bench, const ModelConfig& config, const OwnedTensor& router, const OwnedTensor* bias,
              const HostRows& input) {
  const Activations in = bench.put(input);
  const TensorView placed = bench.place(router);
  const TensorView placed_bias = bias == nullptr ? TensorView() : bench.place(*bias);
  const Routing routing = bench.routing(input.tokens, config.num_experts_per_tok);
  bench.run_small(input.tokens,
                  [&](Backend& backend) { backend.route(routing, placed, placed_bias, in, config); });
  return {bench.read_experts(routing), bench.read_weights(routing)};
}

void route(OperationContext& context) {
  const ModelConfig config = some_router(context.random(), context.between(0, 1) == 1, context.small());
  const uint32_t cols = context.some_cols(DType::F32), tokens = context.between(1, 60);
  const uint32_t experts = config.n_routed_experts;
  const HostRows input = HostRows::whole(context.random(), tokens, cols);
  const OwnedTensor router = whole_router(context.random(), cols, experts);
  const OwnedTensor bias = random_tensor(context.random(), DType::F32, experts);
  const OwnedTensor* const used_bias = context.between(0, 1) == 1 ? &bias : nullptr;
  const Choice expected = choose(Workbench(make_scalar_backend()), config, router, used_bias, input);
  const Choice found = choose(context.workbench(Arithmetic::Fast), config, router, used_bias, input);
  const std::string shape = shape_of({{"cols", cols},
                                      {"experts", experts},
                                      {"groups", config.n_group},
                                      {"of a token", config.num_experts_per_tok},
                                      {"tokens", tokens}}) +
                            context.seed();
  context.report().require("route, the same experts", found.experts == expected.experts, shape);
  context.report().measure("route, weights", nmse(found.weights, expected.weights), kFloatLimit, shape);
}

}  // namespace

void check_rows(OperationContext& context) {
  for (const DType type : kWeightTypes) context.repeat([&] { embed(context, type); });
  context.repeat([&] { rms_norm(context); });
  context.repeat([&] { gather(context); });
  context.repeat([&] { top_logits(context); });
  context.repeat([&] { route(context); });
}

}  // namespace kvasir::engine::test
