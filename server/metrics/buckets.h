// Upper bounds of the histograms; docs/metrics.md lists them.
#pragma once

#include <cmath>
#include <vector>

namespace lookbook {

// Seconds: 0.00025 · 2^(k/2) for k = 0 … 24, to three digits, so that a p99 of 2 to 30 ms can be
// read, and 0.25, the bound of the latency objective.
inline std::vector<double> LatencyBuckets() {
  std::vector<double> bounds;
  for (int k = 0; k <= 24; ++k) {
    const double exact = 0.00025 * std::pow(2.0, k / 2.0);
    const double unit = std::pow(10.0, std::floor(std::log10(exact)) - 2);
    const double rounded = std::round(exact / unit) / std::round(1 / unit);
    if (k == 20) bounds.push_back(0.25);
    bounds.push_back(rounded);
  }
  return bounds;
}

// Seconds that a caller leaves us, and seconds that loading a bundle takes.
inline std::vector<double> DeadlineBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}
inline std::vector<double> LoadBuckets() {
  return {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250};
}

inline std::vector<double> BatchBuckets() { return {1, 2, 4, 8, 16, 32, 64, 128, 256}; }

inline std::vector<double> ByteBuckets() {
  return {4096, 16384, 65536, 262144, 1048576, 4194304, 16777216};
}

inline std::vector<double> PixelBuckets() {
  return {4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 50000000};
}

// Cosine of the best neighbour.
inline std::vector<double> SimilarityBuckets() {
  return {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1};
}

}  // namespace lookbook
