#include "engine/cuda/cuda_backend.h"

#include "engine/cuda/device_kv_memory.h"
#include "engine/cuda/kernels/elementwise.h"
#include "engine/cuda/kernels/router.h"
#include "engine/cuda/kernels/top_logits.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace kvasir::engine::cuda {
namespace {

Product product_of(HeadActivations out, const TensorView& weight, HeadActivations in, bool accumulate) {
  return {matrix_of(weight), in.data,          in.token_stride, in.head_stride,
          out.data,          out.token_stride, out.head_stride, accumulate};
}

Product product_of(Activations out, const TensorView& weight, Activations in, bool accumulate) {
  return {matrix_of(weight), in.data, in.stride, 0, out.data, out.stride, 0, accumulate};
}

FfnWeights weights_of(const GatedFfn& ffn) {
  return {matrix_of(ffn.gate), matrix_of(ffn.up), matrix_of(ffn.down)};
}

const float* floats_of(const TensorView& weight) {
  return weight.present() ? reinterpret_cast<const float*>(weight.data.data()) : nullptr;
}

KvRows rows_of(const KvCache& cache, uint32_t layer) {
  return {const_cast<std::byte*>(cache.row(layer, 0)), cache.layout().type, cache.layout().width,
          cache.layout().row_bytes()};
}

}  // namespace

Result<std::unique_ptr<Backend>> CudaBackend::create(const CudaOptions& options,
                                                     std::unique_ptr<Backend> host) {
  if (const auto result = cudaSetDevice(options.device); result != cudaSuccess)
    return tl::unexpected(error_of(result));
  const auto limits = limits_of(options.device);
  if (!limits) return tl::unexpected(limits.error());
  auto stream = make_stream();
  if (!stream) return tl::unexpected(stream.error());
  std::unique_ptr<CudaBackend> backend(
      new CudaBackend(options, std::move(host), *limits, std::move(*stream)));
  if (auto prepared = backend->prepare(); !prepared) return tl::unexpected(prepared.error());
  return backend;
}

CudaBackend::CudaBackend(const CudaOptions& options, std::unique_ptr<Backend> host,
                         const DeviceLimits& limits, OwnedStream stream)
    : options_(options),
      host_(std::move(host)),
      limits_(limits),
      owned_stream_(std::move(stream)),
      stream_(owned_stream_.get(), limits) {
  if (options.profile) stream_.set_observer(&profile_);
}

CudaBackend::~CudaBackend() {
  cudaStreamSynchronize(stream_.get());
}

Result<void> CudaBackend::prepare() {
  cudaDeviceProp properties{};
  if (const auto result = cudaGetDeviceProperties(&properties, options_.device); result != cudaSuccess)
    return tl::unexpected(error_of(result));
  device_.name = properties.name;
  auto done = make_event();
  if (!done) return tl::unexpected(done.error());
  batch_done_ = std::move(*done);
  auto inputs = PinnedBuffer::take(sizeof(Inputs));
  if (!inputs) return tl::unexpected(inputs.error());
  inputs_ = std::move(*inputs);
  auto device_inputs = DeviceBuffer::take(sizeof(Inputs));
  if (!device_inputs) return tl::unexpected(device_inputs.error());
  device_inputs_ = std::move(*device_inputs);
  std::memset(inputs_.data(), 0, sizeof(Inputs));
  send(0, sizeof(Inputs));
  auto upload = WeightUpload::create(stream_);
  if (!upload) return tl::unexpected(upload.error());
  upload_ = std::move(*upload);
  return status();
}

ComputeDevice CudaBackend::device() {
  ComputeDevice device = device_;
  device.kernel_times = profile_.take();
  return device;
}

Result<KvCache> CudaBackend::make_cache(const KvLayout& layout, uint32_t capacity_tokens) {
  DeviceKvMemory::Order order;
  order.before_copy = [this](cudaStream_t copies, size_t end_bytes) -> Result<void> {
    if (end_bytes > batch_rows_begin_) stream_.note(cudaStreamWaitEvent(copies, batch_done_.get()));
    return status();
  };
  order.after_write = [this](cudaEvent_t done) { stream_.note(cudaStreamWaitEvent(stream_.get(), done)); };
  auto memory = DeviceKvMemory::create(layout, capacity_tokens, std::move(order));
  if (!memory) return tl::unexpected(memory.error());
  return KvCache(layout, capacity_tokens, std::move(*memory));
}

bool CudaBackend::begin_batch(const Batch& batch) {
  stream_.note(cudaSetDevice(options_.device));  // of the calling thread
  stream_.note(cudaEventSynchronize(batch_done_.get()));
  needed_.reset();
  size_ = batch.size;
  first_position_ = batch.first_position;
  batch_ids_ = batch.ids.data();
  batch_rows_begin_ = batch.cache == nullptr ? 0 : batch.first_position * batch.cache->layout().row_bytes();
  Inputs& inputs = *inputs_.as<Inputs>();
  inputs.first_position = batch.first_position;
  std::ranges::copy(batch.ids, inputs.ids);

  recording_key_.reset();
  if (batch.recording != 0 && batch.cache != nullptr && !options_.profile && stream_.error() == cudaSuccess)
    recording_key_ =
        RecordingKey{batch.recording, static_cast<uint32_t>(batch.ids.size()), batch.cache->row(0, 0),
                     batch.cache->capacity(), static_cast<uint32_t>(batch.cache->layout().type)};
  if (recording_key_ && recordings_.begin(*recording_key_, stream_.get()) == Recordings::Step::Repeat) {
    stream_.note(recordings_.repeat(stream_.get()));
    return false;
  }
  send(0, offsetof(Inputs, ids) + batch.ids.size_bytes());
  return true;
}

void CudaBackend::end_batch(bool whole) {
  if (whole)
    end_recording();
  else if (recording_key_)
    recordings_.abandon(*recording_key_, stream_.get());
  if (host_experts_) needed_ = host_experts_->take_needed();
  stream_.note(cudaEventRecord(batch_done_.get(), stream_.get()));
  batch_ids_ = nullptr;
  size_ = BatchSize::Small;
}

void CudaBackend::end_recording() {
  if (!recordings_.is_recording()) return;
  stream_.note(recordings_.end(stream_.get(), host_experts_ ? host_experts_->take_needed() : nullptr));
}

Result<void> CudaBackend::status() {
  if (stream_.error() != cudaSuccess) return tl::unexpected(error_of(stream_.error()));
  if (host_experts_ && host_experts_->failed())
    return fail(ErrorCode::OutOfMemory,
                "There was not enough memory for the experts that the processor computes. Close other "
                "programs, or choose a smaller model.");
  return {};
}

ProductMode CudaBackend::mode() const {
  if (options_.arithmetic == Arithmetic::Exact) return ProductMode::Exact;
  return size_ == BatchSize::Large && limits_.has_bf16_tensor_cores() ? ProductMode::Large
                                                                      : ProductMode::Small;
}

Workspace CudaBackend::workspace(size_t bytes) {
  if (workspace_.bytes() < bytes) {
    stream_.note(cudaStreamSynchronize(stream_.get()));
    recordings_.forget();  // they hold the old one's address
    workspace_ = {};       // which may be in the way of the new
    if (auto memory = DeviceBuffer::take(bytes))
      workspace_ = std::move(*memory);
    else
      stream_.note(cudaErrorMemoryAllocation);
  }
  return {workspace_.data(), workspace_.bytes()};
}

BatchPosition CudaBackend::position(uint32_t first_position) const {
  return {&device_inputs_.as<Inputs>()->first_position, first_position - first_position_};
}

void CudaBackend::send(size_t offset, size_t bytes) {
  stream_.note(cudaMemcpyAsync(device_inputs_.data() + offset, inputs_.data() + offset, bytes,
                               cudaMemcpyHostToDevice, stream_.get()));
}

cudaError_t CudaBackend::copy_to_device(std::byte* to, const void* from, size_t bytes) {
  const cudaError_t begun = cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_.get());
  return begun != cudaSuccess ? begun : cudaStreamSynchronize(stream_.get());
}

const double* CudaBackend::on_device(const RopeFrequencies& frequencies) {
  if (inverse_ != frequencies.inverse) {
    const size_t bytes = frequencies.inverse.size() * sizeof(double);
    stream_.note(cudaStreamSynchronize(stream_.get()));
    auto memory = DeviceBuffer::take(bytes);
    if (!memory) {
      stream_.note(cudaErrorMemoryAllocation);
      return nullptr;
    }
    recordings_.forget();  // they hold the old one's address
    device_inverse_ = std::move(*memory);
    stream_.note(copy_to_device(device_inverse_.data(), frequencies.inverse.data(), bytes));
    inverse_ = frequencies.inverse;
  }
  return device_inverse_.as<double>();
}

void CudaBackend::fetch(std::byte* to, const void* from, size_t row_bytes, size_t stride_bytes, size_t rows) {
  end_recording();
  const size_t bytes = row_bytes * rows;
  if (fetched_.bytes() < bytes) {
    auto memory = PinnedBuffer::take(bytes);
    if (!memory) return stream_.note(cudaErrorMemoryAllocation);
    fetched_ = std::move(*memory);
  }
  stream_.note(cudaMemcpy2DAsync(fetched_.data(), row_bytes, from, stride_bytes, row_bytes, rows,
                                 cudaMemcpyDeviceToHost, stream_.get()));
  stream_.note(cudaStreamSynchronize(stream_.get()));
  if (stream_.error() == cudaSuccess) std::memcpy(to, fetched_.data(), bytes);
}

void CudaBackend::embed(Activations out, const TensorView& table, std::span<const int32_t> ids) {
  if (ids.data() != batch_ids_) {  // others than the batch's, which are there already
    stream_.note(cudaStreamSynchronize(stream_.get()));
    std::ranges::copy(ids, inputs_.as<Inputs>()->ids);
    send(offsetof(Inputs, ids), ids.size_bytes());
  }
  cuda::embed(stream_, out.data, out.stride, matrix_of(table), device_inputs_.as<Inputs>()->ids, out.tokens);
}

void CudaBackend::rms_norm(Activations out, Activations in, const TensorView& weight, float eps) {
  cuda::rms_norm(stream_,
                 {out.data, out.stride, in.data, in.stride, floats_of(weight), in.tokens, in.cols, eps});
}

void CudaBackend::multiply_all(std::span<const Product> products, uint32_t tokens) {
  uint64_t in = 0;
  for (const Product& product : products)  // each matrix's in whole multiples of eight
    in += uint64_t{product.weight.matrices} * ((product.weight.cols + 7) / 8 * 8);
  multiply(stream_, workspace(multiply_workspace_bytes(tokens, in)), products, tokens, mode());
}

void CudaBackend::matmul(Activations out, const TensorView& weight, Activations in) {
  const Product product = product_of(out, weight, in, false);
  multiply_all(std::span(&product, 1), in.tokens);
}

void CudaBackend::matmul_add(Activations out, const TensorView& weight, Activations in) {
  const Product product = product_of(out, weight, in, true);
  multiply_all(std::span(&product, 1), in.tokens);
}

void CudaBackend::matmul_each(std::span<const engine::Product> products, Activations in) {
  std::array<Product, kMaxProducts> together;
  while (!products.empty()) {
    const size_t count = std::min(together.size(), products.size());
    for (size_t i = 0; i < count; ++i)
      together[i] = product_of(products[i].out, products[i].weight, in, false);
    multiply_all(std::span(together).first(count), in.tokens);
    products = products.subspan(count);
  }
}

void CudaBackend::matmul_heads(HeadActivations out, const TensorView& weight, HeadActivations in) {
  const Product product = product_of(out, weight, in, false);
  multiply_all(std::span(&product, 1), in.tokens);
}

void CudaBackend::rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
                       uint32_t first_position) {
  Rope call;
  call.out = out.data;
  call.out_token_stride = out.token_stride;
  call.out_head_stride = out.head_stride;
  call.in = in.data;
  call.in_token_stride = in.token_stride;
  call.in_head_stride = in.head_stride;
  call.inverse = on_device(frequencies);
  call.position = position(first_position);
  call.tokens = in.tokens;
  call.heads = in.heads;
  call.dim = in.dim;
  cuda::rope(stream_, call);
}

KvAppend CudaBackend::append_call(KvCache& cache, uint32_t layer, uint32_t first_position,
                                  Activations rows) const {
  KvAppend call;
  call.cache = rows_of(cache, layer);
  call.rows = rows.data;
  call.row_stride = rows.stride;
  call.kv_lora = rows.cols;
  call.position = position(first_position);
  call.tokens = rows.tokens;
  return call;
}

void CudaBackend::kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) {
  cuda::kv_append(stream_, append_call(cache, layer, first_position, rows));
}

void CudaBackend::append_latents(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows,
                                 const TensorView& latent_norm, float eps,
                                 const RopeFrequencies& frequencies) {
  KvAppend call = append_call(cache, layer, first_position, rows);
  call.norm_weight = floats_of(latent_norm);
  call.inverse = on_device(frequencies);
  call.kv_lora = static_cast<uint32_t>(latent_norm.cols());
  call.eps = eps;
  cuda::kv_append(stream_, call);
}

/// What both ways of attention are told.
template <class Call>
Call CudaBackend::attention_call(HeadActivations out, HeadActivations query, const KvCache& cache,
                                 uint32_t layer, uint32_t first_position, float softmax_scale) const {
  Call call;
  call.out = out.data;
  call.out_token_stride = out.token_stride;
  call.out_head_stride = out.head_stride;
  call.query = query.data;
  call.query_token_stride = query.token_stride;
  call.query_head_stride = query.head_stride;
  call.rows = rows_of(cache, layer);
  call.position = position(first_position);
  call.tokens = query.tokens;
  call.softmax_scale = softmax_scale;
  return call;
}

void CudaBackend::attention(HeadActivations out, HeadActivations query, const KvCache& cache, uint32_t layer,
                            uint32_t first_position, float softmax_scale) {
  auto call = attention_call<LatentAttention>(out, query, cache, layer, first_position, softmax_scale);
  call.heads = query.heads;
  call.kv_lora = out.dim;
  attend_latent(stream_,
                workspace(latent_attention_workspace_bytes(limits_, query.tokens, query.heads, out.dim)),
                call);
}

void CudaBackend::attention_expanded(HeadActivations out, HeadActivations query, const KvExpansion& expansion,
                                     const KvCache& cache, uint32_t layer, uint32_t first_position,
                                     float softmax_scale) {
  auto call = attention_call<ExpandedAttention>(out, query, cache, layer, first_position, softmax_scale);
  call.expansion = {expansion.packed, expansion.heads, expansion.nope, expansion.kv_lora, expansion.v_head};
  call.first_position = first_position;
  const size_t least = expanded_attention_workspace_bytes(query.tokens, call.expansion,
                                                          query.dim - expansion.nope, kLeastChunkTokens);
  attend_expanded(stream_, workspace(least), call);
}

void CudaBackend::route(Routing out, const TensorView& router, const TensorView& bias, Activations in,
                        const ModelConfig& config) {
  Route call;
  call.experts = out.experts;
  call.weights = out.weights;
  call.router = floats_of(router);
  call.bias = floats_of(bias);
  call.in = in.data;
  call.in_stride = in.stride;
  call.hidden = in.cols;
  call.tokens = in.tokens;
  call.blocks_done = &device_inputs_.as<Inputs>()->blocks_done;
  call.shape = {config.n_routed_experts,
                config.num_experts_per_tok,
                config.n_group,
                config.topk_group,
                config.scoring_func == ScoringFunc::Sigmoid,
                config.norm_topk_prob,
                config.routed_scaling_factor};
  cuda::route(stream_, workspace(route_workspace_bytes(in.tokens, config.n_routed_experts)), call);
}

void CudaBackend::ffn_add(Activations out, const Routing* routing, const GatedFfn* experts,
                          const GatedFfn& shared, Activations in) {
  FfnCall call;
  FfnWeights expert_weights, shared_weights;
  uint32_t per_token = 0;
  if (experts != nullptr) {
    expert_weights = weights_of(*experts);
    call.experts = &expert_weights;
    call.routing = {routing->experts, routing->weights, routing->per_token};
    per_token = routing->per_token;
  }
  if (shared.present()) {
    shared_weights = weights_of(shared);
    call.shared = &shared_weights;
  }
  call.in = in.data;
  call.in_stride = in.stride;
  call.out = out.data;
  call.out_stride = out.stride;
  call.tokens = in.tokens;
  const size_t bytes = gated_ffn_workspace_bytes(in.tokens, in.cols, per_token, expert_weights.gate.matrices,
                                                 expert_weights.gate.rows, shared_weights.gate.rows);
  cuda::gated_ffn_add(stream_, workspace(bytes), call, mode());
}

void CudaBackend::gated_ffn_add(Activations out, const GatedFfn& ffn, Activations in) {
  ffn_add(out, nullptr, nullptr, ffn, in);
}

void CudaBackend::moe_ffn_add(Activations out, const Routing& routing, const GatedFfn& experts,
                              const GatedFfn& shared, Activations in) {
  if (experts.gate.layout == Layout::OnDevice) return ffn_add(out, &routing, &experts, shared, in);
  if (is_worth_a_visit(experts, routing)) {
    const auto [gate, up, down] = visit(experts);
    const GatedFfn visiting{gate, up, down};
    return ffn_add(out, &routing, &visiting, shared, in);
  }
  host_experts_->begin(stream_, {experts.gate, experts.up, experts.down},
                       {routing.experts, routing.weights, in.data, in.stride, in.tokens, size_});
  if (shared.present()) ffn_add(out, nullptr, nullptr, shared, in);
  const float* const results = host_experts_->end(stream_);
  add(stream_, out.data, out.stride, results, out.cols, out.tokens, out.cols);
}

bool CudaBackend::is_worth_a_visit(const GatedFfn& experts, const Routing& routing) const {
  // An expert that so few tokens share is computed by the processor in the time that bringing it takes.
  constexpr uint64_t kTokensOfExpert = 32;
  const auto matrices = experts.gate.matrices();
  return visitors_.bytes() > 0 && size_ == BatchSize::Large &&
         uint64_t{routing.tokens} * routing.per_token >= kTokensOfExpert * matrices &&
         WeightUpload::can_bring(experts.gate) && WeightUpload::can_bring(experts.up) &&
         WeightUpload::can_bring(experts.down);
}

std::array<TensorView, 3> CudaBackend::visit(const GatedFfn& experts) {
  std::array<TensorView, 3> visiting{experts.gate, experts.up, experts.down};
  std::byte* home = visitors_.data();
  for (TensorView& weight : visiting) {
    // What it can't do is noted in the stream's error.
    static_cast<void>(upload_->bring(weight, home));
    const size_t bytes = WeightUpload::device_bytes_of(weight);
    weight.layout = Layout::OnDevice;
    weight.data = {home, bytes};
    weight.matrix_stride = 0;
    home += bytes;
  }
  return visiting;
}

void CudaBackend::gather(Activations out, Activations in, std::span<const uint32_t> rows) {
  Gather call{out.data,   out.stride, in.data, in.stride, device_inputs_.as<Inputs>()->rows,
              out.tokens, out.cols};
  if (rows.size() == 1) {
    call.in = in.row(rows.front());
    call.rows = &device_inputs_.as<Inputs>()->zero;
    return cuda::gather(stream_, call);
  }
  for (size_t first = 0; first < rows.size(); first += kMaxRows) {
    const auto some = rows.subspan(first, std::min<size_t>(kMaxRows, rows.size() - first));
    stream_.note(cudaStreamSynchronize(stream_.get()));  // those of an earlier call may be on their way
    std::ranges::copy(some, inputs_.as<Inputs>()->rows);
    send(offsetof(Inputs, rows), some.size_bytes());
    call.out = out.row(static_cast<uint32_t>(first));
    call.count = static_cast<uint32_t>(some.size());
    cuda::gather(stream_, call);
  }
}

void CudaBackend::top_logits(engine::TopLogits out, Activations logits) {
  cuda::top_logits(stream_, workspace(top_logits_workspace_bytes(logits.cols)),
                   {reinterpret_cast<TopLogit*>(out.data), logits.data, logits.cols, out.count});
}

void CudaBackend::read(std::span<float> out, Activations in) {
  fetch(reinterpret_cast<std::byte*>(out.data()), in.data, in.cols * sizeof(float), in.stride * sizeof(float),
        in.tokens);
}

void CudaBackend::read_top(std::span<TokenLogit> out, engine::TopLogits in) {
  fetch(reinterpret_cast<std::byte*>(out.data()), in.data, out.size_bytes(), out.size_bytes(), 1);
}

}  // namespace kvasir::engine::cuda
