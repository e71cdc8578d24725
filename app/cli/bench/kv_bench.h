#pragma once

#include "app/cli/compute_options.h"
#include "engine/kv/kv_row.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kvasir::app {

struct KvBenchOptions {
  std::string model;
  std::string folder;  ///< for the store and what it is compared with, on the disk that is meant
  engine::KvType kv_type = engine::KvType::F16;
  ComputeOptions compute;
  bool encrypt = false;

  // Reopening.
  std::vector<uint32_t> tokens = {4096, 16384, 32768};
  uint32_t message_tokens = 32;
  /// Longer prefixes hold random values, and what computing them takes is estimated.
  uint32_t computed_tokens = 4096;
  bool estimate_cold = true;  ///< which takes far longer than all else
  uint32_t repeats = 3;

  // Saving.
  uint32_t pairs = 20;
  uint32_t generate_tokens = 1024;
};

/// A chat of `tokens` tokens that is gone on with by a message. One value for each repeat where there are
/// several.
struct Reopening {
  uint32_t tokens = 0;
  uint64_t bytes = 0;                        ///< of the records on the disk
  bool computed = true;                      ///< else the KV is random, and `cold_ms` estimated
  double cold_ms = 0;                        ///< to the first token without the store
  std::vector<double> raw_bytes_per_second;  ///< direct reads of a file of so many bytes
  std::vector<double> restore_ms;            ///< with a cold page cache
  std::vector<double> reopened_ms;           ///< to the first token
  std::vector<double> message_ms;            ///< of these: computing the message
};

/// Throws CommandFailed.
std::vector<Reopening> measure_reopening(const KvBenchOptions& options);

/// A value for each run.
struct DecodeCost {
  std::vector<double> us_per_token;
  /// Of all threads, the writer's and the readers' included, until everything is on the disk: what others do
  /// on the machine changes it little.
  std::vector<double> cpu_us_per_token;
};
/// Decode with saving and without, one of each for each pair; which one is first alternates.
struct SavingCost {
  DecodeCost saving, not_saving;
  uint64_t bytes_written = 0;
};
/// Throws CommandFailed.
SavingCost measure_saving(const KvBenchOptions& options);

}  // namespace kvasir::app
