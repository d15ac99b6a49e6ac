#include "server/lifecycle/bundle_loader.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "server/lifecycle/bundle_memory.h"
#include "tests/server/fake_bundle.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_calibration.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class BundleLoaderTest : public ::testing::Test {
 protected:
  BundleLoaderTest() {
    auto pipeline =
        Pipeline::Create("default", {.decode_threads = 1, .embed_workers = 1}, &metrics_, &clock_);
    EXPECT_THAT(pipeline, IsOk());
    pipeline_ = *std::move(pipeline);
  }

  FakeBundle Make(const std::string& id) { return MakeFakeBundle(directory_ / id, id); }

  absl::Status Load(const absl::StatusOr<std::shared_ptr<const Bundle>>& opened) {
    const BundleOpener opener = [&](const std::string& root, const BundleOptions& options) {
      EXPECT_EQ(root, "/root");
      EXPECT_FALSE(options.warm_up) << "the loader warms up itself, to time it";
      EXPECT_TRUE(options.self_test);
      EXPECT_EQ(options.max_batch, 16);
      clock_.Advance(absl::Seconds(2));
      return opened;
    };
    return BundleLoader(opener, {.max_batch = 16}, &metrics_, &clock_)
        .Load("default", "/root", pipeline_.get());
  }

  bool Loads(const std::string& result) {
    const std::string series =
        absl::StrCat("lookbook_bundle_loads_total{bundle=\"default\",result=\"", result, "\"} 1");
    return absl::StrContains(metrics_.Scrape(), series);
  }

  TempDir directory_;
  ManualClock clock_;
  ServerMetrics metrics_{{"default"}};
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(BundleLoaderTest, AGoodBundleIsWarmedUpSetAndReported) {
  const FakeBundle fake = Make("id-1");
  ASSERT_THAT(Load(fake.bundle), IsOk());
  EXPECT_EQ(pipeline_->bundle(), fake.bundle);
  EXPECT_EQ(fake.embedder->warm_ups(), 1);
  EXPECT_TRUE(Loads("success"));
  BundleMetrics& metrics = metrics_.bundle("default");
  EXPECT_EQ(metrics.items.Value(), 40);
  EXPECT_EQ(metrics.memory_bytes.Value(), BundleMemoryBytes(*fake.bundle));
  EXPECT_GT(metrics.memory_bytes.Value(), 40 * 8 * 4);
  EXPECT_EQ(metrics.created_timestamp_seconds.Value(), 1795428900);
  EXPECT_EQ(metrics.load_duration_seconds.Count(), 1u);
  EXPECT_EQ(metrics.warmup_seconds.Value(), 0) << "no time passed in the fake's WarmUp()";
  EXPECT_THAT(metrics_.Scrape(),
              HasSubstr("lookbook_bundle_load_duration_seconds_sum{bundle=\"default\"} 2"));
  EXPECT_THAT(metrics_.Scrape(), HasSubstr("bundle_id=\"id-1\""));
}

TEST_F(BundleLoaderTest, TheBaselineIsThatOfTheLiveBundle) {
  const auto baseline = [&](const std::string& bound) {
    const std::vector<double> bounds = Top1SimilarityBounds();
    for (size_t i = 0; i < bounds.size(); ++i) {
      if (absl::StrCat(bounds[i]) == bound)
        return metrics_.bundle("default").top1_baseline[i].Value();
    }
    ADD_FAILURE() << "no bound " << bound;
    return -1.0;
  };
  FakeBundle calibrated = Make("id-1");
  Manifest& manifest = calibrated.bundle->manifest;
  *manifest.mutable_calibration() = MakeTestCalibration(manifest.classes_size());
  ASSERT_THAT(Load(calibrated.bundle), IsOk());
  EXPECT_EQ(baseline("0.5"), 0.1);
  EXPECT_EQ(baseline("0.9"), 0.4);
  EXPECT_TRUE(std::isnan(baseline("0.7"))) << "the bundle's histogram has no such bound";
  EXPECT_THAT(
      metrics_.Scrape(),
      HasSubstr("lookbook_top1_similarity_baseline_ratio{bound=\"0.9\",bundle=\"default\"} 0.4"));
  ASSERT_THAT(Load(Make("id-2").bundle), IsOk());
  EXPECT_TRUE(std::isnan(baseline("0.5"))) << "of the bundle before";
}

TEST_F(BundleLoaderTest, AnExactIndexHasFullRecallAndAnotherNoneYet) {
  class Approximate : public FakeIndex {
   public:
    using FakeIndex::FakeIndex;
    std::string search() const override { return "nprobe=4"; }
  };
  GaugeHandle recall = metrics_.bundle("default").recall_ratio;
  EXPECT_TRUE(std::isnan(recall.Value())) << "no bundle yet";
  const FakeBundle exact = Make("id-1");
  ASSERT_THAT(Load(exact.bundle), IsOk());
  EXPECT_EQ(recall.Value(), 1);
  const FakeBundle approximate = Make("id-2");
  approximate.bundle->index =
      std::make_unique<Approximate>(exact.index->dim(), approximate.vectors);
  ASSERT_THAT(Load(approximate.bundle), IsOk());
  EXPECT_TRUE(std::isnan(recall.Value())) << "not that of the bundle before";
}

TEST_F(BundleLoaderTest, AFailureKeepsTheOldBundleAndNamesTheCheck) {
  const FakeBundle old = Make("id-1");
  ASSERT_THAT(Load(old.bundle), IsOk());
  EXPECT_THAT(
      Load(WithReason(absl::DataLossError("model.ts differs"), "checksum")),
      AllOf(StatusIs(absl::StatusCode::kDataLoss, "bundle default in /root: model.ts differs"),
            HasReason("checksum")));
  EXPECT_EQ(pipeline_->bundle(), old.bundle);
  EXPECT_TRUE(Loads("checksum"));
  EXPECT_THAT(metrics_.Scrape(), HasSubstr("bundle_id=\"id-1\""));
}

TEST_F(BundleLoaderTest, AModelThatFailsToWarmUpIsNotServed) {
  const FakeBundle fake = Make("id-1");
  fake.embedder->FailWith(absl::ResourceExhaustedError("out of memory"));
  EXPECT_THAT(Load(fake.bundle),
              AllOf(StatusIs(absl::StatusCode::kResourceExhausted), HasReason("memory")));
  EXPECT_EQ(pipeline_->bundle(), nullptr);
  EXPECT_TRUE(Loads("memory"));
}

TEST_F(BundleLoaderTest, TheBundleBeforeIsDestroyedOnceNothingUsesIt) {
  FakeBundle old = Make("id-1");
  const std::weak_ptr<Bundle> watched = old.bundle;
  ASSERT_THAT(Load(old.bundle), IsOk());
  old.bundle.reset();
  EXPECT_FALSE(watched.expired());
  ASSERT_THAT(Load(Make("id-2").bundle), IsOk());
  EXPECT_TRUE(watched.expired());
  EXPECT_THAT(metrics_.Scrape(), Not(HasSubstr("id-1")));
}

}  // namespace
}  // namespace lookbook
