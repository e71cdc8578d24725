#include "tests/gpu/operation_checks.h"

#include <cmath>
#include <string>
#include <vector>

namespace kvasir::engine::test {
namespace {

RopeFrequencies some_frequencies(OperationContext& context, uint32_t dim) {
  ModelConfig config;
  config.qk_rope_head_dim = dim;
  config.yarn = YarnConfig{40.0f, 4096, 32.0f, 1.0f, 0.1f};
  if (context.between(0, 1) == 0) config.yarn.reset();
  return RopeFrequencies::from_config(config);
}

std::string name_of(KvType type) {
  return std::string(kv_type_name(type));
}

void rope(OperationContext& context) {
  const uint32_t dim = 2 * context.between(1, 40), heads = context.between(1, 20),
                 tokens = context.between(1, 40);
  const uint32_t position = context.between(0, 160000);
  const RopeFrequencies frequencies = some_frequencies(context, dim);
  const HostRows input = HostRows::normal(context.random(), tokens, heads * dim);
  context.compare("rope",
                  shape_of({{"dim", dim}, {"heads", heads}, {"tokens", tokens}, {"position", position}}),
                  kFloatLimit, Arithmetic::Fast, [&](Workbench& bench) {
                    const Activations in = bench.put(input);
                    bench.run_small(
                        tokens,
                        [&](Backend& backend) {
                          backend.rope(by_head(in, heads), by_head(in, heads), frequencies, position);
                        },
                        position);
                    return bench.read(in);
                  });
}

void absorb_queries(OperationContext& context) {
  const uint32_t nope = 32 * context.between(1, 4), rope = 2 * context.between(1, 32);
  const uint32_t latents = 8 * context.between(1, 64), heads = context.between(1, 17);
  const uint32_t tokens = context.between(1, 12), position = context.some_context();
  const RopeFrequencies frequencies = some_frequencies(context, rope);
  const OwnedTensor k_b = random_tensor(context.random(), DType::F16, nope, latents, heads);
  const HostRows input = HostRows::normal(context.random(), tokens, heads * (nope + rope));
  context.compare(
      "absorb_queries", shape_of({{"nope", nope}, {"rope", rope}, {"latents", latents}, {"heads", heads}}),
      kFloatLimit, Arithmetic::Fast, [&](Workbench& bench) {
        const Activations in = bench.put(input), out = bench.room(tokens, heads * (latents + rope));
        const TensorView placed = bench.place(k_b);
        bench.run_small(
            tokens,
            [&](Backend& backend) {
              backend.absorb_queries(by_head(out, heads), placed, by_head(in, heads), frequencies, position);
            },
            position);
        return bench.read(out);
      });
}

void kv_append(OperationContext& context, KvType type) {
  const uint32_t width = context.between(1, 600), tokens = context.between(1, 60);
  HostRows rows = HostRows::normal(context.random(), tokens, width);
  for (float& value : rows.values)
    if (context.between(0, 50) == 0) value *= 1e-6f;  // subnormal halves
  Workbench oracle(make_scalar_backend());
  Workbench tested = context.workbench(Arithmetic::Fast);
  const KvCache expected = oracle.make_cache(type, tokens + 3, rows);
  const KvCache cache = tested.make_cache(type, tokens + 3, rows);
  context.report().require(
      "kv_append " + name_of(type) + ", the same bytes",
      tested.read_cache_bytes(cache, tokens) == oracle.read_cache_bytes(expected, tokens),
      shape_of({{"width", width}, {"tokens", tokens}}) + context.seed());
}

void append_latents(OperationContext& context, KvType type) {
  const uint32_t latents = 8 * context.between(1, 70), rope = 2 * context.between(1, 40);
  const uint32_t tokens = context.between(1, 40), position = context.some_context();
  const RopeFrequencies frequencies = some_frequencies(context, rope);
  const OwnedTensor norm = random_tensor(context.random(), DType::F32, latents);
  const HostRows before = HostRows::normal(context.random(), position, latents + rope);
  const HostRows added = HostRows::normal(context.random(), tokens, latents + rope);
  // A value at the border between two codes may become the other one.
  const double limit = type == KvType::F32 ? kFloatLimit : type == KvType::F16 ? 1e-8 : 1e-6;
  context.compare(
      "append_latents " + name_of(type),
      shape_of({{"latents", latents}, {"rope", rope}, {"tokens", tokens}, {"position", position}}), limit,
      Arithmetic::Fast, [&](Workbench& bench) {
        KvCache cache = bench.make_cache(type, position + tokens, before);
        const Activations rows = bench.put(added);
        const TensorView placed = bench.place(norm);
        bench.run(tokens, position, cache, BatchSize::Small, [&](Backend& backend) {
          backend.append_latents(cache, 0, position, rows, placed, 1e-6f, frequencies);
        });
        return bench.read_cache(cache, position + tokens);
      });
}

void attention(OperationContext& context, KvType type, Arithmetic arithmetic) {
  const bool usual = context.between(0, 1) == 1;  // the shape of published models
  const uint32_t latents = usual ? 512 : 8 * context.between(1, 12),
                 rope = usual ? 64 : 2 * context.between(1, 16);
  const uint32_t heads = usual && !context.small() ? 16 * context.between(1, 8) : context.between(1, 20);
  const uint32_t tokens = context.between(0, 1) == 0 ? 1 : context.between(2, 9);
  const uint32_t position = context.some_context();
  const HostRows rows = HostRows::normal(context.random(), position + tokens, latents + rope);
  const HostRows queries = HostRows::normal(context.random(), tokens, heads * (latents + rope));
  const bool exact = arithmetic == Arithmetic::Exact;
  context.compare("attention " + name_of(type) + (exact ? " exact" : " fast"),
                  shape_of({{"latents", latents},
                            {"rope", rope},
                            {"heads", heads},
                            {"tokens", tokens},
                            {"position", position}}),
                  type == KvType::F32 ? kFloatLimit : kHalfLimit, arithmetic, [&](Workbench& bench) {
                    const KvCache cache = bench.make_cache(type, position + tokens, rows);
                    const Activations query = bench.put(queries), out = bench.room(tokens, heads * latents);
                    bench.run(tokens, position, cache, BatchSize::Small, [&](Backend& backend) {
                      backend.attention(by_head(out, heads), by_head(query, heads), cache, 0, position,
                                        0.07f);
                    });
                    return bench.read(out);
                  });
}

void attention_expanded(OperationContext& context, KvType type) {
  const bool usual = context.small() || context.between(0, 2) > 0;
  const uint32_t nope = usual ? 128 : 16 * context.between(1, 10),
                 rope = usual ? 64 : 16 * context.between(1, 4);
  const uint32_t v_head = usual ? 128 : 16 * context.between(1, 10);
  const uint32_t latents = usual ? 512 : 16 * context.between(1, 32);
  const uint32_t heads = context.between(1, context.small() ? 2 : 16);
  const uint32_t tokens = context.between(65, context.small() ? 80 : 400), position = context.some_context();
  const OwnedTensor k_b = random_tensor(context.random(), DType::F16, nope, latents, heads);
  const OwnedTensor v_b = random_tensor(context.random(), DType::F16, latents, v_head, heads);
  const HostRows rows = HostRows::normal(context.random(), position + tokens, latents + rope);
  const HostRows queries = HostRows::normal(context.random(), tokens, heads * (nope + rope));
  // Keys are sums over the latents: the scale makes logits of them that are no larger than usual.
  const float scale = 0.07f / std::sqrt(static_cast<float>(latents));
  context.compare("attention_expanded " + name_of(type),
                  shape_of({{"nope", nope},
                            {"rope", rope},
                            {"v", v_head},
                            {"latents", latents},
                            {"heads", heads},
                            {"tokens", tokens},
                            {"position", position}}),
                  kRoundedLimit, Arithmetic::Fast, [&](Workbench& bench) {
                    const KvCache cache = bench.make_cache(type, position + tokens, rows);
                    const Activations query = bench.put(queries), out = bench.room(tokens, heads * v_head);
                    const KvExpansion expansion = bench.place_expansion(k_b, v_b);
                    bench.run(tokens, position, cache, BatchSize::Large, [&](Backend& backend) {
                      backend.attention_expanded(by_head(out, heads), by_head(query, heads), expansion, cache,
                                                 0, position, scale);
                    });
                    return bench.read(out);
                  });
}

}  // namespace

void check_attention(OperationContext& context) {
  context.repeat([&] { rope(context); });
  context.repeat([&] { absorb_queries(context); });
  for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0}) {
    context.repeat([&] { kv_append(context, type); });
    context.repeat([&] { append_latents(context, type); });
    for (const Arithmetic arithmetic : {Arithmetic::Exact, Arithmetic::Fast})
      context.repeat([&] { attention(context, type, arithmetic); });
    if (type != KvType::F32) context.repeat([&] { attention_expanded(context, type); });
  }
}

}  // namespace kvasir::engine::test
