#pragma once

#include "engine/cuda/device/host_device.h"

#include <cmath>
#include <cstdint>

namespace kvasir::engine::cuda {

/// Two adjacent components of a head.
struct Pair {
  float x = 0;
  float y = 0;
};

/// By how much a pair turns.
struct Rotation {
  float cosine = 1;
  float sine = 0;

  KVASIR_HOST_DEVICE Pair of(Pair pair) const {
    return {fmaf(pair.x, cosine, -(pair.y * sine)), fmaf(pair.x, sine, pair.y * cosine)};
  }
};

/// The rotation by position · inverse radians. Whole turns are taken away in double precision, because a
/// float has no digits left for the angle at positions of 10⁶; what remains is at most half a turn.
KVASIR_HOST_DEVICE inline Rotation rotation_at(uint32_t position, double inverse) {
  constexpr double kTurn = 6.283185307179586476925286766559;
  const double angle = position * inverse;
  const auto rest = static_cast<float>(fma(-kTurn, rint(angle / kTurn), angle));
  return {cosf(rest), sinf(rest)};
}

}  // namespace kvasir::engine::cuda
