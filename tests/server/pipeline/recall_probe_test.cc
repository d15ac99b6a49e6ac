#include "server/pipeline/recall_probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/index/row_set.h"
#include "tests/support/fake_index.h"

namespace lookbook {
namespace {

// Eight items at angles of ten degrees to each other.
std::vector<float> Fan() {
  std::vector<float> vectors;
  for (int i = 0; i < 8; ++i) {
    const double angle = i * 10 * std::acos(-1.0) / 180;
    vectors.push_back(static_cast<float>(std::cos(angle)));
    vectors.push_back(static_cast<float>(std::sin(angle)));
  }
  return vectors;
}

// Takes time for exact searches.
class SlowExactIndex : public FakeIndex {
 public:
  SlowExactIndex(std::vector<float> vectors, ManualClock* clock, std::string search)
      : FakeIndex(2, std::move(vectors)), clock_(*clock), search_(std::move(search)) {}

  std::string search() const override { return search_; }
  absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const override {
    for (const QueryOptions& one : options) {
      if (one.exact) clock_.Advance(exact_takes);
    }
    return FakeIndex::Search(queries, options);
  }

  absl::Duration exact_takes = absl::ZeroDuration();

 private:
  ManualClock& clock_;
  const std::string search_;
};

class RecallProbeTest : public ::testing::Test {
 protected:
  RecallProbeTest() { recall_.Set(std::numeric_limits<double>::quiet_NaN()); }

  std::shared_ptr<const Bundle> MakeBundle(const std::string& id,
                                           const std::string& search = "nprobe=1") {
    auto bundle = std::make_shared<Bundle>();
    bundle->id = id;
    auto index = std::make_unique<SlowExactIndex>(Fan(), &clock_, search);
    index_ = index.get();
    bundle->index = std::move(index);
    return bundle;
  }

  // The first `found` of the four nearest rows of item 0; the rest are the farthest ones.
  static std::vector<Neighbor> Found(int found) {
    const std::vector<float> vectors = Fan();
    std::vector<Neighbor> neighbors;
    for (int i = 0; i < 4; ++i) {
      const int row = i < found ? i : 7;
      neighbors.push_back({row, vectors[2 * row]});
    }
    return neighbors;
  }

  // `bundle` is the live one.
  void Search(const std::shared_ptr<const Bundle>& bundle, int found,
              const QueryOptions& options = {.top_k = 4}) {
    probe_.Offer(bundle, {1.0f, 0.0f}, {options}, {Found(found)});
    Run(bundle);
  }

  void Run(const std::shared_ptr<const Bundle>& live) { probe_.Run(Snapshot<Bundle>(live)); }

  ManualClock clock_;
  ServerMetrics metrics_{{"test"}};
  GaugeHandle recall_ = metrics_.bundle("test").recall_ratio;
  RecallProbe probe_{"test", recall_, &clock_};
  SlowExactIndex* index_ = nullptr;  // Of the last bundle made.
};

TEST_F(RecallProbeTest, IsTheShareOfTheExactAnswerThatWasFound) {
  const auto bundle = MakeBundle("a");
  Search(bundle, 3);
  EXPECT_DOUBLE_EQ(recall_.Value(), 0.75);
}

TEST_F(RecallProbeTest, IsTheMeanOfTheSamples) {
  const auto bundle = MakeBundle("a");
  for (const int found : {4, 2, 3}) {
    Search(bundle, found);
    clock_.Advance(RecallProbe::kPause);
  }
  EXPECT_DOUBLE_EQ(recall_.Value(), 0.75);
}

TEST_F(RecallProbeTest, OldSamplesFade) {
  const auto bundle = MakeBundle("a");
  for (int i = 0; i < 5 * RecallProbe::kSamples; ++i) {
    Search(bundle, i < RecallProbe::kSamples ? 0 : 4);
    clock_.Advance(RecallProbe::kPause);
  }
  EXPECT_GT(recall_.Value(), 0.95);
  EXPECT_LT(recall_.Value(), 1);
}

TEST_F(RecallProbeTest, AnotherBundleBeginsAnew) {
  Search(MakeBundle("a"), 2);
  clock_.Advance(RecallProbe::kPause);
  Search(MakeBundle("b"), 4);
  EXPECT_DOUBLE_EQ(recall_.Value(), 1);
}

TEST_F(RecallProbeTest, AnEquallySimilarNeighbourIsAsGood) {
  const auto bundle = MakeBundle("a");
  std::vector<Neighbor> other = Found(4);
  other.back().row = 6;  // With the similarity of row 3.
  probe_.Offer(bundle, {1.0f, 0.0f}, {QueryOptions{.top_k = 4}}, {other});
  Run(bundle);
  EXPECT_DOUBLE_EQ(recall_.Value(), 1);
}

TEST_F(RecallProbeTest, ExactKindsAreNotSearchedAgain) {
  const auto bundle = MakeBundle("a", "");
  Search(bundle, 2);
  EXPECT_TRUE(std::isnan(recall_.Value()));
  EXPECT_TRUE(index_->batches().empty());
}

TEST_F(RecallProbeTest, QueriesThatAreExactInAnyCaseAreNotSamples) {
  const auto bundle = MakeBundle("a");
  const RowSet rows(8);
  for (const QueryOptions& options :
       {QueryOptions{.allowed = &rows}, QueryOptions{.excluded_row = 0},
        QueryOptions{.min_similarity = 0.5f}, QueryOptions{.exact = true}}) {
    Search(bundle, 2, options);
  }
  EXPECT_TRUE(index_->batches().empty());
}

TEST_F(RecallProbeTest, OfABatchOnePlainQueryIsTaken) {
  const auto bundle = MakeBundle("a");
  const std::vector<float> queries = {0, 1, 1, 0};
  probe_.Offer(bundle, queries, {QueryOptions{.excluded_row = 7}, QueryOptions{.top_k = 4}},
               {Found(0), Found(3)});
  Run(bundle);
  EXPECT_EQ(index_->batches(), std::vector<size_t>{1});
  EXPECT_DOUBLE_EQ(recall_.Value(), 0.75);
}

TEST_F(RecallProbeTest, SamplesAreAPauseApart) {
  const auto bundle = MakeBundle("a");
  Search(bundle, 4);
  Search(bundle, 0);
  EXPECT_EQ(index_->batches().size(), 1u);
  clock_.Advance(RecallProbe::kPause);
  Search(bundle, 0);
  EXPECT_EQ(index_->batches().size(), 2u);
}

TEST_F(RecallProbeTest, SlowExactSearchesAreRare) {
  const auto bundle = MakeBundle("a");
  index_->exact_takes = absl::Milliseconds(100);
  Search(bundle, 4);
  clock_.Advance(absl::Milliseconds(100) / RecallProbe::kShareOfTime - absl::Milliseconds(1));
  Search(bundle, 4);
  EXPECT_EQ(index_->batches().size(), 1u);
  clock_.Advance(absl::Milliseconds(1));
  Search(bundle, 4);
  EXPECT_EQ(index_->batches().size(), 2u);
}

TEST_F(RecallProbeTest, AFailureLeavesTheGaugeAndIsTriedAgainLater) {
  const auto bundle = MakeBundle("a");
  index_->FailWith(absl::ResourceExhaustedError("out of memory"));
  testing::internal::CaptureStderr();
  Search(bundle, 4);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("out of memory"), std::string::npos);
  EXPECT_TRUE(std::isnan(recall_.Value()));
  index_->FailWith(absl::OkStatus());
  clock_.Advance(RecallProbe::kPause);
  Search(bundle, 4);
  EXPECT_TRUE(std::isnan(recall_.Value())) << "too soon";
  clock_.Advance(RecallProbe::kPauseAfterFailure);
  Search(bundle, 4);
  EXPECT_DOUBLE_EQ(recall_.Value(), 1);
}

TEST_F(RecallProbeTest, NothingKeptIsNothingDone) {
  const auto bundle = MakeBundle("a");
  EXPECT_FALSE(probe_.HasSample());
  Run(bundle);
  EXPECT_TRUE(index_->batches().empty());
}

TEST_F(RecallProbeTest, ASampleOfABundleThatWasReplacedDoesNotCount) {
  const auto old = MakeBundle("a"), live = MakeBundle("b");
  probe_.Offer(old, {1.0f, 0.0f}, {QueryOptions{.top_k = 4}}, {Found(2)});
  EXPECT_TRUE(probe_.HasSample());
  Run(live);
  EXPECT_FALSE(probe_.HasSample());
  EXPECT_TRUE(std::isnan(recall_.Value()));
  clock_.Advance(RecallProbe::kPause);
  Search(live, 4);
  EXPECT_DOUBLE_EQ(recall_.Value(), 1);
}

}  // namespace
}  // namespace lookbook
