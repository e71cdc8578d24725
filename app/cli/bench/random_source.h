#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace kvasir::app {

/// Splits one seed into many that have nothing to do with each other (SplitMix64).
inline uint64_t mix_seed(uint64_t state) {
  state += 0x9e3779b97f4a7c15ull;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9ull;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebull;
  return state ^ (state >> 31);
}

/// Random bits by the gigabyte (xoshiro256++, Blackman and Vigna 2019): the same for the same seed on every
/// machine.
class RandomSource {
 public:
  explicit RandomSource(uint64_t seed) {
    for (uint64_t& word : state_) word = seed = mix_seed(seed);
  }

  uint64_t next() {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// In [low, high), even.
  float uniform(float low, float high) {
    return low + (high - low) * (static_cast<float>(next() >> 40) * 0x1p-24f);
  }

  void fill(std::span<std::byte> out) {
    for (; out.size() >= sizeof(uint64_t); out = out.subspan(sizeof(uint64_t))) {
      const uint64_t word = next();
      std::memcpy(out.data(), &word, sizeof word);
    }
    const uint64_t word = next();
    std::memcpy(out.data(), &word, out.size());
  }

 private:
  std::array<uint64_t, 4> state_{};
};

}  // namespace kvasir::app
