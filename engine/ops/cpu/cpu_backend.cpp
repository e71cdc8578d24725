#include "engine/ops/cpu/cpu_backend.h"

#include "engine/gguf/convert.h"
#include "engine/ops/cpu/interleave.h"

#include <sys/mman.h>

#include <cmath>
#include <cstring>
#include <new>
#include <string>

namespace kvasir::engine {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

Error CpuBackend::no_memory() {
  return {ErrorCode::OutOfMemory,
          "There is not enough memory to run this model. Close other programs, or choose a smaller model."};
}

void CpuBackend::FreeAligned::operator()(void* memory) const {
  ::operator delete(memory, kAlignment);
}

void CpuBackend::Unmap::operator()(void* memory) const {
  munmap(memory, bytes);
}

CpuBackend::CpuBackend(unsigned threads, const cpu::Kernels& kernels, const cpu::QuantisedKernels* quantised,
                       const cpu::AttentionKernels* attention, bool keep_weights_in_file)
    : kernels_(kernels),
      quantised_(quantised),
      attention_(attention),
      keep_weights_in_file_(keep_weights_in_file),
      pool_(threads),
      worker_scratch_(pool_.size()),
      after_attention_(pool_.size()) {}

std::byte* CpuBackend::map_weights(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
#ifdef MADV_HUGEPAGE
  // Decoding strides through all weights: with small pages a tenth of it is spent looking up addresses.
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return weights_.emplace_back(static_cast<std::byte*>(memory), Unmap{bytes}).get();
}

Result<TensorView> CpuBackend::place(const TensorView& weight, std::span<std::byte> writable) {
  if (!can_dequantize(weight.dtype))
    return fail(ErrorCode::Unsupported, "The tensor " + weight.name + " is stored as " +
                                            std::string(dtype_name(weight.dtype)) +
                                            ", which this version can't compute with. Choose a file in "
                                            "another quantisation, for example Q4_K_M.");
  if (keep_weights_in_file_ || !is_quantised(weight)) return weight;

  TensorView placed = weight;
  placed.layout = Layout::Interleaved;
  const bool in_place = !writable.empty();
  if (!in_place) {
    placed.matrix_stride = 0;
    std::byte* const own = map_weights(weight.matrices() * weight.matrix_bytes());
    if (own == nullptr) return tl::unexpected(no_memory());
    writable = {own, weight.matrices() * weight.matrix_bytes()};
  }
  placed.data = writable;

  const auto cols = static_cast<uint32_t>(weight.cols());
  const size_t group_bytes = weight.row_stride_bytes() * cpu::kGroupRows;
  const auto groups = static_cast<uint32_t>(weight.rows() / cpu::kGroupRows);
  const auto matrices = static_cast<uint32_t>(weight.matrices());
  constexpr uint32_t kTaskGroups = 16;
  const uint32_t tasks = (groups + kTaskGroups - 1) / kTaskGroups;
  if (in_place) reserve_worker_scratch((group_bytes + sizeof(float) - 1) / sizeof(float));
  pool_.run(tasks * matrices, [&](uint32_t task, unsigned worker) {
    const uint32_t first = task % tasks * kTaskGroups;
    for (uint32_t group = first; group < std::min(groups, first + kTaskGroups); ++group) {
      const std::byte* rows = weight.row(task / tasks, group * cpu::kGroupRows);
      std::byte* const out =
          writable.data() + task / tasks * placed.matrix_stride_bytes() + group * group_bytes;
      if (in_place) {
        auto* const copy = reinterpret_cast<std::byte*>(worker_scratch(worker));
        std::memcpy(copy, rows, group_bytes);
        rows = copy;
      }
      cpu::interleave_group(weight.dtype, cols, rows, weight.row_stride_bytes(), out);
    }
  });
  return placed;
}

Result<std::byte*> CpuBackend::allocate_bytes(size_t bytes) {
  auto* memory =
      static_cast<std::byte*>(::operator new(std::max<size_t>(bytes, 1), kAlignment, std::nothrow));
  if (memory == nullptr) return tl::unexpected(no_memory());
  return memory_.emplace_back(memory).get();
}

Result<float*> CpuBackend::allocate(size_t floats) {
  return allocate_bytes(floats * sizeof(float)).map([](std::byte* bytes) {
    return reinterpret_cast<float*>(bytes);
  });
}

Result<Routing> CpuBackend::allocate_routing(uint32_t tokens, uint32_t per_token) {
  const size_t slots = size_t{tokens} * per_token;
  const auto weights = allocate(slots);
  if (!weights) return tl::unexpected(weights.error());
  const auto experts = allocate_bytes(slots * sizeof(int32_t));
  if (!experts) return tl::unexpected(experts.error());
  return Routing{reinterpret_cast<int32_t*>(*experts), *weights, tokens, per_token};
}

void CpuBackend::reserve_worker_scratch(size_t floats) {
  const size_t bytes = floats * sizeof(float);
  for (Scratch& scratch : worker_scratch_) {
    if (scratch.bytes >= bytes) continue;
    scratch = {};
    scratch.memory.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
    scratch.bytes = bytes;
  }
}

void CpuBackend::embed(Activations out, const TensorView& table, std::span<const int32_t> ids) {
  for_tokens(out.tokens, out.cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t)
      kernels_.dequantize(table.dtype, table.row(0, static_cast<uint64_t>(ids[t])), out.cols, out.row(t));
  });
}

void CpuBackend::rms_norm(Activations out, Activations in, const TensorView& weight, float eps) {
  float* scale = grown(norm_weight_, in.cols);
  kernels_.dequantize(weight.dtype, weight.row(0, 0), in.cols, scale);
  for_tokens(in.tokens, in.cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t) kernels_.rms_norm(out.row(t), in.row(t), scale, in.cols, eps);
  });
}

const CpuBackend::RopeTable& CpuBackend::rope_table(const RopeFrequencies& frequencies,
                                                    uint32_t first_position, uint32_t tokens) {
  RopeTable& table = rope_table_;
  if (table.first_position == first_position && table.tokens == tokens &&
      table.inverse == frequencies.inverse)
    return table;
  table.inverse = frequencies.inverse;
  table.first_position = first_position;
  table.tokens = tokens;
  const size_t pairs = table.inverse.size();
  table.cos_sin.resize(tokens * pairs * 2);
  for_tokens(tokens, 32 * pairs, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t) {
      const double position = first_position + t;
      float* pair = table.cos_sin.data() + t * pairs * 2;
      for (size_t i = 0; i < pairs; ++i) {
        *pair++ = static_cast<float>(std::cos(position * table.inverse[i]));
        *pair++ = static_cast<float>(std::sin(position * table.inverse[i]));
      }
    }
  });
  return table;
}

void CpuBackend::rope(HeadActivations out, HeadActivations in, const RopeFrequencies& frequencies,
                      uint32_t first_position) {
  const RopeTable& table = rope_table(frequencies, first_position, in.tokens);
  for_tokens(in.tokens, uint64_t{in.heads} * in.dim, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t) {
      const float* angles = table.cos_sin.data() + size_t{t} * in.dim;
      for (uint32_t h = 0; h < in.heads; ++h) {
        const float* x = in.at(t, h);
        float* y = out.at(t, h);
        for (uint32_t i = 0; i < in.dim; i += 2) {
          const float even = x[i] * angles[i] - x[i + 1] * angles[i + 1];
          const float odd = x[i] * angles[i + 1] + x[i + 1] * angles[i];
          y[i] = even;
          y[i + 1] = odd;
        }
      }
    }
  });
}

void CpuBackend::gather(Activations out, Activations in, std::span<const uint32_t> rows) {
  for (uint32_t i = 0; i < out.tokens; ++i) std::copy_n(in.row(rows[i]), in.cols, out.row(i));
}

void CpuBackend::read(std::span<float> out, Activations in) {
  for (uint32_t t = 0; t < in.tokens; ++t) std::copy_n(in.row(t), in.cols, out.data() + size_t{t} * in.cols);
}

}  // namespace kvasir::engine
