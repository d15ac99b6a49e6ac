// What a caller may send by mistake or on purpose: each gets its reason, and nobody else notices.
#include <limits>

#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using PipelineBadInputTest = PipelineTest;

TEST_F(PipelineBadInputTest, EveryBadImageGetsItsReason) {
  Start();
  const std::vector<BadImage> images = BadImages();
  ASSERT_GT(images.size(), 50u);
  for (const BadImage& bad : images) {
    const auto pending = Submit(ImageQuery(bad.bytes));
    const auto& answer = pending->Wait();
    if (bad.reason.empty()) {
      ASSERT_THAT(answer, IsOk()) << bad.name;
      if (!bad.warning.empty()) {
        EXPECT_THAT(answer->warnings, Contains(bad.warning)) << bad.name;
      }
    } else {
      EXPECT_THAT(answer, StatusIs(absl::StatusCode::kInvalidArgument)) << bad.name;
      EXPECT_THAT(answer.status(), HasReason(bad.reason)) << bad.name;
    }
  }
  EXPECT_THAT(Submit(ImageQuery(jpeg_))->Wait(), IsOk()) << "the pipeline goes on";
}

TEST_F(PipelineBadInputTest, ABadImageDoesNotHarmItsNeighbours) {
  Start({.decode_threads = 2, .embed_workers = 1});
  std::vector<std::shared_ptr<Pending>> good, bad;
  const std::string cut = Cut(jpeg_, 50);
  for (int i = 0; i < 10; ++i) {
    good.push_back(Submit(ImageQuery(jpeg_)));
    bad.push_back(Submit(ImageQuery(cut)));
  }
  const SteppedAnswer expected = Expected(parts_, jpeg_);
  for (const auto& pending : good) {
    ASSERT_THAT(pending->Wait(), IsOk());
    EXPECT_EQ(pending->Wait()->embedding, expected.embedding);
  }
  for (const auto& pending : bad) EXPECT_THAT(pending->Wait().status(), HasReason("truncated"));
}

TEST_F(PipelineBadInputTest, FieldsOutOfRangeAreRefusedOnTheCallersThread) {
  Start();
  const std::vector<float> vector(parts_.vectors.begin(), parts_.vectors.begin() + 8);
  const auto refused = [&](Query query) {
    const auto pending = Submit(std::move(query));
    EXPECT_EQ(pending->calls(), 1) << "Submit() has answered before it returned";
    EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kInvalidArgument));
    return pending->Wait().status();
  };
  Query query = VectorQuery(vector);
  query.top_k = 1001;
  EXPECT_THAT(refused(query), HasReason("bad_k"));
  query = VectorQuery(vector);
  query.min_similarity = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refused(query), HasReason("bad_similarity"));
  query = ImageQuery(jpeg_);
  query.class_filter.any = {TestAttributeId(0)};
  EXPECT_THAT(refused(query), HasReason("bad_filter"));
  query = VectorQuery(vector);
  query.attribute_filter.none = {TestClassId(0)};
  EXPECT_THAT(refused(query), HasReason("bad_filter"));

  EXPECT_THAT(refused(VectorQuery({1, 2, 3})), HasReason("bad_vector"));
  EXPECT_THAT(refused(VectorQuery(std::vector<float>(8, 0))), HasReason("bad_vector"));
  std::vector<float> infinite = vector;
  infinite[3] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(refused(VectorQuery(infinite)), HasReason("bad_vector"));
  EXPECT_THAT(parts_.index->batches(), IsEmpty());
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);
}

TEST_F(PipelineBadInputTest, AnUnknownItemIsNotFound) {
  Start();
  for (const std::string& id : {std::string(), std::string("item-99"), std::string("../item-1"),
                                std::string("item-1\0", 7), std::string(1 << 20, 'x')}) {
    const auto pending = Submit(ItemQuery(id));
    EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kNotFound));
    EXPECT_THAT(pending->Wait().status(), HasReason("unknown_item"));
  }
}

TEST_F(PipelineBadInputTest, WithoutABundleTheServerIsUnavailable) {
  auto pipeline = Pipeline::Create(kName, {}, &metrics_, &clock_);
  ASSERT_THAT(pipeline, IsOk());
  pipeline_ = *std::move(pipeline);
  const auto pending = Submit(ImageQuery(jpeg_));
  EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no bundle")));
  EXPECT_THAT(pending->Wait().status(), HasReason("no_bundle"));

  pipeline_->SetBundle(parts_.bundle);
  EXPECT_THAT(Submit(ImageQuery(jpeg_))->Wait(), IsOk());
}

}  // namespace
}  // namespace lookbook
