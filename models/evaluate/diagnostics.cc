#include "models/evaluate/diagnostics.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace lookbook {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <typename T>
Matrix TakeRows(absl::Span<const T> vectors, int dim, int64_t max_rows) {
  const int64_t all = static_cast<int64_t>(vectors.size()) / dim;
  const int64_t rows = std::min(all, max_rows);
  Matrix out(rows, dim);
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t row = i * all / rows;
    for (int j = 0; j < dim; ++j) out(i, j) = static_cast<double>(vectors[row * dim + j]);
  }
  return out;
}

double EffectiveRank(const Eigen::VectorXd& singular_values) {
  const double sum = singular_values.sum();
  double entropy = 0;
  for (const double value : singular_values) {
    const double p = (sum > 0 ? value / sum : 0) + 1e-7;
    entropy -= p * std::log(p);
  }
  return std::exp(entropy);
}

Eigen::VectorXd SingularValues(const Matrix& z) {
  return Eigen::BDCSVD<Eigen::MatrixXd>(z).singularValues();
}

// Sets mean_cosine and uniformity from all pairs, a block of rows at a time.
void MeasurePairs(const Matrix& z, EmbeddingDiagnostics* out) {
  double cosines = 0, kernel = 0;
  for (Eigen::Index i = 0; i + 1 < z.rows(); ++i) {
    const auto rest = z.bottomRows(z.rows() - i - 1);
    cosines += (rest * z.row(i).transpose()).sum();
    kernel += ((rest.rowwise() - z.row(i)).rowwise().squaredNorm() * -2.0).array().exp().sum();
  }
  const double pairs = static_cast<double>(z.rows()) * static_cast<double>(z.rows() - 1) / 2;
  out->mean_cosine = cosines / pairs;
  out->uniformity = std::log(kernel / pairs);
}

EmbeddingDiagnostics Diagnose(const Matrix& z) {
  EmbeddingDiagnostics out;
  out.rows = z.rows();
  if (z.rows() < 2) return out;
  const Eigen::RowVectorXd mean = z.colwise().mean();
  const Matrix centered = z.rowwise() - mean;
  const Eigen::RowVectorXd variance =
      centered.colwise().squaredNorm() / static_cast<double>(z.rows() - 1);
  out.std_sqrt_d = variance.cwiseSqrt().mean() * std::sqrt(static_cast<double>(z.cols()));
  out.mean_norm = mean.norm();
  MeasurePairs(z, &out);
  const Eigen::VectorXd values = SingularValues(z);
  out.effective_rank = EffectiveRank(values);
  out.top1_share = values.squaredNorm() > 0 ? values(0) * values(0) / values.squaredNorm() : 0;
  const Eigen::VectorXd spread = SingularValues(centered);
  out.effective_rank_centered = EffectiveRank(spread);
  const Eigen::ArrayXd squares = spread.array().square();
  out.participation_ratio =
      squares.sum() > 0 ? squares.sum() * squares.sum() / squares.square().sum() : 0;
  return out;
}

}  // namespace

EmbeddingDiagnostics DiagnoseEmbeddings(absl::Span<const double> vectors, int dim,
                                        int64_t max_rows) {
  return Diagnose(TakeRows(vectors, dim, max_rows));
}

EmbeddingDiagnostics DiagnoseEmbeddings(absl::Span<const float> vectors, int dim,
                                        int64_t max_rows) {
  return Diagnose(TakeRows(vectors, dim, max_rows));
}

double ViewAlignment(absl::Span<const double> a, absl::Span<const double> b, int dim) {
  if (a.empty()) return 0;
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum * dim / static_cast<double>(a.size());
}

double PairAlignment(absl::Span<const double> vectors, int dim,
                     const std::function<bool(int64_t, int64_t)>& is_pair) {
  const int64_t rows = static_cast<int64_t>(vectors.size()) / dim;
  double sum = 0;
  int64_t pairs = 0;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < rows; ++j) {
      if (i == j || !is_pair(i, j)) continue;
      sum += ViewAlignment(vectors.subspan(i * dim, dim), vectors.subspan(j * dim, dim), dim);
      ++pairs;
    }
  }
  return pairs == 0 ? 0 : sum / static_cast<double>(pairs);
}

Hubness MeasureHubness(absl::Span<const int64_t> neighbors, int k, int64_t items) {
  Hubness out;
  out.occurrences.assign(items, 0);
  if (items == 0 || k <= 0 || neighbors.empty()) return out;
  for (const int64_t item : neighbors) ++out.occurrences[item];
  const double queries = static_cast<double>(neighbors.size()) / k;
  const double mean = static_cast<double>(neighbors.size()) / static_cast<double>(items);
  double square = 0, cube = 0, distance = 0;
  int64_t absent = 0, most = 0;
  for (const int64_t count : out.occurrences) {
    const double delta = static_cast<double>(count) - mean;
    square += delta * delta;
    cube += delta * delta * delta;
    distance += std::abs(delta);
    absent += count == 0;
    most = std::max(most, count);
  }
  const double n = static_cast<double>(items);
  out.skewness = square > 0 ? (cube / n) / std::pow(square / n, 1.5) : 0;
  out.max_share = static_cast<double>(most) / queries;
  out.anti_hub_share = static_cast<double>(absent) / n;
  out.robin_hood = distance / (2 * static_cast<double>(neighbors.size()));
  out.distinct_share = 1 - out.anti_hub_share;
  return out;
}

LabelCollapse MeasureLabelCollapse(absl::Span<const float> scores, int classes) {
  LabelCollapse out;
  const int64_t images = static_cast<int64_t>(scores.size()) / classes;
  if (images == 0) return out;
  std::map<std::string, int64_t> sets;
  int64_t most = 0;
  for (int64_t row = 0; row < images; ++row) {
    std::string set(classes, '0');
    for (int j = 0; j < classes; ++j) set[j] = scores[row * classes + j] > 0.5f ? '1' : '0';
    most = std::max(most, ++sets[set]);
  }
  out.distinct_sets = static_cast<double>(sets.size()) / static_cast<double>(images);
  out.top_set_share = static_cast<double>(most) / static_cast<double>(images);
  return out;
}

}  // namespace lookbook
