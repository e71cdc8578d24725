#pragma once

#include <type_traits>

/// Threads take turns, so that plain reads and writes are atomic. Returns the value before.
template <class T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  const T before = *at;
  *at = static_cast<T>(before + value);
  return before;
}

inline void __threadfence() {}
