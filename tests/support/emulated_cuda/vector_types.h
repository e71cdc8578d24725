#pragma once

// CUDA's vector types, with CUDA's alignments.
#define EMULATED_CUDA_VECTORS(T, name, align2, align4)   \
  struct name##1 {                                       \
    T x;                                                 \
  };                                                     \
  struct alignas(align2) name##2 {                       \
    T x, y;                                              \
  };                                                     \
  struct name##3 {                                       \
    T x, y, z;                                           \
  };                                                     \
  struct alignas(align4) name##4 {                       \
    T x, y, z, w;                                        \
  };                                                     \
  constexpr name##2 make_##name##2(T x, T y) {           \
    return {x, y};                                       \
  }                                                      \
  constexpr name##3 make_##name##3(T x, T y, T z) {      \
    return {x, y, z};                                    \
  }                                                      \
  constexpr name##4 make_##name##4(T x, T y, T z, T w) { \
    return {x, y, z, w};                                 \
  }

EMULATED_CUDA_VECTORS(signed char, char, 2, 4)
EMULATED_CUDA_VECTORS(unsigned char, uchar, 2, 4)
EMULATED_CUDA_VECTORS(short, short, 4, 8)
EMULATED_CUDA_VECTORS(unsigned short, ushort, 4, 8)
EMULATED_CUDA_VECTORS(int, int, 8, 16)
EMULATED_CUDA_VECTORS(unsigned int, uint, 8, 16)
EMULATED_CUDA_VECTORS(long long, longlong, 16, 16)
EMULATED_CUDA_VECTORS(unsigned long long, ulonglong, 16, 16)
EMULATED_CUDA_VECTORS(float, float, 8, 16)
EMULATED_CUDA_VECTORS(double, double, 16, 16)
#undef EMULATED_CUDA_VECTORS

struct dim3 {
  unsigned int x = 1, y = 1, z = 1;

  constexpr dim3(unsigned int x_ = 1, unsigned int y_ = 1, unsigned int z_ = 1) : x(x_), y(y_), z(z_) {}
  constexpr operator uint3() const { return {x, y, z}; }
};

// Which thread runs: set before a thread goes on.
inline uint3 threadIdx;
inline uint3 blockIdx;
inline dim3 blockDim;
inline dim3 gridDim;
constexpr int warpSize = 32;
