// Every reference value of four sections of tests/models/oracles/vectors.json: a value that nobody
// asserts fails the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "models/evaluate/diagnostics.h"
#include "models/evaluate/label_overlap.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/retrieval.h"
#include "tests/models/evaluate/oracle.h"
#include "tests/models/evaluate/oracle_section.h"

namespace lookbook {
namespace {

using Json = nlohmann::json;

class OracleSectionsTest : public ::testing::Test {
 protected:
  LabelMatrix Labels(const Json& matrix) {
    return {.n = static_cast<int64_t>(matrix.size()),
            .classes = static_cast<int>(matrix[0].size()),
            .values = Flat<uint8_t>(matrix)};
  }
  std::vector<double> UnitRows(const char* name) {
    std::vector<double> rows = Flat<double>(oracle_["inputs"][name]);
    for (size_t start = 0; start < rows.size(); start += kDim) {
      double square = 0;
      for (int j = 0; j < kDim; ++j) square += rows[start + j] * rows[start + j];
      for (int j = 0; j < kDim; ++j) rows[start + j] /= std::sqrt(square);
    }
    return rows;
  }

  static constexpr int kDim = 4;
  const Json oracle_ = ReadOracle();
};

TEST_F(OracleSectionsTest, ClassificationMetrics) {
  OracleSection want(oracle_, "classification_metrics");
  const ClassificationMetrics got = EvaluateClassification(
      Flat<float>(want.Input("/probabilities")), Labels(oracle_["inputs"]["target"]));
  want.NearAll("/tp", got.true_positives);
  want.NearAll("/fp", got.false_positives);
  want.NearAll("/fn", got.false_negatives);
  want.NearAll("/f1_per_class", got.f1);
  want.Near("/f1_macro_torchmetrics_absent_class_counts_0", got.f1_macro);
  want.Near("/f1_macro_over_classes_with_support", got.f1_macro_supported);
  want.Near("/f1_micro", got.f1_micro);
  want.Near("/f1_weighted", got.f1_weighted);
  want.Near("/f1_samples", got.f1_samples);
  want.Near("/precision_macro", got.precision_macro);
  want.Near("/recall_macro", got.recall_macro);
  std::vector<double> ap = got.ap;
  EXPECT_TRUE(std::isnan(ap[4])) << "no positive: the reference writes 0";
  ap[4] = 0;
  want.NearAll("/ap_per_class", ap);
  want.Near("/map_macro_absent_class_counts_0", got.map_all);
  want.Near("/map_over_classes_with_support", got.map);
  want.Near("/hamming_accuracy", got.hamming_accuracy);
  want.Near("/exact_match", got.exact_match);
  std::vector<float> scores;
  LabelMatrix tied{.n = 5, .classes = 1};
  for (const Json& score : want.Input("/tie_case/scores")) scores.push_back(score.get<float>());
  for (const Json& target : want.Input("/tie_case/target"))
    tied.values.push_back(target.get<uint8_t>());
  want.Near("/tie_case/ap", EvaluateClassification(scores, tied).ap[0]);
}

TEST_F(OracleSectionsTest, RetrievalMetrics) {
  OracleSection want(oracle_, "retrieval_metrics");
  RankedQuery any, strict;
  std::vector<double> jaccard;
  const double asked = want.Input("/query_label_count").get<double>();
  const Json& counts = want.Input("/gallery_label_counts");
  for (const Json& shared : want.Input("/shared_with_query_in_rank_order")) {
    const double s = shared.get<double>();
    jaccard.push_back(s / (asked + counts[jaccard.size()].get<double>() - s));
    any.gain.push_back(s);
    any.relevant.push_back(IsRelevant(Relevance::kAny, static_cast<int>(s), jaccard.back()));
    strict.relevant.push_back(IsRelevant(Relevance::kStrict, static_cast<int>(s), jaccard.back()));
  }
  strict.gain = any.gain;
  want.NearAll("/jaccard", jaccard);
  want.NearAll("/relevant_any", any.relevant);
  want.NearAll("/relevant_gt3", strict.relevant);
  want.Near("/hit_at_1_any", RecallAtK(any, 1));
  want.Near("/hit_at_1_gt3", RecallAtK(strict, 1));
  want.Near("/hit_at_5_gt3", RecallAtK(strict, 5));
  want.Near("/precision_at_5_any", PrecisionAtK(any, 5));
  want.Near("/precision_at_5_gt3", PrecisionAtK(strict, 5));
  want.Near("/recall_at_5_any", FoundShareAtK(any, 5));
  want.Near("/r_precision_any", RPrecision(any));
  want.Near("/ap_any", AveragePrecision(any));
  want.Near("/ap_gt3", AveragePrecision(strict));
  want.Near("/ap_at_5_any", AveragePrecisionAtK(any, 5));
  want.Near("/ap_at_R_any", MapAtR(any));
  want.Near("/ap_at_R_gt3", MapAtR(strict));
  want.Near("/mrr_gt3", ReciprocalRank(strict));
  want.Near("/ndcg_at_5_linear_shared", NdcgAtK(any, 5));
  want.Near("/ndcg_at_10_linear_shared", NdcgAtK(any, 10));
  const RankedQuery exponential{.relevant = any.relevant, .gain = ExponentialGain(any.gain)};
  want.Near("/ndcg_at_10_exp_shared", NdcgAtK(exponential, 10));
  want.Near("/acg_at_5", AcgAtK(any, 5));
  want.Near("/wap_at_10", WapAtK(any, 10));
  const RankedQuery graded{.relevant = any.relevant, .gain = jaccard};
  want.Near("/ndcg_at_10_jaccard", NdcgAtK(graded, 10));
  want.Near("/mean_jaccard_at_5", AcgAtK(graded, 5));
}

TEST_F(OracleSectionsTest, RetrievalLeaveOneOut) {
  OracleSection want(oracle_, "retrieval_leave_one_out");
  const std::vector<double> rows = UnitRows("X");
  const LabelMatrix labels = Labels(oracle_["inputs"]["Y"]);
  const RetrievalResult got =
      EvaluateRetrieval(std::vector<float>(rows.begin(), rows.end()), kDim, labels);
  ASSERT_EQ(got.k, 5) << "the whole gallery";
  for (int query = 0; query < 6; ++query) {
    want.NearAll(
        "/ranks/" + std::to_string(query),
        std::vector<int64_t>(got.top.begin() + query * 5, got.top.begin() + query * 5 + 5));
  }
  const RuleMetrics& strict = got.metrics.rule(Relevance::kStrict);
  const RuleMetrics& any = got.metrics.rule(Relevance::kAny);
  want.Near("/recall_at_1_gt3_over_queries_with_relevant", strict.recall_at_1);
  want.Near("/recall_at_1_gt3_over_all_queries",
            strict.recall_at_1 * static_cast<double>(strict.queries) / 6);
  want.Near("/map_any", any.map);
  want.Near("/map_gt3", strict.map);
  want.Near("/map_at_R_any", any.map_at_r);
  want.Near("/map_at_R_gt3", strict.map_at_r);
  std::vector<int> left_out;
  double shared = 0, jaccard = 0;
  const LabelSets sets(labels);
  for (int query = 0; query < 6; ++query) {
    const QueryRuleMetrics& values =
        got.queries[query].rules[static_cast<size_t>(Relevance::kStrict)];
    if (std::isnan(values.recall_at_1)) left_out.push_back(query);
    const Overlaps overlaps =
        OverlapsInOrder(sets, query, Flat<int64_t>(Json::array({want.at("/ranks")[query]})));
    RankedQuery graded;
    graded.gain.assign(overlaps.shared.begin(), overlaps.shared.end());
    shared += NdcgAtK(graded, 3) / 6;
    graded.gain = overlaps.jaccard;
    jaccard += NdcgAtK(graded, 3) / 6;
  }
  want.NearAll("/queries_without_gt3_relevant", left_out);
  want.Near("/ndcg_at_3_shared", shared);
  want.Near("/ndcg_at_3_jaccard", jaccard);
}

TEST_F(OracleSectionsTest, Diagnostics) {
  OracleSection want(oracle_, "diagnostics");
  const std::vector<double> rows = UnitRows("X"), views = UnitRows("X2");
  const EmbeddingDiagnostics got = DiagnoseEmbeddings(rows, kDim);
  want.Near("/std_of_l2_normalised", got.std_sqrt_d / std::sqrt(kDim));
  // The unit that std_sqrt_d divides out.
  want.Near("/healthy_target_1_over_sqrt_d", 1 / std::sqrt(kDim));
  want.Near("/mean_pairwise_cosine", got.mean_cosine);
  want.Near("/norm_of_mean_embedding", got.mean_norm);
  want.Near("/uniformity_t2", got.uniformity);
  want.Near("/effective_rank_rankme", got.effective_rank);
  want.Near("/effective_rank_centered", got.effective_rank_centered);
  want.Near("/participation_ratio", got.participation_ratio);
  want.Near("/alignment_alpha2_views", ViewAlignment(rows, views, kDim));
  const LabelSets sets(Labels(oracle_["inputs"]["Y"]));
  want.Near(
      "/alignment_alpha2_positive_pairs", PairAlignment(rows, kDim, [&](int64_t a, int64_t b) {
        return IsRelevant(Relevance::kStrict, sets.Shared(a, sets, b), sets.Jaccard(a, sets, b));
      }));

  const RetrievalResult retrieval = EvaluateRetrieval(std::vector<float>(rows.begin(), rows.end()),
                                                      kDim, Labels(oracle_["inputs"]["Y"]));
  std::vector<int64_t> nearest;
  const int k = want.Input("/hubness/k").get<int>();
  for (int query = 0; query < 6; ++query) {
    for (int place = 0; place < k; ++place) nearest.push_back(retrieval.top[query * 5 + place]);
  }
  const Hubness even = MeasureHubness(nearest, k, 6);
  want.NearAll("/hubness/k_occurrence", even.occurrences);
  want.Near("/hubness/skewness", even.skewness);
  // This entry counts places, k a query; ours and hubness_case count queries.
  want.Near("/hubness/max_share", even.max_share / k);
  want.Near("/hubness/anti_hub_fraction", even.anti_hub_share);
  want.Near("/hubness/robin_hood", even.robin_hood);

  const int case_k = want.Input("/hubness_case/k").get<int>();
  const Hubness hub =
      MeasureHubness(Flat<int64_t>(want.Input("/hubness_case/neighbours")), case_k, 7);
  want.NearAll("/hubness_case/k_occurrence", hub.occurrences);
  want.Near("/hubness_case/skewness", hub.skewness);
  want.Near("/hubness_case/max_share", hub.max_share);
  want.Near("/hubness_case/anti_hub_fraction", hub.anti_hub_share);
  want.Near("/hubness_case/robin_hood", hub.robin_hood);

  const EmbeddingDiagnostics constant =
      DiagnoseEmbeddings(std::vector<double>(6 * kDim, 0.5), kDim);
  want.Near("/collapsed_reference/std", constant.std_sqrt_d);
  want.Near("/collapsed_reference/effective_rank", constant.effective_rank);
  want.Near("/collapsed_reference/uniformity", constant.uniformity);
}

}  // namespace
}  // namespace lookbook
