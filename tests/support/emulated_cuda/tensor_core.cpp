#include "tests/support/emulated_cuda/tensor_core.h"

#include "tests/support/emulated_cuda/device.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <array>
#include <cstring>

namespace emulated_cuda {
namespace {

struct MmaLane {
  float* c;
  const uint32_t* a;
  const uint32_t* b;
};

// Lane (group, place) = (lane / 4, lane % 4). A register holds two values of neighbouring k: k = 2 · place
// and the next, plus 8 in the registers of the second half.
template <class Format>
void multiply_warp(const LaneParts& parts) {
  float a[16][16];  // {m, k}
  float b[8][16];   // {n, k}
  const auto unpack = [](float* to, uint32_t pair) {
    to[0] = Format::widen(static_cast<uint16_t>(pair));
    to[1] = Format::widen(static_cast<uint16_t>(pair >> 16));
  };
  for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
    if (parts[lane] == nullptr) misuse("mma needs all 32 lanes of a warp");
    const auto& mine = *static_cast<const MmaLane*>(parts[lane]);
    const unsigned group = lane / 4, k = 2 * (lane % 4);
    unpack(&a[group][k], mine.a[0]);
    unpack(&a[group + 8][k], mine.a[1]);
    unpack(&a[group][k + 8], mine.a[2]);
    unpack(&a[group + 8][k + 8], mine.a[3]);
    unpack(&b[group][k], mine.b[0]);
    unpack(&b[group][k + 8], mine.b[1]);
  }
  for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
    float* const c = static_cast<const MmaLane*>(parts[lane])->c;
    for (unsigned i = 0; i < 4; ++i) {
      const float* const row = a[lane / 4 + 8 * (i / 2)];
      const float* const column = b[2 * (lane % 4) + i % 2];
      // Products of two 16-bit floats are exact in float32.
      float sum = 0;
      for (unsigned k = 0; k < 16; ++k) sum += row[k] * column[k];
      c[i] += sum;
    }
  }
}

struct MatrixLane {
  uint32_t* registers;
  unsigned matrices;
  const void* row;
  bool transposed;
};

void load_warp(const LaneParts& parts) {
  for (unsigned lane = 0; lane < kWarpLanes; ++lane)
    if (parts[lane] == nullptr) misuse("ldmatrix needs all 32 lanes of a warp");
  for (unsigned matrix = 0; matrix < static_cast<const MatrixLane*>(parts[0])->matrices; ++matrix) {
    std::array<std::array<uint16_t, 8>, 8> values;  // {row, column}
    for (unsigned row = 0; row < 8; ++row) {
      const void* const from = static_cast<const MatrixLane*>(parts[8 * matrix + row])->row;
      if (reinterpret_cast<uintptr_t>(from) % 16 != 0) misuse("ldmatrix needs rows aligned to 16 bytes");
      std::memcpy(values[row].data(), from, sizeof values[row]);
    }
    for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
      const auto& mine = *static_cast<const MatrixLane*>(parts[lane]);
      const unsigned line = lane / 4, place = 2 * (lane % 4);
      const uint16_t low = mine.transposed ? values[place][line] : values[line][place];
      const uint16_t high = mine.transposed ? values[place + 1][line] : values[line][place + 1];
      mine.registers[matrix] = uint32_t{high} << 16 | low;
    }
  }
}

}  // namespace

void mma_m16n8k16_f16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  MmaLane mine{c, a, b};
  meet_warp("mma (f16)", kAllLanes, mine, multiply_warp<HalfFormat>);
}

void mma_m16n8k16_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  if (device().compute_capability < 80) misuse("mma (bf16) needs compute capability 8.0");
  MmaLane mine{c, a, b};
  meet_warp("mma (bf16)", kAllLanes, mine, multiply_warp<Bfloat16Format>);
}

void load_matrices(uint32_t* registers, unsigned matrices, const void* row, bool transposed) {
  MatrixLane mine{registers, matrices, row, transposed};
  meet_warp("ldmatrix", kAllLanes, mine, load_warp);
}

}  // namespace emulated_cuda
