#include "engine/ops/cpu/cpu_backend.h"

namespace kvasir::engine {
namespace {

/// Queries, that is pairs of a token and a head, that share a pass over the cache.
constexpr uint32_t kGroupQueries = 64;

}  // namespace

/// Queries are numbered token by token: query i is head i % heads of token i / heads.
struct CpuBackend::AttentionCall {
  HeadActivations out;
  HeadActivations query;
  const KvCache& cache;
  uint32_t layer;
  uint32_t first_position;
  float softmax_scale;

  float* largest;  ///< {queries}: the online softmax's state, its sums are in `out`
  float* total;    ///< {queries}

  uint32_t queries() const { return query.tokens * query.heads; }
  uint32_t groups() const { return (queries() + kGroupQueries - 1) / kGroupQueries; }
  uint32_t end_of_group(uint32_t group) const { return std::min(queries(), (group + 1) * kGroupQueries); }
  uint32_t positions_of(uint32_t index) const { return first_position + index / query.heads + 1; }
  float* out_of(uint32_t index) const { return out.at(index / query.heads, index % query.heads); }
  static uint32_t chunks_of(uint32_t positions) {
    return (positions + cpu::kChunkPositions - 1) / cpu::kChunkPositions;
  }
  /// How many positions of a chunk a query may see.
  uint32_t visible(uint32_t index, uint32_t chunk) const {
    const uint32_t before = chunk * cpu::kChunkPositions;
    const uint32_t positions = positions_of(index);
    return positions <= before ? 0 : std::min(positions - before, cpu::kChunkPositions);
  }

  size_t scratch_floats() const {
    return size_t{2} * cpu::kChunkPositions * query.dim + size_t{kGroupQueries} * cpu::kChunkPositions;
  }

  /// Runs a group against a chunk: `sums` {kGroupQueries, out.dim}, `state` the largest logits
  /// {kGroupQueries}, then the totals {kGroupQueries}.
  void run_chunk(const cpu::Kernels& kernels, uint32_t group, uint32_t chunk, float* scratch, float* sums,
                 float* state) const {
    const uint32_t first = group * kGroupQueries;
    const uint32_t count = end_of_group(group) - first;
    const float* in[kGroupQueries];
    float* scores[kGroupQueries];
    uint32_t visible_rows[kGroupQueries];
    for (uint32_t i = 0; i < count; ++i) {
      in[i] = query.at((first + i) / query.heads, (first + i) % query.heads);
      scores[i] = scratch + size_t{i} * cpu::kChunkPositions;
      visible_rows[i] = visible(first + i, chunk);
    }
    cpu::AttentionChunk c = {};
    c.dtype = cache.layout().type == KvType::F32 ? DType::F32 : DType::F16;
    c.rows = cache.row(layer, chunk * cpu::kChunkPositions);
    c.row_stride_bytes = cache.layout().row_bytes();
    c.width = query.dim;
    c.value_width = out.dim;
    c.softmax_scale = softmax_scale;
    c.queries = count;
    c.query = in;
    c.visible = visible_rows;
    c.score = scores;
    c.tile = scratch + size_t{kGroupQueries} * cpu::kChunkPositions;
    c.largest = state;
    c.total = state + kGroupQueries;
    c.sums = sums;
    if (cache.layout().type == KvType::Q8_0) {
      float* decoded = c.tile + size_t{cpu::kChunkPositions} * query.dim;
      for (uint32_t p = 0; p < visible_rows[count - 1]; ++p)
        decode_kv_row(KvType::Q8_0, cache.row(layer, chunk * cpu::kChunkPositions + p),
                      decoded + size_t{p} * query.dim, query.dim);
      c.dtype = DType::F32;
      c.rows = reinterpret_cast<const std::byte*>(decoded);
      c.row_stride_bytes = size_t{query.dim} * sizeof(float);
    }
    kernels.attention_chunk(c);
  }

  /// Joins a chunk's result for query `index`; chunks must come in rising order.
  void merge(const cpu::Kernels& kernels, uint32_t index, uint32_t chunk, const float* sums,
             const float* state) const {
    if (visible(index, chunk) == 0) return;
    const uint32_t i = index % kGroupQueries;
    const float* own_sums = sums + size_t{i} * out.dim;
    if (chunk == 0) {
      largest[index] = state[i];
      total[index] = state[kGroupQueries + i];
      std::copy_n(own_sums, out.dim, out_of(index));
    } else {
      kernels.attention_merge(largest + index, total + index, out_of(index), state[i],
                              state[kGroupQueries + i], own_sums, out.dim);
    }
  }

  void finish(uint32_t index) const {
    float* sums = out_of(index);
    for (uint32_t i = 0; i < out.dim; ++i) sums[i] /= total[index];
  }
};

void CpuBackend::attention(HeadActivations out, HeadActivations query, const KvCache& cache, uint32_t layer,
                           uint32_t first_position, float softmax_scale) {
  const size_t queries = size_t{query.tokens} * query.heads;
  float* state = grown(softmax_state_, 2 * queries);
  const AttentionCall call = {out,           query, cache,          layer, first_position,
                              softmax_scale, state, state + queries};
  // With few groups the chunks are what can be shared out: one token at a great depth.
  if (call.groups() >= 2 * pool_.size() || pool_.size() == 1)
    attention_by_groups(call);
  else
    attention_by_chunks(call);
}

/// A task goes through all chunks for its group.
void CpuBackend::attention_by_groups(const AttentionCall& call) {
  const size_t sums_floats = size_t{kGroupQueries} * call.out.dim;
  reserve_worker_scratch(call.scratch_floats() + sums_floats + 2 * kGroupQueries);
  pool_.run(call.groups(), [&](uint32_t group, unsigned worker) {
    float* sums = worker_scratch(worker);
    float* state = sums + sums_floats;
    float* scratch = state + 2 * kGroupQueries;
    const uint32_t first = group * kGroupQueries;
    const uint32_t end = call.end_of_group(group);
    const uint32_t chunks = AttentionCall::chunks_of(call.positions_of(end - 1));
    for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
      call.run_chunk(kernels_, group, chunk, scratch, sums, state);
      for (uint32_t index = first; index < end; ++index) call.merge(kernels_, index, chunk, sums, state);
    }
    for (uint32_t index = first; index < end; ++index) call.finish(index);
  });
}

/// A task is one chunk for one group; the results are joined in the same order as above, some chunks at a
/// time so that their sums need little memory.
void CpuBackend::attention_by_chunks(const AttentionCall& call) {
  const size_t sums_floats = size_t{kGroupQueries} * call.out.dim;
  const uint32_t groups = call.groups();
  const uint32_t chunks = AttentionCall::chunks_of(call.positions_of(call.queries() - 1));
  const uint32_t at_once = std::min(chunks, (8 * pool_.size() + groups - 1) / groups);
  float* sums = grown(chunk_sums_, sums_floats * at_once * groups);
  float* state = grown(chunk_state_, size_t{2} * kGroupQueries * at_once * groups);
  reserve_worker_scratch(call.scratch_floats());

  constexpr uint32_t kMergeQueries = 8;
  for (uint32_t first = 0; first < chunks; first += at_once) {
    const uint32_t end = std::min(chunks, first + at_once);
    const auto slot = [&](uint32_t group, uint32_t chunk) { return size_t{chunk - first} * groups + group; };
    pool_.run((end - first) * groups, [&](uint32_t task, unsigned worker) {
      const uint32_t group = task % groups;
      const uint32_t chunk = first + task / groups;
      call.run_chunk(kernels_, group, chunk, worker_scratch(worker), sums + slot(group, chunk) * sums_floats,
                     state + slot(group, chunk) * 2 * kGroupQueries);
    });
    pool_.run((call.queries() + kMergeQueries - 1) / kMergeQueries, [&](uint32_t task, unsigned) {
      const uint32_t last = std::min(call.queries(), (task + 1) * kMergeQueries);
      for (uint32_t index = task * kMergeQueries; index < last; ++index) {
        for (uint32_t chunk = first; chunk < end; ++chunk) {
          const size_t from = slot(index / kGroupQueries, chunk);
          call.merge(kernels_, index, chunk, sums + from * sums_floats, state + from * 2 * kGroupQueries);
        }
        if (end == chunks) call.finish(index);
      }
    });
  }
}

void CpuBackend::kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) {
  for_tokens(rows.tokens, rows.cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t) {
      std::byte* row = cache.row(layer, first_position + t);
      if (cache.layout().type == KvType::F16)
        kernels_.store_f16(row, rows.row(t), rows.cols);
      else
        encode_kv_row(cache.layout().type, row, rows.row(t), rows.cols);
    }
  });
}

}  // namespace kvasir::engine
