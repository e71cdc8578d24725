#include "engine/cuda/kernel_profile.h"

#include <algorithm>
#include <map>

namespace kvasir::engine::cuda {

KernelProfile::~KernelProfile() {
  for (const Launch& launch : launches_) free_events_.insert(free_events_.end(), {launch.begin, launch.end});
  for (const cudaEvent_t event : free_events_) cudaEventDestroy(event);
}

cudaEvent_t KernelProfile::event() {
  cudaEvent_t event = nullptr;
  if (free_events_.empty()) {
    cudaEventCreate(&event);
  } else {
    event = free_events_.back();
    free_events_.pop_back();
  }
  return event;
}

void KernelProfile::before(const char* kernel, cudaStream_t stream) {
  const Launch& launch = launches_.emplace_back(kernel, event(), event());
  cudaEventRecord(launch.begin, stream);
}

void KernelProfile::after(const char* /*kernel*/, cudaStream_t stream) {
  cudaEventRecord(launches_.back().end, stream);
}

std::vector<ComputeDevice::KernelTime> KernelProfile::take() {
  std::map<std::string, ComputeDevice::KernelTime> times;
  for (const auto& [kernel, begin, end] : launches_) {
    float ms = 0;
    cudaEventSynchronize(end);
    cudaEventElapsedTime(&ms, begin, end);
    ComputeDevice::KernelTime& time = times[kernel];
    time.name = kernel;
    ++time.launches;
    time.ms += static_cast<double>(ms);
    free_events_.insert(free_events_.end(), {begin, end});
  }
  launches_.clear();
  std::vector<ComputeDevice::KernelTime> sorted;
  for (auto& [kernel, time] : times) sorted.push_back(std::move(time));
  std::ranges::sort(sorted, std::greater(), &ComputeDevice::KernelTime::ms);
  return sorted;
}

}  // namespace kvasir::engine::cuda
