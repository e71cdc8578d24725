#include "tests/gpu/workbench.h"

#include "tests/gpu/value_or_exit.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace kvasir::engine::test {

HostRows HostRows::normal(Random& random, uint32_t tokens, uint32_t cols) {
  HostRows rows{tokens, cols, std::vector<float>(size_t{tokens} * cols)};
  std::ranges::generate(rows.values, [&] { return random.normal(); });
  return rows;
}

HostRows HostRows::whole(Random& random, uint32_t tokens, uint32_t cols) {
  HostRows rows{tokens, cols, std::vector<float>(size_t{tokens} * cols)};
  std::ranges::generate(rows.values, [&] { return static_cast<float>(random.between(0, 6)) - 3; });
  return rows;
}

OwnedTensor float_tensor(const HostRows& rows) {
  OwnedTensor tensor;
  const auto bytes = std::as_bytes(std::span(rows.values));
  tensor.storage.assign(bytes.begin(), bytes.end());
  tensor.view.name = "weight";
  tensor.view.shape = {rows.cols, rows.tokens, 1, 1};
  tensor.view.data = tensor.storage;
  return tensor;
}

HeadActivations by_head(Activations rows, uint32_t heads) {
  return {rows.data, rows.tokens, heads, rows.cols / heads, rows.stride, rows.cols / heads};
}

TensorView Workbench::place(const OwnedTensor& tensor) {
  return value_or_exit(backend_->place(tensor.view));
}

TensorView Workbench::place_table(const OwnedTensor& tensor) {
  return value_or_exit(backend_->place_table(tensor.view));
}

KvExpansion Workbench::place_expansion(const OwnedTensor& k_b, const OwnedTensor& v_b) {
  return value_or_exit(backend_->place_expansion(k_b.view, v_b.view));
}

Activations Workbench::room(uint32_t tokens, uint32_t cols) {
  return {value_or_exit(backend_->allocate(size_t{tokens} * cols)), tokens, cols, cols};
}

Routing Workbench::routing(uint32_t tokens, uint32_t per_token) {
  return value_or_exit(backend_->allocate_routing(tokens, per_token));
}

TopLogits Workbench::top_logits(uint32_t count) {
  return value_or_exit(backend_->allocate_top_logits(count));
}

// Looking rows up in a table is the one operation that takes values from outside.
Activations Workbench::put(const HostRows& rows) {
  const TensorView placed = place_table(tables_.emplace_back(float_tensor(rows)));
  const Activations out = room(rows.tokens, rows.cols);
  const uint32_t at_a_time = backend_->max_batch_tokens();
  for (uint32_t first = 0; first < rows.tokens; first += at_a_time) {
    std::vector<int32_t> ids(std::min(at_a_time, rows.tokens - first));
    std::iota(ids.begin(), ids.end(), static_cast<int32_t>(first));
    const Activations some = {out.row(first), static_cast<uint32_t>(ids.size()), out.cols, out.stride};
    run({.ids = ids}, [&](Backend& backend) { backend.embed(some, placed, ids); });
  }
  return out;
}

KvCache Workbench::make_cache(KvType type, uint32_t capacity, const HostRows& rows) {
  KvCache cache = value_or_exit(backend_->make_cache({1, rows.cols, type}, capacity));
  const Activations in = put(rows);
  const uint32_t at_a_time = backend_->max_batch_tokens();
  for (uint32_t first = 0; first < rows.tokens; first += at_a_time) {
    const uint32_t count = std::min(at_a_time, rows.tokens - first);
    run(count, first, cache, BatchSize::Small, [&](Backend& backend) {
      backend.kv_append(cache, 0, first, {in.row(first), count, in.cols, in.stride});
    });
  }
  cache.set_length(rows.tokens);
  return cache;
}

void Workbench::run(const Batch& batch, const Operations& operations) {
  backend_->begin_batch(batch);
  operations(*backend_);
  backend_->end_batch(true);
  value_or_exit(backend_->status());
}

void Workbench::run(uint32_t tokens, BatchSize size, const Operations& operations) {
  const std::vector<int32_t> ids(tokens, 0);
  run({.size = size, .ids = ids}, operations);
}

void Workbench::run(uint32_t tokens, uint32_t first_position, const KvCache& cache, BatchSize size,
                    const Operations& operations) {
  const std::vector<int32_t> ids(tokens, 0);
  run({.size = size, .ids = ids, .first_position = first_position, .cache = &cache}, operations);
}

void Workbench::run_small(uint32_t tokens, const Operations& operations, uint32_t first_position) {
  const std::vector<int32_t> ids(tokens, 0);
  run({.ids = ids, .first_position = first_position}, operations);
}

std::vector<float> Workbench::read(Activations rows) {
  std::vector<float> values(size_t{rows.tokens} * rows.cols);
  backend_->read(values, rows);
  value_or_exit(backend_->status());
  return values;
}

// Bits are copied: they need not be those of floats.
std::vector<int32_t> Workbench::read_experts(const Routing& routing) {
  const std::vector<float> bits =
      read({reinterpret_cast<float*>(routing.experts), routing.tokens, routing.per_token, routing.per_token});
  std::vector<int32_t> experts(bits.size());
  std::memcpy(experts.data(), bits.data(), bits.size() * sizeof(float));
  return experts;
}

std::vector<float> Workbench::read_weights(const Routing& routing) {
  return read({routing.weights, routing.tokens, routing.per_token, routing.per_token});
}

std::vector<std::byte> Workbench::read_cache_bytes(const KvCache& cache, uint32_t tokens) {
  std::vector<std::byte> bytes(cache.layout().slice_bytes(tokens) * cache.layout().layers);
  value_or_exit(cache.read_rows(0, tokens, bytes.data()));
  return bytes;
}

std::vector<float> Workbench::read_cache(const KvCache& cache, uint32_t tokens) {
  const std::vector<std::byte> bytes = read_cache_bytes(cache, tokens);
  const KvLayout& layout = cache.layout();
  std::vector<float> values(size_t{tokens} * layout.layers * layout.width);
  for (size_t row = 0; row < size_t{tokens} * layout.layers; ++row)
    decode_kv_row(layout.type, bytes.data() + row * layout.row_bytes(), values.data() + row * layout.width,
                  layout.width);
  return values;
}

}  // namespace kvasir::engine::test
