#include "server/pipeline/decode_stage.h"

#include "absl/strings/str_cat.h"
#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

// Every look at it costs `step`.
class TickingClock : public Clock {
 public:
  explicit TickingClock(absl::Duration step) : step_(step) {}
  absl::Time Now() const override {
    clock_.Advance(step_);
    return clock_.Now();
  }

 private:
  const absl::Duration step_;
  mutable ManualClock clock_;
};

class DecodeStageTest : public PipelineTest {
 protected:
  InFlightPtr Make(absl::string_view image, absl::Time deadline = absl::InfiniteFuture()) {
    Query query = ImageQuery(image);
    query.deadline = deadline;
    auto item = std::make_shared<InFlight>(std::move(query), Pending::Done(pending_), &context_);
    item->result.bundle = parts_.bundle;
    return item;
  }

  TickingClock ticks_{absl::Milliseconds(1)};
  QueuePlaces places_{1, metrics_.bundle(kName).queue_depth};
  Inside inside_;
  WaitEstimator estimator_{1, 1};
  const QueryContext context_{&metrics_, &ticks_, &places_, &inside_, &estimator_};
  std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
};

TEST_F(DecodeStageTest, GivesThePixelsThatTheBundleWants) {
  const DecodeStage stage(ImageLimits(), &context_);
  InFlightPtr item = Make(jpeg_);
  ASSERT_TRUE(stage.Run(item.get()));

  const PreprocessSpec& spec = parts_.bundle->preprocess;
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded,
                          DecodeImage(jpeg_, {.min_short_side = spec.MinDecodedSide()}));
  LB_ASSERT_OK_AND_ASSIGN(const Image resized, ResizeForModel(decoded.image, spec));
  EXPECT_EQ(item->pixels.width, spec.size);
  EXPECT_EQ(item->pixels.height, spec.size);
  EXPECT_EQ(item->pixels.rgb, resized.rgb);
  EXPECT_DOUBLE_EQ(item->result.seconds.decode, 0.001);
  EXPECT_DOUBLE_EQ(item->result.seconds.preprocess, 0.001);
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_count{stage=\"decode\"}"), 1);
  EXPECT_GT(Metric("lookbook_stage_cpu_seconds_total{stage=\"decode\"}"), 0);
  EXPECT_GT(Metric("lookbook_stage_cpu_seconds_total{stage=\"preprocess\"}"), 0);
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 1);
  EXPECT_EQ(Metric("lookbook_image_pixels_sum"), 48 * 40);
  item->Answer();
}

TEST_F(DecodeStageTest, WhatAFileSaysOfItselfIsKnownBeforeItIsDecoded) {
  ImageLimits limits;
  limits.max_side = 64;
  const DecodeStage stage(limits, &context_);
  const auto facts = [&](const std::string& file) {
    pending_ = std::make_shared<Pending>();
    InFlightPtr item = Make(file);
    EXPECT_TRUE(stage.TryTakeMemory(item.get()));
    const ImageFacts image = item->result.image;
    item->Fail(absl::CancelledError("seen"));
    return absl::StrCat(image.format, " ", image.width, "x", image.height);
  };
  EXPECT_EQ(facts(jpeg_), "jpeg 48x40");
  EXPECT_EQ(facts(MakePng(NoisyImage(40, 64))), "png 40x64");
  EXPECT_EQ(facts(MakePng(NoisyImage(40, 65))), "png 0x0") << "its header is refused";
  EXPECT_EQ(facts("GIF89a"), "unknown 0x0");
}

TEST_F(DecodeStageTest, DecodesAtAScaleThatTheBundleAllows) {
  // A large JPEG goes through 1/8 scale, and the scale shows in the pixels.
  const std::string large = MakeJpeg(NoisyImage(512, 512));
  const DecodeStage stage(ImageLimits(), &context_);
  InFlightPtr item = Make(large);
  ASSERT_TRUE(stage.Run(item.get()));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage scaled, DecodeImage(large, {.min_short_side = 32}));
  EXPECT_EQ(scaled.scale_denominator, 8);
  LB_ASSERT_OK_AND_ASSIGN(const Image expected,
                          ResizeForModel(scaled.image, parts_.bundle->preprocess));
  EXPECT_EQ(item->pixels.rgb, expected.rgb);
  item->Answer();
}

TEST_F(DecodeStageTest, WarningsReachTheReplyAndTheCounter) {
  const std::string cut = WithoutEoi(jpeg_);
  const DecodeStage stage(ImageLimits(), &context_);
  InFlightPtr item = Make(cut);
  ASSERT_TRUE(stage.Run(item.get()));
  EXPECT_THAT(item->result.warnings, ElementsAre("missing_eoi"));
  EXPECT_EQ(Metric("lookbook_decode_warnings_total{kind=\"missing_eoi\"}"), 1);
  item->Answer();
}

TEST_F(DecodeStageTest, ARefusedImageIsCountedByFormatAndReason) {
  const DecodeStage stage(ImageLimits(), &context_);
  const std::string cut = Cut(jpeg_, 50);
  InFlightPtr item = Make(cut);
  EXPECT_FALSE(stage.Run(item.get()));
  EXPECT_THAT(pending_->Wait(), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(pending_->Wait().status(), HasReason("truncated"));
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"rejected\"}"), 1);
  EXPECT_EQ(Metric("lookbook_decode_rejected_total{reason=\"truncated\"}"), 1);

  const std::string png = Cut(MakePng(GradientImage(20, 20)), 50);
  EXPECT_FALSE(stage.Run(Make(png).get()));
  EXPECT_FALSE(stage.Run(Make("GIF89a").get()));
  EXPECT_EQ(Metric("lookbook_images_total{format=\"png\",result=\"rejected\"}"), 1);
  EXPECT_EQ(Metric("lookbook_images_total{format=\"unknown\",result=\"rejected\"}"), 1);
}

TEST_F(DecodeStageTest, LimitsAreTheOptions) {
  const DecodeStage stage({.max_pixels = 48 * 40 - 1}, &context_);
  EXPECT_FALSE(stage.Run(Make(jpeg_).get()));
  EXPECT_THAT(pending_->Wait().status(), HasReason("too_many_pixels"));
}

TEST_F(DecodeStageTest, NothingIsDecodedPastTheDeadline) {
  const DecodeStage stage(ImageLimits(), &context_);
  InFlightPtr item = Make(jpeg_, ticks_.Now());
  EXPECT_FALSE(stage.Run(item.get()));
  EXPECT_THAT(pending_->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 0);
}

TEST_F(DecodeStageTest, NothingIsPreparedOnceDecodingUsedUpTheTime) {
  const DecodeStage stage(ImageLimits(), &context_);
  // Looks at the clock: the item's birth, the check before decoding, its begin, its end, the check
  // after it.
  InFlightPtr item = Make(jpeg_, ticks_.Now() + absl::Microseconds(4500));
  EXPECT_FALSE(stage.Run(item.get()));
  EXPECT_THAT(pending_->Wait(),
              StatusIs(absl::StatusCode::kDeadlineExceeded, ::testing::HasSubstr("preprocess")));
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 1);
  EXPECT_TRUE(item->pixels.rgb.empty());
}

}  // namespace
}  // namespace lookbook
