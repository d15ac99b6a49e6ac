// The arithmetic of losses on plain vectors, for doubles that share no code with the library.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "models/loss/pair_relation.h"

namespace lookbook {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

inline Rows ToRows(const torch::Tensor& tensor) {
  const torch::Tensor t = tensor.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  Rows rows;
  for (int64_t i = 0; i < t.size(0); ++i) {
    const double* row = t.data_ptr<double>() + i * t.size(1);
    rows.emplace_back(row, row + t.size(1));
  }
  return rows;
}

inline double Dot(const Row& a, const Row& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

inline double Norm(const Row& a) { return std::sqrt(Dot(a, a)); }

inline double Cosine(const Row& a, const Row& b) { return Dot(a, b) / (Norm(a) * Norm(b)); }

inline Row Unit(Row a) {
  const double norm = Norm(a);
  for (double& value : a) value /= norm;
  return a;
}

inline double Gap(const Row& a, const Row& b) {  // Euclidean.
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return std::sqrt(sum);
}

// A batch of random embeddings with random label sets.
struct RandomBatch {
  RandomBatch(int64_t seed, int64_t batch, int64_t dim, int64_t classes) {
    torch::manual_seed(seed);
    x = torch::randn({batch, dim}, torch::kFloat64);
    y = (torch::rand({batch, classes}, torch::kFloat64) < 0.4).to(torch::kFloat64);
  }
  torch::Tensor x;  // float64[B, D]
  torch::Tensor y;  // 0/1 float64[B, C]
};

// A mask as plain numbers: positive[i][j] != 0.
struct PlainPairs {
  explicit PlainPairs(const PairRelation& pairs)
      : positive(ToRows(pairs.positive)),
        negative(ToRows(pairs.negative)),
        shared(ToRows(pairs.shared)),
        jaccard(ToRows(pairs.jaccard)) {}
  Rows positive, negative, shared, jaccard;
};

}  // namespace lookbook
