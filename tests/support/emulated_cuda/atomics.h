#pragma once

#include <concepts>

// Threads take turns, so that plain reads and writes are atomic. Each returns the value before.

namespace emulated_cuda {

template <class T, class Change>
T exchange(T* at, Change change) {
  const T before = *at;
  *at = change(before);
  return before;
}

}  // namespace emulated_cuda

template <class T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T before) { return static_cast<T>(before + value); });
}
template <std::integral T>
T atomicSub(T* at, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T before) { return static_cast<T>(before - value); });
}
template <std::integral T>
T atomicMax(T* at, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T before) { return before < value ? value : before; });
}
template <std::integral T>
T atomicMin(T* at, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T before) { return value < before ? value : before; });
}
template <std::integral T>
T atomicOr(T* at, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T before) { return before | value; });
}
template <std::integral T>
T atomicAnd(T* at, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T before) { return before & value; });
}
template <class T>
T atomicExch(T* at, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T) { return value; });
}
template <std::integral T>
T atomicCAS(T* at, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return emulated_cuda::exchange(at, [=](T before) { return before == expected ? value : before; });
}
/// Counts up to `last`, then from 0 again.
inline unsigned int atomicInc(unsigned int* at, unsigned int last) {
  return emulated_cuda::exchange(at, [=](unsigned int before) { return before >= last ? 0 : before + 1; });
}

inline void __threadfence() {}
inline void __threadfence_block() {}
