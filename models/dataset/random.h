// Random numbers that are the same on every machine and with every standard library.
// std::mt19937_64 is fixed by the standard; its distributions are not, so they are not used.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace lookbook {

// One seed made of several numbers; any change of one of them gives an unrelated seed. (SplitMix64
// steps.)
inline uint64_t MixSeed(std::initializer_list<uint64_t> parts) {
  uint64_t state = 0;
  for (uint64_t part : parts) {
    state += part + 0x9E3779B97F4A7C15u;
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
    state = (state ^ (state >> 27)) * 0x94D049BB133111EBu;
    state ^= state >> 31;
  }
  return state;
}

// Not thread-safe: one per thread, or one per item.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // Uniform over 0 … bound-1, without bias. REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) {
    const uint64_t excess = (UINT64_MAX % bound + 1) % bound;  // 2^64 mod bound
    uint64_t value = engine_();
    while (value > UINT64_MAX - excess) value = engine_();
    return value % bound;
  }

  // Uniform over [0, 1), in steps of 2^-53.
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  bool Chance(double probability) { return Uniform() < probability; }

  // 64 random bits.
  uint64_t Bits() { return engine_(); }

  // Index i with probability weights[i] / sum. REQUIRES: weights >= 0, sum > 0.
  int Weighted(absl::Span<const double> weights) {
    double sum = 0;
    for (double weight : weights) sum += weight;
    double left = Uniform() * sum;
    int last = 0;
    for (int i = 0; i < static_cast<int>(weights.size()); ++i) {
      if (weights[i] <= 0) continue;
      last = i;
      left -= weights[i];
      if (left < 0) return i;
    }
    return last;  // Rounding: `left` ended at 0.
  }

  template <typename T>
  void Shuffle(std::vector<T>* values) {
    for (size_t i = values->size(); i > 1; --i) {
      std::swap((*values)[i - 1], (*values)[Below(i)]);
    }
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace lookbook
