#include "models/indexing/corpus_embedder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "base/stop_signal.h"
#include "engine/image/decode.h"
#include "tests/models/indexing/colour_embedder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CorpusEmbedderTest : public ::testing::Test {
 protected:
  CorpusEmbedderTest() { spec_.size = 16; }
  TempDir dir_;
  PreprocessSpec spec_;
  ColourEmbedder embedder_{16, 1};
};

TEST_F(CorpusEmbedderTest, EqualsOneImageAtATimeWhateverTheThreads) {
  const std::vector<ImageRecord> images = WriteColours(dir_, 11);
  for (const int threads : {1, 3}) {
    LB_ASSERT_OK_AND_ASSIGN(
        const EmbeddedCorpus corpus,
        EmbedImages(images, spec_, embedder_, {.threads = threads, .batch = 3}));
    ASSERT_THAT(corpus.images, SizeIs(11));
    ASSERT_THAT(corpus.vectors, SizeIs(33));
    ASSERT_THAT(corpus.attribute_scores, SizeIs(11));
    EXPECT_THAT(corpus.thumbnails, IsEmpty());
    for (int i = 0; i < 11; ++i) {
      EXPECT_EQ(corpus.images[i], i);
      LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(images[i].path));
      LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded,
                              DecodeImage(bytes, {.min_short_side = spec_.MinDecodedSide()}));
      std::vector<float> tensor(spec_.TensorSize());
      ASSERT_THAT(Preprocess(decoded.image, spec_, absl::MakeSpan(tensor)), IsOk());
      LB_ASSERT_OK_AND_ASSIGN(const Embeddings want, embedder_.Embed(tensor));
      EXPECT_THAT(
          std::vector<float>(corpus.vectors.begin() + 3 * i, corpus.vectors.begin() + 3 * i + 3),
          ::testing::ElementsAreArray(want.vectors));
      EXPECT_EQ(corpus.scores[3 * i + i % 3], 0.9f);
    }
  }
}

TEST_F(CorpusEmbedderTest, ThumbnailsAreSmallJpegsOfTheWholePicture) {
  const std::vector<ImageRecord> images = WriteColours(dir_, 2);
  LB_ASSERT_OK_AND_ASSIGN(const EmbeddedCorpus corpus,
                          EmbedImages(images, spec_, embedder_, {.thumbnails = true}));
  ASSERT_THAT(corpus.thumbnails, SizeIs(2));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage thumbnail, DecodeImage(corpus.thumbnails[0], {}));
  EXPECT_LE(thumbnail.image.width, 128);
  EXPECT_NEAR(static_cast<double>(thumbnail.image.width) / thumbnail.image.height, 200.0 / 120,
              0.05);
}

TEST_F(CorpusEmbedderTest, UnreadableImagesAreLeftOutAndNamed) {
  std::vector<ImageRecord> images = WriteColours(dir_, 5);
  ASSERT_THAT(WriteFile(images[1].path, "no image"), IsOk());
  images[3].path = dir_ / "absent.jpg";
  LB_ASSERT_OK_AND_ASSIGN(const EmbeddedCorpus corpus,
                          EmbedImages(images, spec_, embedder_, {.batch = 2}));
  EXPECT_THAT(corpus.images, ElementsAre(0, 2, 4));
  EXPECT_THAT(corpus.vectors, SizeIs(9));
  EXPECT_THAT(corpus.unreadable, ElementsAre(HasSubstr("c101: "), HasSubstr("c103: ")));
  for (ImageRecord& image : images) image.path = "absent";
  EXPECT_THAT(EmbedImages(images, spec_, embedder_, {}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("none of 5 images can be read; c100")));
}

TEST_F(CorpusEmbedderTest, ErrorsOfTheModelAndOfTheCallerComeBack) {
  const std::vector<ImageRecord> images = WriteColours(dir_, 5);
  EXPECT_THAT(EmbedImages({}, spec_, embedder_, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(EmbedImages(images, spec_, embedder_, {.batch = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch 0")));
  EXPECT_THAT(EmbedImages(images, spec_, embedder_, {.threads = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  embedder_.fail_at_call = 2;
  EXPECT_THAT(EmbedImages(images, spec_, embedder_, {.batch = 2}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("told to fail")));
}

// A process without a descriptor left cannot read any file: nothing is known about the pictures.
TEST_F(CorpusEmbedderTest, WantOfResourcesIsNoUnreadableImage) {
  const std::vector<ImageRecord> images = WriteColours(dir_, 5);
  struct rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit none = {0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto corpus = EmbedImages(images, spec_, embedder_, {.batch = 2});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(corpus, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("c100")));
}

TEST_F(CorpusEmbedderTest, AStopComesBackAsCancelled) {
  const std::vector<ImageRecord> images = WriteColours(dir_, 5);
  const auto stopped = [&] {
    RequestStop();  // For good, so a child does it.
    const auto corpus = EmbedImages(images, spec_, embedder_, {.batch = 2});
    ::_exit(absl::IsCancelled(corpus.status()) ? 0 : 1);
  };
  EXPECT_EXIT(stopped(), ::testing::ExitedWithCode(0), "");
}

TEST_F(CorpusEmbedderTest, FilesBeyondTheLimitAreLeftOutUnread) {
  std::vector<ImageRecord> images = WriteColours(dir_, 2);
  std::filesystem::resize_file(images[0].path, uint64_t{20} << 30);  // Sparse: 20 GB of nothing.
  LB_ASSERT_OK_AND_ASSIGN(const EmbeddedCorpus corpus, EmbedImages(images, spec_, embedder_, {}));
  EXPECT_THAT(corpus.unreadable, ElementsAre(HasSubstr("c100: 21474836480 bytes")));
}

TEST_F(CorpusEmbedderTest, ProgressEndsAtTheTotal) {
  const std::vector<ImageRecord> images = WriteColours(dir_, 5);
  int64_t last = 0;
  ASSERT_THAT(EmbedImages(images, spec_, embedder_,
                          {.batch = 2,
                           .progress =
                               [&](int64_t done, int64_t total) {
                                 EXPECT_EQ(total, 5);
                                 EXPECT_GE(done, last);
                                 last = done;
                               }}),
              IsOk());
  EXPECT_EQ(last, 5);
}

}  // namespace
}  // namespace lookbook
