#include "models/evaluate/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

// Every pair of one query, nearest first.
std::vector<JudgedPair> PairsOf(const CalibrationSet& set, int64_t query) {
  const std::vector<float> similarity = Similarities(set, query);
  std::vector<JudgedPair> pairs;
  for (int64_t row = 0; row < set.gallery_labels.n; ++row)
    pairs.push_back({similarity[row], IsJudgedRelevant(set, query, row)});
  std::sort(pairs.begin(), pairs.end(),
            [](const JudgedPair& a, const JudgedPair& b) { return a.similarity > b.similarity; });
  return pairs;
}

std::vector<Knot> CurveOf(const CalibrationSet& set, int without_fold) {
  std::vector<JudgedPair> pairs;
  for (int64_t q = 0; q < set.query_labels.n; ++q) {
    if (q % 5 == without_fold) continue;
    for (const JudgedPair& pair : PairsOf(set, q)) pairs.push_back(pair);
  }
  return ToKnots(JoinBlocks(FitIsotonic(pairs), 32));
}

// With a small gallery every pair is judged: the curve is the isotonic fit of all of them.
TEST(CalibrationTest, KnotsAreTheFitOfEveryPairOfASmallGallery) {
  const CalibrationSet set = MakeSet(20, 50);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(set));
  EXPECT_EQ(got.source, "validation");
  EXPECT_EQ(got.queries, 20);
  EXPECT_EQ(got.pairs, 20 * 50);
  const std::vector<Knot> want = CurveOf(set, -1);
  for (float at = -1; at <= 1; at += 0.05F)
    EXPECT_NEAR(ProbabilityAt(got.knots, at), ProbabilityAt(want, at), 1e-3) << at;
  EXPECT_GT(ProbabilityAt(got.knots, 1), ProbabilityAt(got.knots, -1) + 0.3);
}

TEST(CalibrationTest, ALargeGalleryGivesTheNearestAndAFewOthers) {
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult got, Calibrate(MakeSet(40, 900)));
  EXPECT_EQ(got.pairs, 40 * 200);
  EXPECT_LE(got.knots.size(), 64u);
  for (size_t i = 1; i < got.knots.size(); ++i) {
    EXPECT_GT(got.knots[i].similarity, got.knots[i - 1].similarity);
    EXPECT_GE(got.knots[i].probability, got.knots[i - 1].probability);
  }
  // The others reach down to where nothing is similar.
  EXPECT_LT(got.knots.front().similarity, 0.3);
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
  std::vector<double> plain, crossed, in_sample;
  std::vector<uint8_t> relevant;
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
  }
  EXPECT_NEAR(got.ece_before, ExpectedCalibrationError(Reliability(plain, relevant)), 1e-3);
  EXPECT_NEAR(got.ece_after, ExpectedCalibrationError(Reliability(crossed, relevant)), 1e-3);
  EXPECT_GT(std::abs(got.ece_after - ExpectedCalibrationError(Reliability(in_sample, relevant))),
            2e-3);
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
  EXPECT_EQ(with.pairs, 10 * 40);
  for (int64_t row = 0; row < 10; ++row) set.own_rows.push_back(row);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationResult without, Calibrate(set));
  EXPECT_LT(without.novelty_similarity, 0.9999);
  EXPECT_EQ(without.pairs, 10 * 39);
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
