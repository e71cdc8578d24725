#pragma once

// Powers of two for the softmax, written on `Simd`, see attention_tiles.h.

namespace kvasir::engine::cpu {
namespace {

using F = Simd::F;

/// 2^x to about 2e-6 relative; 0 below −126. x = n + r with |r| ≤ 1/2; 2^r by its Taylor series to r⁵.
F exp2(F x) {
  const F limit = Simd::set1(-126.0f);
  const F clamped = Simd::max(limit, x);  // NaN stays NaN
  const F n = Simd::round(clamped);
  const F r = Simd::sub(clamped, n);
  F p = Simd::set1(1.3333558e-3f);
  p = Simd::fma(p, r, Simd::set1(9.6181291e-3f));
  p = Simd::fma(p, r, Simd::set1(5.5504109e-2f));
  p = Simd::fma(p, r, Simd::set1(2.4022651e-1f));
  p = Simd::fma(p, r, Simd::set1(6.9314718e-1f));
  p = Simd::fma(p, r, Simd::set1(1.0f));
  return Simd::zero_below(x, limit, Simd::scale_by_power(p, n));
}

}  // namespace
}  // namespace kvasir::engine::cpu
