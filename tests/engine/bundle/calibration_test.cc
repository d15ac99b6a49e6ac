#include "engine/bundle/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <ostream>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/test_bundle_files.h"
#include "tests/support/test_calibration.h"

namespace lookbook {
namespace {

using bundle::v1::Calibration;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

Manifest Calibrated() {
  Manifest manifest = MakeTestManifest({});
  *manifest.mutable_calibration() = MakeTestCalibration(manifest.classes_size());
  return manifest;
}

struct Damage {
  const char* message;
  std::function<void(Calibration*)> apply;
};
void PrintTo(const Damage& damage, std::ostream* os) { *os << damage.message; }

class BadCalibrationTest : public ::testing::TestWithParam<Damage> {};

TEST_P(BadCalibrationTest, IsRefusedAndTheFieldNamed) {
  Manifest manifest = Calibrated();
  GetParam().apply(manifest.mutable_calibration());
  EXPECT_THAT(CheckCalibration(manifest),
              AllOf(StatusIs(absl::StatusCode::kDataLoss, HasSubstr(GetParam().message)),
                    StatusIs(absl::StatusCode::kDataLoss, HasSubstr("manifest.json: calibration.")),
                    HasReason("manifest")));
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

INSTANTIATE_TEST_SUITE_P(
    Facts, BadCalibrationTest,
    ::testing::ValuesIn(std::vector<Damage>{
        {"source is empty", [](Calibration* c) { c->clear_source(); }},
        {"queries is 0", [](Calibration* c) { c->clear_queries(); }},
        {"pairs is 0", [](Calibration* c) { c->clear_pairs(); }},
        {"ece_before 1.5", [](Calibration* c) { c->set_ece_before(1.5); }},
        {"ece_after nan", [](Calibration* c) { c->set_ece_after(kNan); }},
        {"novelty_similarity -1.5", [](Calibration* c) { c->set_novelty_similarity(-1.5F); }},
        {"novelty_similarity nan", [](Calibration* c) { c->set_novelty_similarity(kNan); }},
        {"predicted_share has 4",
         [](Calibration* c) { c->mutable_predicted_share()->RemoveLast(); }},
        {"predicted_share 2", [](Calibration* c) { c->set_predicted_share(1, 2); }}}));

INSTANTIATE_TEST_SUITE_P(
    Knots, BadCalibrationTest,
    ::testing::ValuesIn(std::vector<Damage>{
        {"knots: there are 0", [](Calibration* c) { c->clear_knots(); }},
        {"knots: there are 65",
         [](Calibration* c) {
           c->clear_knots();
           for (int i = 0; i < 65; ++i) c->add_knots()->set_similarity(static_cast<float>(i) / 65);
         }},
        {"similarity 1.5", [](Calibration* c) { c->mutable_knots(2)->set_similarity(1.5F); }},
        {"similarity nan", [](Calibration* c) { c->mutable_knots(1)->set_similarity(kNan); }},
        {"it must rise", [](Calibration* c) { c->mutable_knots(1)->set_similarity(0); }},
        {"it must rise", [](Calibration* c) { c->mutable_knots()->SwapElements(0, 2); }},
        {"probability -0.5", [](Calibration* c) { c->mutable_knots(0)->set_probability(-0.5F); }},
        {"probability 1.5", [](Calibration* c) { c->mutable_knots(2)->set_probability(1.5F); }},
        {"must not fall", [](Calibration* c) { c->mutable_knots(2)->set_probability(0.25F); }}}));

INSTANTIATE_TEST_SUITE_P(
    Histogram, BadCalibrationTest,
    ::testing::ValuesIn(std::vector<Damage>{
        {"3 bounds and 3 counts",
         [](Calibration* c) { c->mutable_top1_similarity()->mutable_counts()->RemoveLast(); }},
        {"0 bounds and 0 counts", [](Calibration* c) { c->clear_top1_similarity(); }},
        {"bounds must rise",
         [](Calibration* c) { c->mutable_top1_similarity()->set_upper_bounds(1, 0.5); }},
        {"bounds must rise",
         [](Calibration* c) {
           c->mutable_top1_similarity()->set_upper_bounds(2,
                                                          std::numeric_limits<double>::infinity());
         }},
        {"counts 99 queries, not 100",
         [](Calibration* c) { c->mutable_top1_similarity()->set_counts(0, 9); }},
        {"counts more than the 100", [](Calibration* c) {
           // Wraps round to 100 when it is only summed up.
           c->mutable_top1_similarity()->set_counts(0, std::numeric_limits<uint64_t>::max());
           c->mutable_top1_similarity()->set_counts(3, 11);
         }}}));

TEST(CalibrationTest, AGoodBlockAndNoBlockPass) {
  EXPECT_THAT(CheckCalibration(Calibrated()), IsOk());
  EXPECT_THAT(CheckCalibration(MakeTestManifest({})), IsOk());
}

TEST(CalibrationTest, ProbabilityFollowsTheKnots) {
  Manifest manifest = Calibrated();
  manifest.mutable_calibration()->mutable_knots(2)->set_probability(0.75F);
  EXPECT_THAT(RelevanceProbability(manifest, -0.5F), Optional(0.0F));
  EXPECT_THAT(RelevanceProbability(manifest, 0.25F), Optional(0.25F));
  EXPECT_THAT(RelevanceProbability(manifest, 0.75F), Optional(0.625F));
  EXPECT_THAT(RelevanceProbability(manifest, 1.0001F), Optional(0.75F));
}

TEST(CalibrationTest, BaselineSharesAreCumulative) {
  EXPECT_THAT(BaselineShare(Calibrated(), 0.5), Optional(0.1));
  EXPECT_THAT(BaselineShare(Calibrated(), 0.9), Optional(0.4));
  EXPECT_THAT(BaselineShare(Calibrated(), 1.0), Optional(1.0));
  EXPECT_EQ(BaselineShare(Calibrated(), 0.7), std::nullopt) << "no such bound";
}

TEST(CalibrationTest, ABundleWithoutOneSaysNothing) {
  const Manifest manifest = MakeTestManifest({});
  EXPECT_EQ(RelevanceProbability(manifest, 0.5F), std::nullopt);
  EXPECT_EQ(NoveltyBound(manifest), std::nullopt);
  EXPECT_EQ(BaselineShare(manifest, 0.5), std::nullopt);
  EXPECT_THAT(NoveltyBound(Calibrated()), Optional(0.25F));
}

}  // namespace
}  // namespace lookbook
