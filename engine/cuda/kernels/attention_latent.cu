#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/kernels/attention_latent.cuh"
#include "engine/cuda/kernels/attention_latent_combine.cuh"
#include "engine/cuda/kernels/attention_latent_float.cuh"
#include "engine/cuda/kernels/attention_latent_tensor.cuh"

#include <algorithm>

namespace kvasir::engine::cuda {
namespace {

/// With the workspace that is asked for. Enough to fill a device, and few enough for the partial results to
/// stay in its cache.
constexpr uint32_t kTokensAtOnce = 8;

template <class Value>
LatentPartials<Value> cut_partials(WorkspaceCutter& cutter, uint32_t tokens, uint32_t heads,
                                   uint32_t most_chunks, uint32_t kv_lora) {
  LatentPartials<Value> partials;
  partials.most_chunks = most_chunks;
  partials.mean_stride = divide_up(kv_lora, partials.kMeanStep) * partials.kMeanStep;
  const size_t count = size_t{tokens} * most_chunks * heads;
  partials.largest = cutter.take<float>(count);
  partials.sum = cutter.take<float>(count);
  partials.mean = cutter.take<Value>(count * partials.mean_stride);
  return partials;
}

template <class Value>
size_t partial_bytes(uint32_t tokens, uint32_t heads, uint32_t most_chunks, uint32_t kv_lora) {
  WorkspaceCutter cutter(nullptr);
  cut_partials<Value>(cutter, tokens, heads, most_chunks, kv_lora);
  return cutter.used();
}

/// A kernel that attends to chunks, and its shape.
template <class Value>
struct ChunkKernel {
  const char* name = nullptr;
  void (*kernel)(LatentParams<Value>) = nullptr;
  uint32_t heads = 0;  ///< of a block
  uint32_t threads = 0;
  size_t shared_bytes = 0;
};

LatentAttention tokens_of(const LatentAttention& call, uint32_t first, uint32_t count) {
  LatentAttention part = call;
  part.out += first * call.out_token_stride;
  part.query += first * call.query_token_stride;
  part.position.offset += first;
  part.tokens = count;
  return part;
}

/// As many tokens at once as the workspace has room for.
template <class Value>
void attend(Stream& stream, Workspace workspace, const LatentAttention& call,
            const ChunkKernel<Value>& kernel) {
  const uint32_t head_blocks = divide_up(call.heads, kernel.heads);
  const uint32_t chunks = most_chunks(stream.limits(), head_blocks);
  uint32_t at_once = call.tokens;
  while (at_once > 1 && partial_bytes<Value>(at_once, call.heads, chunks, call.kv_lora) > workspace.bytes)
    at_once = std::min(at_once - 1, kTokensAtOnce);
  for (uint32_t first = 0; first < call.tokens; first += at_once) {
    LatentParams<Value> params;
    params.call = tokens_of(call, first, std::min(at_once, call.tokens - first));
    WorkspaceCutter cutter(workspace.data);
    params.partials = cut_partials<Value>(cutter, at_once, call.heads, chunks, call.kv_lora);
    stream.launch(kernel.name, kernel.kernel, dim3(chunks, head_blocks, params.call.tokens),
                  dim3(kernel.threads), kernel.shared_bytes, params);
    stream.launch("combine_latent", combine_latent_kernel<Value>,
                  dim3(divide_up(call.kv_lora, kCombineColumns), call.heads, params.call.tokens),
                  dim3(kCombineThreads), 0, params);
  }
}

/// The first of these that fits in a block's shared memory.
template <class... Chunks>
ChunkKernel<__half> first_that_fits(const DeviceLimits& limits) {
  ChunkKernel<__half> found;
  const auto consider = [&]<class Chunk>(const Chunk*) {
    if (found.kernel == nullptr && Chunk::shared_bytes() <= limits.shared_bytes_per_block)
      found = {"latent_attention", latent_attention_kernel<Chunk>, Chunk::kHeads, Chunk::kThreads,
               Chunk::shared_bytes()};
  };
  (consider(static_cast<const Chunks*>(nullptr)), ...);
  return found;
}

/// Deep prefetching where there is shared memory for it (compute capability 8.0, 9.0, 10.0), less on others,
/// small tiles on 7.5.
template <int kHeadGroups, KvType kType>
ChunkKernel<__half> tensor_kernel(const DeviceLimits& limits) {
  return first_that_fits<LatentChunk<kHeadGroups, kType, 32, 4>, LatentChunk<kHeadGroups, kType, 32, 2>,
                         LatentChunk<kHeadGroups, kType, 16, 2>>(limits);
}

template <int kHeadGroups>
ChunkKernel<__half> tensor_kernel(const DeviceLimits& limits, KvType type) {
  return type == KvType::F16 ? tensor_kernel<kHeadGroups, KvType::F16>(limits)
                             : tensor_kernel<kHeadGroups, KvType::Q8_0>(limits);
}

/// A kernel for tensor cores; none where the shape is not the one that DeepSeek's models have.
ChunkKernel<__half> tensor_kernel(const DeviceLimits& limits, const LatentAttention& call) {
  using Any = LatentChunk<1, KvType::F16, 32, 2>;
  const bool query_in_pairs = reinterpret_cast<uintptr_t>(call.query) % sizeof(float2) == 0 &&
                              call.query_token_stride % 2 == 0 && call.query_head_stride % 2 == 0;
  if (call.rows.type == KvType::F32 || call.kv_lora != Any::kKvLora || call.rows.width != Any::kWidth ||
      call.rows.row_bytes != kv_row_bytes(call.rows.type, Any::kWidth) || !query_in_pairs)
    return {};
  return call.heads <= Any::kHeads ? tensor_kernel<1>(limits, call.rows.type)
                                   : tensor_kernel<2>(limits, call.rows.type);
}

}  // namespace

void attend_latent(Stream& stream, Workspace workspace, const LatentAttention& call) {
  const ChunkKernel<__half> on_tensor_cores = tensor_kernel(stream.limits(), call);
  if (on_tensor_cores.kernel != nullptr) {
    attend(stream, workspace, call, on_tensor_cores);
    return;
  }
  attend(stream, workspace, call,
         ChunkKernel<float>{"float_latent_attention", float_latent_attention_kernel, FloatLatentChunk::kHeads,
                            FloatLatentChunk::kThreads,
                            FloatLatentChunk::shared_bytes(call.rows.width, call.kv_lora)});
}

size_t latent_attention_workspace_bytes(const DeviceLimits& limits, uint32_t max_tokens, uint32_t heads,
                                        uint32_t kv_lora) {
  const uint32_t tokens = std::min(max_tokens, kTokensAtOnce);
  // A block takes 8 heads in floats, 16 or 32 in halves.
  return std::max(
      {partial_bytes<float>(tokens, heads, most_chunks(limits, divide_up(heads, 8)), kv_lora),
       partial_bytes<__half>(tokens, heads, most_chunks(limits, divide_up(heads, heads <= 16 ? 16 : 32)),
                             kv_lora)});
}

}  // namespace kvasir::engine::cuda
