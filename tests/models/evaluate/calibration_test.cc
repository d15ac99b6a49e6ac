#include "models/evaluate/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "models/evaluate/thresholds.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr int kClasses = 3;

// Two classes lie in two directions, the third in none; noise blurs them.
CalibrationSet MakeSet(int queries, int gallery, uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  CalibrationSet set{.source = "validation", .dim = 4};
  const auto fill = [&](int rows, std::vector<float>* vectors, LabelMatrix* labels) {
    labels->n = rows;
    labels->classes = kClasses;
    for (int i = 0; i < rows; ++i) {
      const bool a = random() % 2, b = random() % 2;
      std::vector<float> row = {2.0F * a, 2.0F * b, 0.5F, 0};
      float square = 0;
      for (float& value : row) value += 0.5F * normal(random);
      for (const float value : row) square += value * value;
      for (const float value : row) vectors->push_back(value / std::sqrt(square));
      labels->values.insert(labels->values.end(), {uint8_t{a}, uint8_t{b}, uint8_t{0}});
    }
  };
  fill(queries, &set.query_vectors, &set.query_labels);
  fill(gallery, &set.gallery_vectors, &set.gallery_labels);
  for (int i = 0; i < queries * kClasses; ++i) {
    const float noise = static_cast<float>(random() % 1000) / 1000;
    set.query_scores.push_back(0.6F * set.query_labels.values[i] + 0.4F * noise);
  }
  return set;
}

// Similarity of a query to every row of the gallery.
std::vector<float> Similarities(const CalibrationSet& set, int64_t query) {
  std::vector<float> out;
  for (int64_t row = 0; row < set.gallery_labels.n; ++row) {
    double dot = 0;
    for (int j = 0; j < set.dim; ++j)
      dot +=
          double{set.query_vectors[query * set.dim + j]} * set.gallery_vectors[row * set.dim + j];
    out.push_back(static_cast<float>(dot));
  }
  return out;
}

bool IsJudgedRelevant(const CalibrationSet& set, int64_t query, int64_t row) {
  int shared = 0, together = 0;
  for (int c = 0; c < kClasses; ++c) {
    shared += set.query_labels.at(query, c) && set.gallery_labels.at(row, c);
    together += set.query_labels.at(query, c) || set.gallery_labels.at(row, c);
  }
  return together > 0 && 2 * shared >= together;
}

// A query's ten nearest items, best first, then ten others.
std::vector<JudgedPair> PairsOf(const CalibrationSet& set, int64_t query) {
  const std::vector<float> similarity = Similarities(set, query);
  std::vector<int64_t> rows(set.gallery_labels.n);
  std::iota(rows.begin(), rows.end(), 0);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](int64_t a, int64_t b) { return similarity[a] > similarity[b]; });
  std::vector<int64_t> rest(rows.begin() + 10, rows.end());
  std::sort(rest.begin(), rest.end());
  rows.resize(10);
  for (size_t i = 0; i < 10; ++i)
    rows.push_back(rest[(query + i * rest.size() / 10) % rest.size()]);
  std::vector<JudgedPair> pairs;
  for (const int64_t row : rows)
    pairs.push_back({similarity[row], IsJudgedRelevant(set, query, row)});
  return pairs;
}

// Through every query's ten nearest, and through the others below all of those.
std::vector<JudgedPair> PairsToFit(const CalibrationSet& set, int without_fold) {
  std::vector<JudgedPair> pairs, others;
  float least = 2;
  for (int64_t q = 0; q < set.query_labels.n; ++q) {
    if (q % 5 == without_fold) continue;
    const std::vector<JudgedPair> all = PairsOf(set, q);
    for (size_t i = 0; i < all.size(); ++i) (i < 10 ? pairs : others).push_back(all[i]);
    least = std::min(least, all[9].similarity);
  }
  for (const JudgedPair& other : others) {
    if (other.similarity < least) pairs.push_back(other);
  }
  return pairs;
}

std::vector<Knot> CurveOf(const CalibrationSet& set, int without_fold) {
  return ToKnots(JoinBlocks(FitIsotonic(PairsToFit(set, without_fold)), 32));
}

TEST(CalibrationTest, KnotsAreTheFitOfWhatIsServedAndOfWhatIsLessSimilar) {
  const CalibrationSet set = MakeSet(40, 50);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(set));
  EXPECT_EQ(got.source, "validation");
  EXPECT_EQ(got.queries, 40);
  EXPECT_EQ(got.pairs, std::ssize(PairsToFit(set, -1)));
  EXPECT_GT(got.pairs, 400) << "others, too";
  EXPECT_LT(got.pairs, 800) << "but not all of them";
  const std::vector<Knot> want = CurveOf(set, -1);
  for (float at = -1; at <= 1; at += 0.05F)
    EXPECT_NEAR(ProbabilityAt(got.knots, at), ProbabilityAt(want, at), 1e-3) << at;
  EXPECT_GT(ProbabilityAt(got.knots, 1), ProbabilityAt(got.knots, -1) + 0.3);
}

TEST(CalibrationTest, TheCurveReachesWhereNothingIsSimilar) {
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(MakeSet(40, 900)));
  EXPECT_LE(got.knots.size(), 64u);
  for (size_t i = 1; i < got.knots.size(); ++i) {
    EXPECT_GT(got.knots[i].similarity, got.knots[i - 1].similarity);
    EXPECT_GE(got.knots[i].probability, got.knots[i - 1].probability);
  }
  EXPECT_LT(got.knots.front().similarity, 0.3);
}

// Half of the queries lie where 200 items are, all relevant; the other half where 20 are, one in
// two relevant. All these items are equally similar: over what is served three in four are
// relevant, over all of them 21 in 22.
TEST(CalibrationTest, ProbabilityIsTheShareOfWhatIsServed) {
  CalibrationSet set{.source = "validation", .dim = 3};
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  const auto add = [&](int axis, std::vector<uint8_t> classes, std::vector<float>* vectors,
                       LabelMatrix* labels) {
    std::vector<float> row(3);
    float square = 0;
    for (int j = 0; j < 3; ++j) {
      row[j] = 1.0F * (j == axis) + 0.2F * normal(random);
      square += row[j] * row[j];
    }
    for (const float value : row) vectors->push_back(value / std::sqrt(square));
    labels->values.insert(labels->values.end(), classes.begin(), classes.end());
    ++labels->n;
    labels->classes = 3;
  };
  for (int i = 0; i < 200; ++i) add(0, {1, 0, 0}, &set.gallery_vectors, &set.gallery_labels);
  for (uint8_t i = 0; i < 20; ++i) {
    add(1, {0, i % 2 == 0, i % 2 == 1}, &set.gallery_vectors, &set.gallery_labels);
  }
  for (int i = 0; i < 100; ++i) {
    add(0, {1, 0, 0}, &set.query_vectors, &set.query_labels);
    add(1, {0, 1, 0}, &set.query_vectors, &set.query_labels);
  }
  set.query_scores.assign(set.query_labels.values.size(), 0.5F);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(set));
  double predicted = 0, observed = 0, pairs = 0;
  for (const ReliabilityBin& bin : got.reliability) {
    predicted += bin.predicted * static_cast<double>(bin.pairs);
    observed += bin.observed * static_cast<double>(bin.pairs);
    pairs += static_cast<double>(bin.pairs);
  }
  EXPECT_EQ(pairs, 200 * 10);
  EXPECT_NEAR(observed / pairs, 0.75, 0.03);
  EXPECT_NEAR(predicted / pairs, observed / pairs, 0.01);
}

TEST(CalibrationTest, TheCurveIsBetterCalibratedOnQueriesItHasNotSeen) {
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(MakeSet(200, 600)));
  EXPECT_GT(got.ece_before, 0);
  EXPECT_LT(got.ece_after, got.ece_before);
}

// Each query is judged by the curve that its fold had no part in.
TEST(CalibrationTest, ErrorAfterIsCrossFitted) {
  const CalibrationSet set = MakeSet(25, 60, 3);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(set));
  std::vector<double> plain, crossed, in_sample, first;
  std::vector<uint8_t> relevant, first_relevant;
  const std::vector<Knot> all = CurveOf(set, -1);
  for (int64_t q = 0; q < 25; ++q) {
    const std::vector<Knot> curve = CurveOf(set, static_cast<int>(q % 5));
    const std::vector<JudgedPair> pairs = PairsOf(set, q);
    for (int i = 0; i < 10; ++i) {
      plain.push_back(std::max(pairs[i].similarity, 0.0F));
      crossed.push_back(ProbabilityAt(curve, pairs[i].similarity));
      in_sample.push_back(ProbabilityAt(all, pairs[i].similarity));
      relevant.push_back(pairs[i].relevant);
    }
    first.push_back(ProbabilityAt(curve, pairs[0].similarity));
    first_relevant.push_back(pairs[0].relevant);
  }
  EXPECT_NEAR(got.ece_before, ExpectedCalibrationError(Reliability(plain, relevant)), 1e-3);
  EXPECT_NEAR(got.ece_after, ExpectedCalibrationError(Reliability(crossed, relevant)), 1e-3);
  EXPECT_GT(std::abs(got.ece_after - ExpectedCalibrationError(Reliability(in_sample, relevant))),
            2e-3);
  EXPECT_NEAR(ExpectedCalibrationError(got.reliability_first),
              ExpectedCalibrationError(Reliability(first, first_relevant)), 1e-3);
  EXPECT_EQ(Pooled(got.reliability_first).pairs, 25) << "one answer a query";
  EXPECT_EQ(Pooled(got.reliability).pairs, 250);
}

TEST(CalibrationTest, NoveltyHistogramAndClassMixDescribeTheQueries) {
  const CalibrationSet set = MakeSet(150, 300);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(set));
  std::vector<double> best;
  for (int q = 0; q < 150; ++q) {
    const std::vector<float> similarity = Similarities(set, q);
    best.push_back(*std::max_element(similarity.begin(), similarity.end()));
  }
  int below = 0;
  for (const double value : best) below += value < got.novelty_similarity;
  EXPECT_EQ(below, 2);  // 1 % of 149 places: between the second and third lowest.
  ASSERT_EQ(got.top1_counts.size(), std::size(kTop1Bounds) + 1);
  int64_t counted = 0;
  for (size_t i = 0; i < got.top1_counts.size(); ++i) {
    const double low = i == 0 ? -2 : kTop1Bounds[i - 1];
    const double high = i == std::size(kTop1Bounds) ? 2 : kTop1Bounds[i];
    int64_t want = 0;
    for (const double value : best) want += std::min(value, 1.0) > low && value <= high;
    EXPECT_EQ(got.top1_counts[i], want) << i;
    counted += got.top1_counts[i];
  }
  EXPECT_EQ(counted, 150);
  EXPECT_EQ(got.thresholds, TuneThresholds(set.query_scores, set.query_labels));
  int predicted = 0;
  for (int q = 0; q < 150; ++q) predicted += set.query_scores[q * kClasses] > got.thresholds[0];
  EXPECT_EQ(got.predicted_share[0], predicted / 150.0);
  EXPECT_EQ(got.thresholds[2], 0.5F) << "a class without positives";
}

TEST(CalibrationTest, AQueryDoesNotFindItself) {
  // The queries are the gallery's first ten rows.
  CalibrationSet set = MakeSet(10, 40);
  std::copy(set.gallery_vectors.begin(), set.gallery_vectors.begin() + 10 * set.dim,
            set.query_vectors.begin());
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult with, Calibrate(set));
  EXPECT_NEAR(with.novelty_similarity, 1, 1e-6);
  for (int64_t row = 0; row < 10; ++row) set.own_rows.push_back(row);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult without, Calibrate(set));
  EXPECT_LT(without.novelty_similarity, 0.9999);
}

TEST(CalibrationTest, WhatCannotBeCalibratedIsRefused) {
  EXPECT_THAT(Calibrate(MakeSet(1, 10)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("validation has 1")));
  EXPECT_THAT(Calibrate(MakeSet(5, 0)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no item")));
  CalibrationSet set = MakeSet(5, 1);
  set.own_rows.assign(5, 0);
  EXPECT_THAT(Calibrate(set), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no item")));
  set = MakeSet(5, 10);
  set.query_scores.pop_back();
  EXPECT_THAT(Calibrate(set), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sizes")));
}

TEST(QuantileTest, InterpolatesBetweenOrderStatistics) {
  EXPECT_EQ(Quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(Quantile({3, 1, 2}, 0), 1);
  EXPECT_EQ(Quantile({3, 1, 2}, 1), 3);
  EXPECT_NEAR(Quantile({10, 20}, 0.25), 12.5, 1e-12);
  EXPECT_EQ(Quantile({7}, 0.3), 7);
}

}  // namespace
}  // namespace lookbook
