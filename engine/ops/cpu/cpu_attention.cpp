#include "engine/ops/cpu/cpu_backend.h"

namespace kvasir::engine {
namespace {

/// Queries, that is pairs of a token and a head, that share a pass over the cache.
constexpr uint32_t kGroupQueries = cpu::kMaxQueries;

uint32_t divide_up(uint32_t count, uint32_t unit) {
  return (count + unit - 1) / unit;
}

}  // namespace

/// Queries are numbered token by token: query i is head i % heads of token i / heads. A group of them is run
/// against the positions chunk by chunk; where the chunks lie is the same for all calls.
struct CpuBackend::AttentionCall {
  HeadActivations out;
  HeadActivations query;
  const KvCache& cache;
  uint32_t layer;
  uint32_t first_position;
  float softmax_scale;

  const cpu::Kernels& kernels;
  const cpu::LatentKernels* tiled;  ///< null: `kernels` does it, in float32
  float* largest;                   ///< {queries}: the online softmax's state, its sums are in `out`
  float* total;                     ///< {queries}
  std::byte* packed;                ///< {groups, packed_bytes}, for `tiled`
  uint8_t* has_packed;              ///< {workers}: see packed_group; null: `packed` has all groups

  uint32_t queries() const { return query.tokens * query.heads; }
  uint32_t groups() const { return divide_up(queries(), kGroupQueries); }
  /// How many queries a group has at most.
  uint32_t group_queries() const { return std::min(kGroupQueries, queries()); }
  uint32_t end_of_group(uint32_t group) const { return std::min(queries(), (group + 1) * kGroupQueries); }
  uint32_t positions_of(uint32_t index) const { return first_position + index / query.heads + 1; }
  float* out_of(uint32_t index) const { return out.at(index / query.heads, index % query.heads); }

  /// Tiled kernels like long chunks: each one's result is merged into those before it. But the last chunks
  /// must not keep one thread busy while the others have nothing to do: a chunk is at most a quarter of the
  /// positions before it.
  uint32_t begin_of_chunk(uint32_t chunk) const {
    if (tiled == nullptr) return chunk * cpu::kChunkPositions;
    constexpr uint32_t kShortest = 2 * cpu::kChunkPositions, kOctaves = 3, kPerOctave = 4;
    if (chunk < kPerOctave) return chunk * kShortest;
    const uint32_t octave = std::min(chunk / kPerOctave - 1, kOctaves);
    return ((kPerOctave + chunk - (octave + 1) * kPerOctave) * kShortest) << octave;
  }
  uint32_t chunks_of(uint32_t positions) const {
    uint32_t chunks = 0;
    while (begin_of_chunk(chunks) < positions) ++chunks;
    return chunks;
  }
  /// How many positions of a chunk a query may see.
  uint32_t visible(uint32_t index, uint32_t chunk) const {
    const uint32_t before = begin_of_chunk(chunk);
    const uint32_t positions = positions_of(index);
    return positions <= before ? 0 : std::min(positions, begin_of_chunk(chunk + 1)) - before;
  }

  /// A chunk's sums of one query.
  uint32_t sums_stride() const { return tiled == nullptr ? out.dim : tiled->padded(out.dim); }
  size_t sums_floats() const {
    return size_t{divide_up(group_queries(), cpu::kQueryRows)} * cpu::kQueryRows * sums_stride();
  }
  size_t packed_bytes() const { return tiled->packed_queries_bytes(group_queries(), query.dim); }
  size_t scratch_floats() const {
    if (tiled != nullptr) return divide_up_floats(tiled->scratch_bytes(group_queries(), query.dim, out.dim));
    return size_t{2} * cpu::kChunkPositions * query.dim + size_t{kGroupQueries} * cpu::kChunkPositions;
  }
  static size_t divide_up_floats(size_t bytes) { return (bytes + sizeof(float) - 1) / sizeof(float); }

  void pack(uint32_t group, std::byte* place) const {
    const float* in[kGroupQueries];
    const uint32_t first = group * kGroupQueries;
    const uint32_t count = end_of_group(group) - first;
    for (uint32_t i = 0; i < count; ++i)
      in[i] = query.at((first + i) / query.heads, (first + i) % query.heads);
    tiled->pack_queries(place, in, count, query.dim);
  }

  /// A single group is packed by each worker for itself when it first needs it, into its place of `packed`:
  /// that takes less than to wait for one of them and fetch it from there.
  const std::byte* packed_group(uint32_t group, unsigned worker) const {
    if (has_packed == nullptr) return packed + group * packed_bytes();
    std::byte* const own = packed + worker * packed_bytes();
    if (has_packed[worker] == 0) pack(group, own);
    has_packed[worker] = 1;
    return own;
  }

  /// Runs a group against a chunk: `sums` {group_queries, sums_stride}, `state` the largest logits
  /// {kGroupQueries}, then the totals {kGroupQueries}.
  void run_chunk(uint32_t group, uint32_t chunk, unsigned worker, float* scratch, float* sums, float* state,
                 AfterAttention* after) const {
    uint32_t visible_rows[kGroupQueries];
    const uint32_t first = group * kGroupQueries;
    const uint32_t count = end_of_group(group) - first;
    for (uint32_t i = 0; i < count; ++i) visible_rows[i] = visible(first + i, chunk);
    if (visible_rows[count - 1] == 0) return;
    if (tiled != nullptr)
      run_tiled(group, chunk, visible_rows, packed_group(group, worker), scratch, sums, state, after);
    else
      run_exact(group, chunk, visible_rows, scratch, sums, state);
  }

  void run_tiled(uint32_t group, uint32_t chunk, const uint32_t* visible_rows, const std::byte* queries,
                 float* scratch, float* sums, float* state, AfterAttention* after) const {
    cpu::LatentAttention a = {};
    a.queries = end_of_group(group) - group * kGroupQueries;
    a.rows = rows_of(begin_of_chunk(chunk), visible_rows[a.queries - 1]);
    a.width = query.dim;
    a.value_width = out.dim;
    a.softmax_scale = softmax_scale;
    a.packed = queries;
    a.visible = visible_rows;
    a.scratch = reinterpret_cast<std::byte*>(scratch);
    a.soon = after == nullptr ? nullptr : after->parts;
    a.soon_count = after == nullptr ? 0 : after->count;
    a.largest = state;
    a.total = state + kGroupQueries;
    a.sums = sums;
    tiled->attend(a);
  }

  cpu::LatentRows rows_of(uint32_t first, uint32_t count) const {
    return {cache.layout().type, cache.row(layer, first), cache.layout().row_bytes(),
            kv_row_scales_offset(cache.layout().width), count};
  }

  void run_exact(uint32_t group, uint32_t chunk, const uint32_t* visible_rows, float* scratch, float* sums,
                 float* state) const {
    const uint32_t first = group * kGroupQueries;
    const uint32_t count = end_of_group(group) - first;
    const float* in[kGroupQueries];
    float* scores[kGroupQueries];
    for (uint32_t i = 0; i < count; ++i) {
      in[i] = query.at((first + i) / query.heads, (first + i) % query.heads);
      scores[i] = scratch + size_t{i} * cpu::kChunkPositions;
    }
    cpu::AttentionChunk c = {};
    c.dtype = cache.layout().type == KvType::F32 ? DType::F32 : DType::F16;
    c.rows = cache.row(layer, begin_of_chunk(chunk));
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
        decode_kv_row(KvType::Q8_0, c.rows + p * c.row_stride_bytes, decoded + size_t{p} * query.dim,
                      query.dim);
      c.dtype = DType::F32;
      c.rows = reinterpret_cast<const std::byte*>(decoded);
      c.row_stride_bytes = size_t{query.dim} * sizeof(float);
    }
    kernels.attention_chunk(c);
  }

  /// Another thread may have made the sums: they take a while to come.
  void ask_for_sums(uint32_t index, const float* sums) const {
    const float* own_sums = sums + size_t{index % kGroupQueries} * sums_stride();
    for (uint32_t i = 0; i < out.dim; i += 64 / sizeof(float)) __builtin_prefetch(own_sums + i);
  }

  /// Joins a chunk's result for query `index`; chunks must come in rising order.
  void merge(uint32_t index, uint32_t chunk, const float* sums, const float* state) const {
    if (visible(index, chunk) == 0) return;
    const uint32_t i = index % kGroupQueries;
    const float* own_sums = sums + size_t{i} * sums_stride();
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

/// Each worker reads the part that its share of a product over all rows will be.
void CpuBackend::will_read(std::span<const TensorView* const> weights) {
  const size_t workers = after_attention_.size();
  for (size_t worker = 0; worker < workers; ++worker) {
    AfterAttention& after = after_attention_[worker];
    after.count = 0;
    for (const TensorView* weight : weights.first(std::min<size_t>(weights.size(), AfterAttention::kMost))) {
      const std::span<const std::byte> bytes = weight->data;
      after.parts[after.count++] = {bytes.data() + bytes.size() * worker / workers,
                                    bytes.data() + bytes.size() * (worker + 1) / workers};
    }
  }
}

void CpuBackend::attention(HeadActivations out, HeadActivations query, const KvCache& cache, uint32_t layer,
                           uint32_t first_position, float softmax_scale) {
  const size_t queries = size_t{query.tokens} * query.heads;
  float* state = grown(softmax_state_, 2 * queries);
  AttentionCall call = {out,
                        query,
                        cache,
                        layer,
                        first_position,
                        softmax_scale,
                        kernels_,
                        latent_kernels(cache, out.dim),
                        state,
                        state + queries,
                        nullptr,
                        nullptr};
  if (call.tiled != nullptr && call.groups() == 1) {
    call.packed = grown(packed_queries_, pool_.size() * call.packed_bytes());
    has_packed_.assign(pool_.size(), 0);
    call.has_packed = has_packed_.data();
  } else if (call.tiled != nullptr) {
    call.packed = grown(packed_queries_, call.groups() * call.packed_bytes());
    pool_.run(call.groups(),
              [&](uint32_t group, unsigned) { call.pack(group, call.packed + group * call.packed_bytes()); });
  }
  // With few groups the chunks are what can be shared out: one token at a great depth.
  if (call.groups() >= 2 * pool_.size() || pool_.size() == 1)
    attention_by_groups(call);
  else
    attention_by_chunks(call);
  for (AfterAttention& after : after_attention_) after.count = 0;
}

const cpu::LatentKernels* CpuBackend::latent_kernels(const KvCache& cache, uint32_t value_width) const {
  if (attention_ == nullptr || cache.layout().type == KvType::F32) return nullptr;
  const KvLayout& layout = cache.layout();
  const bool is_q8 =
      layout.type == KvType::Q8_0 && value_width % cpu::kQ8ValueUnit == 0 && layout.width <= cpu::kQ8MaxWidth;
  return is_q8 && attention_->latent_q8 != nullptr ? attention_->latent_q8 : attention_->latent;
}

/// A task goes through all chunks for its group.
void CpuBackend::attention_by_groups(const AttentionCall& call) {
  const size_t sums_floats = call.sums_floats();
  reserve_worker_scratch(call.scratch_floats() + sums_floats + 2 * kGroupQueries);
  pool_.run(call.groups(), [&](uint32_t group, unsigned worker) {
    float* scratch = worker_scratch(worker);
    float* state = scratch + call.scratch_floats();
    float* sums = state + 2 * kGroupQueries;
    const uint32_t first = group * kGroupQueries;
    const uint32_t end = call.end_of_group(group);
    const uint32_t chunks = call.chunks_of(call.positions_of(end - 1));
    for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
      call.run_chunk(group, chunk, worker, scratch, sums, state, nullptr);
      for (uint32_t index = first; index < end; ++index) call.merge(index, chunk, sums, state);
    }
    for (uint32_t index = first; index < end; ++index) call.finish(index);
  });
}

/// A task is one chunk for one group; the results are joined in the same order as above, some chunks at a
/// time so that their sums need little memory.
void CpuBackend::attention_by_chunks(const AttentionCall& call) {
  constexpr uint32_t kSlots = 64;  // results that wait for being joined
  const size_t sums_floats = call.sums_floats();
  const uint32_t groups = call.groups();
  const uint32_t chunks = call.chunks_of(call.positions_of(call.queries() - 1));
  const uint32_t at_once = std::clamp(kSlots / groups, 1u, chunks);
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
      // Not before the last chunks of one token: until the rest is done, more would not stay in the cache.
      const bool is_late = groups == 1 && chunk + 2 * pool_.size() + 1 > chunks;
      call.run_chunk(group, chunk, worker, worker_scratch(worker), sums + slot(group, chunk) * sums_floats,
                     state + slot(group, chunk) * 2 * kGroupQueries,
                     is_late ? &after_attention_[worker] : nullptr);
    });
    pool_.run(divide_up(call.queries(), kMergeQueries), [&](uint32_t task, unsigned) {
      const uint32_t last = std::min(call.queries(), (task + 1) * kMergeQueries);
      for (uint32_t index = task * kMergeQueries; index < last; ++index) {
        for (uint32_t chunk = first; chunk < end; ++chunk) {
          const size_t from = slot(index / kGroupQueries, chunk);
          if (chunk + 1 < end)
            call.ask_for_sums(index, sums + slot(index / kGroupQueries, chunk + 1) * sums_floats);
          call.merge(index, chunk, sums + from * sums_floats, state + from * 2 * kGroupQueries);
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
