#include "models/evaluate/gallery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kTolerance = 1e-9;

// Quarter-integer coordinates: products and sums are exact, so that equal rows tie exactly.
std::vector<float> CoarseRows(int n, int dim, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> out(n * dim);
  for (float& value : out) value = static_cast<float>(static_cast<int>(random() % 9) - 4) / 4;
  return out;
}

LabelMatrix RandomLabels(int n, int classes, uint32_t seed) {
  std::mt19937 random(seed);
  LabelMatrix labels{.n = n, .classes = classes};
  for (int i = 0; i < n * classes; ++i) labels.values.push_back(random() % 3 == 0);
  return labels;
}

LabelMatrix OneClassEach(const std::vector<int>& classes, int count) {
  LabelMatrix out{.n = static_cast<int64_t>(classes.size()), .classes = count};
  out.values.assign(classes.size() * count, 0);
  for (size_t row = 0; row < classes.size(); ++row) out.values[row * count + classes[row]] = 1;
  return out;
}

// ---- The second implementation: sets of classes, one query and one sum at a time. ----

std::set<int> ClassesOf(const LabelMatrix& labels, int64_t row) {
  std::set<int> out;
  for (int j = 0; j < labels.classes; ++j) {
    if (labels.at(row, j)) out.insert(j);
  }
  return out;
}

struct Answer {
  int64_t row;
  int shared;
  double jaccard;
};

std::vector<Answer> Ranked(const LabelledRows& queries, int64_t query, const Gallery& gallery,
                           int dim, int64_t own) {
  std::vector<std::pair<double, int64_t>> order;
  for (int64_t i = 0; i < gallery.labels.n; ++i) {
    double dot = 0;
    for (int j = 0; j < dim; ++j)
      dot += static_cast<double>(queries.vectors[query * dim + j]) * gallery.vectors[i * dim + j];
    if (i != own) order.emplace_back(-dot, i);
  }
  std::sort(order.begin(), order.end());
  const std::set<int> mine = ClassesOf(queries.labels, query);
  std::vector<Answer> out;
  for (const auto& [unused, row] : order) {
    int shared = 0;
    std::set<int> together = mine;
    for (const int j : ClassesOf(gallery.labels, row)) {
      shared += static_cast<int>(mine.count(j));
      together.insert(j);
    }
    const double jaccard = together.empty() ? 0 : 1.0 * shared / together.size();
    out.push_back({row, shared, jaccard});
  }
  return out;
}

double Dcg(const std::vector<double>& gains) {
  double sum = 0;
  for (size_t i = 0; i < gains.size() && i < 10; ++i) sum += gains[i] / std::log2(i + 2.0);
  return sum;
}

double Ndcg(const std::vector<double>& gains) {
  std::vector<double> best = gains;
  std::sort(best.rbegin(), best.rend());
  return Dcg(gains) / Dcg(best);
}

struct Sum {
  double total = 0;
  int count = 0;
  void Add(double value) { total += value, ++count; }
  double mean() const { return count == 0 ? 0 : total / count; }
};

struct Expected {
  Sum recall_exact, recall_strict, precision_any, map_at_r_j50, ndcg_shared, ndcg_jaccard, acg,
      jaccard5;
};

void AddQuery(const std::vector<Answer>& answers, Expected* out) {
  int exact = 0, strict = 0, any = 0, half = 0, hits = 0, any_in_10 = 0;
  double precisions = 0, acg = 0, jaccard5 = 0;
  std::vector<double> shared, jaccard;
  for (const Answer& answer : answers) {
    exact += answer.jaccard == 1;
    strict += answer.shared > 3;
    any += answer.shared > 0;
    half += answer.jaccard >= 0.5;
    shared.push_back(answer.shared);
    jaccard.push_back(answer.jaccard);
  }
  for (int i = 0; i < half; ++i) {
    if (answers[i].jaccard < 0.5) continue;
    precisions += 1.0 * ++hits / (i + 1);
  }
  for (int i = 0; i < 10; ++i) {
    any_in_10 += answers[i].shared > 0;
    acg += answers[i].shared / 10.0;
    jaccard5 += i < 5 ? answers[i].jaccard / 5 : 0;
  }
  if (exact > 0) out->recall_exact.Add(answers[0].jaccard == 1);
  if (strict > 0) out->recall_strict.Add(answers[0].shared > 3);
  if (half > 0) out->map_at_r_j50.Add(precisions / half);
  if (any > 0) {
    out->precision_any.Add(any_in_10 / 10.0);
    out->ndcg_shared.Add(Ndcg(shared));
    out->ndcg_jaccard.Add(Ndcg(jaccard));
  }
  out->acg.Add(acg);
  out->jaccard5.Add(jaccard5);
}

// More queries than one block, ties, own items, and queries that share nothing with anything.
TEST(GalleryTest, EqualsThePlainLoopOnRandomData) {
  constexpr int kQueries = 270, kItems = 90, kDim = 3, kClasses = 12;
  LabelMatrix labels = RandomLabels(kQueries, kClasses, 31);
  for (const int row : {3, 260}) std::fill_n(labels.values.begin() + row * kClasses, kClasses, 0);
  const std::vector<float> vectors = CoarseRows(kQueries, kDim, 32);
  const Gallery gallery{.vectors = CoarseRows(kItems, kDim, 33),
                        .labels = RandomLabels(kItems, kClasses, 34)};
  std::vector<int64_t> own_rows(kQueries, -1);
  for (int i = 0; i < 40; ++i) own_rows[i * 5] = i * 2;
  const LabelledRows queries{vectors, labels};
  Expected want;
  for (int q = 0; q < kQueries; ++q)
    AddQuery(Ranked(queries, q, gallery, kDim, own_rows[q]), &want);
  LB_ASSERT_OK_AND_ASSIGN(const GalleryEvaluation got,
                          EvaluateGallery(queries, own_rows, gallery, kDim));
  EXPECT_EQ(got.items, kItems);
  EXPECT_EQ(got.own_items, 40);
  const RetrievalMetrics& r = got.retrieval;
  EXPECT_EQ(r.images, kQueries);
  EXPECT_EQ(r.ndcg_excluded, kQueries - want.ndcg_shared.count);
  EXPECT_GE(r.ndcg_excluded, 2);
  EXPECT_EQ(r.rule(Relevance::kExact).excluded, kQueries - want.recall_exact.count);
  EXPECT_EQ(r.rule(Relevance::kStrict).queries, want.recall_strict.count);
  EXPECT_NEAR(r.rule(Relevance::kExact).recall_at_1, want.recall_exact.mean(), kTolerance);
  EXPECT_NEAR(r.rule(Relevance::kStrict).recall_at_1, want.recall_strict.mean(), kTolerance);
  EXPECT_NEAR(r.rule(Relevance::kAny).precision_at_10, want.precision_any.mean(), kTolerance);
  EXPECT_NEAR(r.rule(Relevance::kJaccard50).map_at_r, want.map_at_r_j50.mean(), kTolerance);
  EXPECT_NEAR(r.ndcg_at_10_shared, want.ndcg_shared.mean(), kTolerance);
  EXPECT_NEAR(r.ndcg_at_10_jaccard, want.ndcg_jaccard.mean(), kTolerance);
  EXPECT_NEAR(r.acg_at_10, want.acg.mean(), kTolerance);
  EXPECT_NEAR(r.mean_jaccard_at_5, want.jaccard5.mean(), kTolerance);
  EXPECT_FALSE(got.knn_accuracy.has_value()) << "several classes an image";
}

// Ties go to the nearer item, equally near ones to the lower row.
TEST(GalleryTest, NearestNeighbourAccuracyEqualsThePlainVote) {
  constexpr int kQueries = 200, kItems = 60, kDim = 2, kClasses = 4;
  std::mt19937 random(41);
  std::vector<int> truth(kQueries), classes(kItems);
  for (int& c : truth) c = static_cast<int>(random() % kClasses);
  for (int& c : classes) c = static_cast<int>(random() % kClasses);
  const LabelMatrix labels = OneClassEach(truth, kClasses);
  const std::vector<float> vectors = CoarseRows(kQueries, kDim, 42);
  const Gallery gallery{.vectors = CoarseRows(kItems, kDim, 43),
                        .labels = OneClassEach(classes, kClasses)};
  const std::vector<int64_t> own_rows(kQueries, -1);
  const LabelledRows queries{vectors, labels};
  int right = 0;
  for (int q = 0; q < kQueries; ++q) {
    const std::vector<Answer> answers = Ranked(queries, q, gallery, kDim, -1);
    std::map<int, std::pair<int, int>> votes;  // Class -> (votes, minus the first place).
    for (int place = 0; place < 5; ++place) {
      auto& entry = votes.try_emplace(classes[answers[place].row], 0, -place).first->second;
      ++entry.first;
    }
    const auto winner = std::max_element(votes.begin(), votes.end(),
                                         [](auto& a, auto& b) { return a.second < b.second; });
    right += winner->first == truth[q];
  }
  LB_ASSERT_OK_AND_ASSIGN(const GalleryEvaluation got,
                          EvaluateGallery(queries, own_rows, gallery, kDim));
  ASSERT_TRUE(got.knn_accuracy.has_value());
  EXPECT_NEAR(*got.knn_accuracy, 1.0 * right / kQueries, kTolerance);
}

TEST(GalleryTest, AnImageIsNoAnswerToItself) {
  const std::vector<ImageRecord> images = {{.id = "b"}, {.id = "new"}};
  const LabelMatrix labels{.n = 2, .classes = 2, .values = {1, 0, 0, 1}};
  const Gallery gallery{.ids = {"a", "b", "c"},
                        .vectors = {0.6f, 0.8f, 1, 0, 0, 1},
                        .labels = {.n = 3, .classes = 2, .values = {0, 1, 1, 0, 0, 1}}};
  const std::vector<int64_t> own_rows = OwnRows(images, gallery);
  EXPECT_THAT(own_rows, ElementsAre(1, -1));
  const std::vector<float> vectors = {1, 0, 0, 1};
  LB_ASSERT_OK_AND_ASSIGN(const GalleryEvaluation got,
                          EvaluateGallery({vectors, labels}, own_rows, gallery, 2));
  EXPECT_EQ(got.own_items, 1);
  const RuleMetrics& exact = got.retrieval.rule(Relevance::kExact);
  EXPECT_EQ(exact.excluded, 1) << "only b itself has the class of b";
  EXPECT_EQ(exact.recall_at_1, 1);
  EXPECT_EQ(got.knn_accuracy, 0.5) << "b is outvoted by what is left";
}

TEST(GalleryTest, RefusesSizesThatDoNotFitAndAnEmptyGallery) {
  const LabelMatrix labels{.n = 1, .classes = 2, .values = {1, 0}};
  const std::vector<float> vectors = {1, 0};
  Gallery gallery{.vectors = {1, 0}, .labels = {.n = 1, .classes = 3, .values = {1, 0, 0}}};
  EXPECT_THAT(EvaluateGallery({vectors, labels}, {-1}, gallery, 2),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("do not fit")));
  gallery.labels = labels;
  EXPECT_THAT(EvaluateGallery({vectors, labels}, {-1}, gallery, 2), IsOk());
  EXPECT_THAT(EvaluateGallery({vectors, labels}, {-1, -1}, gallery, 2),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(EvaluateGallery({vectors, labels}, {0}, gallery, 2),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no item to find")));
}

}  // namespace
}  // namespace lookbook
