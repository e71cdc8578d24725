#pragma once

#include "app/cli/compute_options.h"
#include "engine/kv/kv_row.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kvasir::app {

struct MeasureOptions {
  std::string model;
  std::vector<uint32_t> depths = {0};  ///< tokens that stand in the context before the prompt
  uint32_t prompt_tokens = 512;
  uint32_t generate_tokens = 32;
  uint32_t repeats = 1;
  engine::KvType kv_type = engine::KvType::F16;
  ComputeOptions compute;
};

/// Speeds behind one depth, one of each for each repeat. A share is what decode's reads of weights and KV
/// come to, beside what a plain loop reads.
struct DepthSpeeds {
  uint32_t depth = 0;
  std::vector<double> prefill_tokens_per_second;
  std::vector<double> decode_tokens_per_second;
  /// What a plain loop reads the weights at where they lie, or what the GPU copies its memory at.
  std::vector<double> memory_bytes_per_second;
  std::vector<double> bandwidth_shares;
  double kv_bytes_per_token = 0;  ///< that a decoded token reads, on average over those decoded
  // Of the last repeat, where kernels are timed.
  std::vector<engine::ComputeDevice::KernelTime> prefill_kernels;
  std::vector<engine::ComputeDevice::KernelTime> decode_kernels;
};

struct Measurement {
  double load_ms = 0;
  double weight_bytes_per_token = 0;  ///< that a decoded token reads
  engine::ComputeDevice device;
  std::vector<double> memory_bytes_per_second;  ///< one for each repeat: the mean over all depths
  std::vector<DepthSpeeds> speeds;              ///< in the order of the options' depths
};

/// Loads the model and measures prefill, then decode behind it, at each depth and repeat by repeat. Up to a
/// depth the context holds random values in the place of computed ones. Memory is measured every few decoded
/// tokens, at the weights' own place: how fast it is can change within a second.
/// Throws CommandFailed.
Measurement measure(const MeasureOptions& options);

}  // namespace kvasir::app
