// The memory of pictures: set aside before they are decoded, given back in time, refused beyond.
#include "engine/image/decode.h"
#include "server/pipeline/image_memory.h"
#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class PipelineMemoryTest : public PipelineTest {
 protected:
  int64_t file_bytes() const { return static_cast<int64_t>(png_.size()); }
  // What the picture's decoding is charged.
  int64_t decode_bytes() const { return DecodePeakBytes(*ParseImageHeader(png_, {}), {}); }

  void StartWith(int64_t bytes) {
    memory_ = std::make_shared<ImageMemory>(bytes, metrics_.image_memory_bytes());
    Start({.decode_threads = 1, .embed_workers = 1, .image_memory = memory_});
  }
  void ExpectRefused(const std::shared_ptr<Pending>& pending) {
    EXPECT_EQ(pending->calls(), 1) << "refused on the caller's thread";
    EXPECT_THAT(pending->Wait(),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("try again later")));
    EXPECT_THAT(pending->Wait().status(), HasReason("memory"));
  }
  // Returns once the pictures so far wait for a batch: a single thread decodes.
  void AwaitDecoded() {
    EXPECT_THAT(Submit(ImageQuery("no image"))->Wait().status(), HasReason("unsupported_format"));
  }
  double Taken() const { return metrics_.image_memory_bytes().Value(); }

  const std::string png_ = MakePng(GradientImage(48, 40));
  std::shared_ptr<ImageMemory> memory_;
};

TEST_F(PipelineMemoryTest, PicturesBeyondTheMemoryAreRefusedBeforeTheyAreDecoded) {
  StartWith(2 * (file_bytes() + decode_bytes()));
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  const auto first = Submit(ImageQuery(png_));
  const auto second = Submit(ImageQuery(png_));
  EXPECT_EQ(Taken(), 2 * (file_bytes() + decode_bytes()));
  ExpectRefused(Submit(ImageQuery(png_)));
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"memory\"}"), 1);
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 2) << "the refused one left its place";
  gate.Open();
  EXPECT_THAT(first->Wait(), IsOk());
  EXPECT_THAT(second->Wait(), IsOk());
  EXPECT_EQ(Taken(), 0);
  EXPECT_EQ(Metric("lookbook_images_total{format=\"png\",result=\"decoded\"}"), 2);
}

TEST_F(PipelineMemoryTest, AByteTooLittleIsTooLittle) {
  StartWith(file_bytes() + decode_bytes() - 1);
  ExpectRefused(Submit(ImageQuery(png_)));
  EXPECT_EQ(Taken(), 0);
}

TEST_F(PipelineMemoryTest, OneAloneFitsAndQueriesWithoutAPictureTakeNone) {
  StartWith(file_bytes() + decode_bytes());
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  const auto picture = Submit(ImageQuery(png_));
  ExpectRefused(Submit(ImageQuery(png_)));
  EXPECT_THAT(Submit(ItemQuery("item-1"))->Wait(), IsOk());
  gate.Open();
  EXPECT_THAT(picture->Wait(), IsOk());
  EXPECT_THAT(Submit(ImageQuery(png_))->Wait(), IsOk()) << "there is room again";
}

TEST_F(PipelineMemoryTest, ThatOfDecodingIsGivenBackWhenItIsResizedTheFileWithTheAnswer) {
  StartWith(file_bytes() + decode_bytes());
  parts_.embedder->Hold();
  const auto first = Submit(ImageQuery(png_));
  parts_.embedder->WaitForCalls(1);
  EXPECT_EQ(Taken(), file_bytes());
  ExpectRefused(Submit(ImageQuery(png_)));
  parts_.embedder->Release();
  EXPECT_THAT(first->Wait(), IsOk());
  EXPECT_EQ(Taken(), 0);
}

TEST_F(PipelineMemoryTest, WhatIsNoPictureIsToldSoWhateverTheMemory) {
  StartWith(100);
  EXPECT_THAT(Submit(ImageQuery("no image"))->Wait().status(), HasReason("unsupported_format"));
  EXPECT_EQ(Taken(), 0);
}

TEST_F(PipelineMemoryTest, TheDeadGiveTheirMemoryToTheLiving) {
  StartWith(2 * file_bytes() + decode_bytes() + 8);  // 8 for AwaitDecoded().
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(png_));
  parts_.embedder->WaitForCalls(1);
  Query dying = ImageQuery(png_);
  dying.cancelled = std::make_shared<std::atomic<bool>>(false);
  const auto dead = Submit(dying);
  AwaitDecoded();
  ExpectRefused(Submit(ImageQuery(png_)));
  *dying.cancelled = true;
  const auto living = Submit(ImageQuery(png_));
  EXPECT_THAT(dead->Wait(), StatusIs(absl::StatusCode::kCancelled));
  parts_.embedder->Release();
  EXPECT_THAT(living->Wait(), IsOk());
  EXPECT_THAT(running->Wait(), IsOk());
}

}  // namespace
}  // namespace lookbook
