// Random unit vectors and a search in plain double arithmetic, to hold an index against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "absl/types/span.h"
#include "engine/index/vector_index.h"

namespace lookbook {

// `n` directions, uniform on the sphere.
inline std::vector<float> RandomUnitVectors(int64_t n, int dim, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<float> values;
  values.reserve(static_cast<size_t>(n * dim));
  std::vector<double> row(static_cast<size_t>(dim));
  for (int64_t i = 0; i < n; ++i) {
    double squares = 0;
    for (double& value : row) {
      value = normal(random);
      squares += value * value;
    }
    for (double value : row) values.push_back(static_cast<float>(value / std::sqrt(squares)));
  }
  return values;
}

// `n` rows around `clusters` random centres, as embeddings lie: each a centre plus `spread` times a
// random direction, made unit length.
inline std::vector<float> ClusteredUnitVectors(int64_t n, int dim, int clusters, double spread,
                                               uint32_t seed) {
  const std::vector<float> centres = RandomUnitVectors(clusters, dim, seed);
  std::vector<float> values = RandomUnitVectors(n, dim, seed + 1);
  std::mt19937 random(seed + 2);
  std::uniform_int_distribution<int> pick(0, clusters - 1);
  for (int64_t row = 0; row < n; ++row) {
    const float* centre = centres.data() + static_cast<size_t>(pick(random)) * dim;
    float* vector = values.data() + static_cast<size_t>(row) * dim;
    double squares = 0;
    for (int j = 0; j < dim; ++j) {
      vector[j] = static_cast<float>(centre[j] + spread * vector[j]);
      squares += static_cast<double>(vector[j]) * vector[j];
    }
    for (int j = 0; j < dim; ++j) vector[j] = static_cast<float>(vector[j] / std::sqrt(squares));
  }
  return values;
}

inline RowSet RandomRows(int64_t rows, double density, uint32_t seed) {
  std::mt19937 random(seed);
  std::bernoulli_distribution coin(density);
  RowSet set(rows);
  for (int64_t row = 0; row < rows; ++row) {
    if (coin(random)) set.Insert(row);
  }
  return set;
}

inline float ReferenceSimilarity(absl::Span<const float> a, const float* b) {
  double dot = 0;
  for (size_t i = 0; i < a.size(); ++i)
    dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return std::min(1.0f, std::max(-1.0f, static_cast<float>(dot)));
}

// The similarity of every row to `query`, by row.
inline std::vector<Neighbor> ReferenceSimilarities(absl::Span<const float> query,
                                                   absl::Span<const float> vectors) {
  std::vector<Neighbor> all;
  for (size_t at = 0; at < vectors.size(); at += query.size()) {
    all.push_back(
        {static_cast<int64_t>(all.size()), ReferenceSimilarity(query, vectors.data() + at)});
  }
  return all;
}

// What Search() must return for a query with these similarities.
inline std::vector<Neighbor> ReferenceSelect(std::vector<Neighbor> all,
                                             const QueryOptions& options) {
  std::erase_if(all, [&](const Neighbor& n) {
    return n.row == options.excluded_row || n.similarity < options.min_similarity ||
           (options.allowed != nullptr && !options.allowed->Contains(n.row));
  });
  std::sort(all.begin(), all.end(), [](const Neighbor& a, const Neighbor& b) {
    return a.similarity > b.similarity || (a.similarity == b.similarity && a.row < b.row);
  });
  if (all.size() > static_cast<size_t>(options.top_k))
    all.resize(static_cast<size_t>(options.top_k));
  return all;
}

inline std::vector<int64_t> RowsOf(const std::vector<Neighbor>& neighbors) {
  std::vector<int64_t> rows;
  for (const Neighbor& neighbor : neighbors) rows.push_back(neighbor.row);
  return rows;
}

inline std::vector<float> SimilaritiesOf(const std::vector<Neighbor>& neighbors) {
  std::vector<float> similarities;
  for (const Neighbor& neighbor : neighbors) similarities.push_back(neighbor.similarity);
  return similarities;
}

}  // namespace lookbook
