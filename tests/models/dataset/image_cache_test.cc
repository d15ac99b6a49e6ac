#include "models/dataset/image_cache.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/stop_signal.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "tests/models/dataset/test_folder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A gradient, so that a wrong image, a wrong row or swapped channels show.
Image MakeImage(int width, int height, int shift) {
  Image image = {width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.rgb.push_back(static_cast<uint8_t>(x * 255 / width));
      image.rgb.push_back(static_cast<uint8_t>(y * 255 / height));
      image.rgb.push_back(static_cast<uint8_t>(shift));
    }
  }
  return image;
}

class ImageCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    spec_.size = 16;
    for (int i = 0; i < 6; ++i) {
      AddFile(absl::StrCat(i, ".jpg"), *EncodeJpeg(MakeImage(150 + 10 * i, 120, 40 * i), 90));
    }
  }

  void AddFile(const std::string& name, const std::string& bytes) {
    folder_.Write(name, bytes);
    images_.emplace_back().path = folder_ / name;
  }

  TestFolder folder_;
  std::vector<ImageRecord> images_;
  PreprocessSpec spec_;
};

TEST_F(ImageCacheTest, HoldsWhatTheServerSees) {
  for (ResizeMode mode : {ResizeMode::kSquish, ResizeMode::kPad, ResizeMode::kCrop}) {
    spec_.resize = mode;
    LB_ASSERT_OK_AND_ASSIGN(const auto cache, ImageCache::Build(images_, spec_, 2, nullptr));
    ASSERT_EQ(cache->size(), 6);
    EXPECT_EQ(cache->side(), 16);
    for (int i = 0; i < 6; ++i) {
      DecodeOptions options;
      options.min_short_side = spec_.MinDecodedSide();
      LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded,
                              DecodeImage(*ReadFile(images_[i].path), options));
      EXPECT_GT(decoded.scale_denominator, 1)
          << "the pictures are large enough for a scaled decode";
      LB_ASSERT_OK_AND_ASSIGN(const Image wanted, ResizeForModel(decoded.image, spec_));
      EXPECT_EQ(cache->pixels(i), absl::MakeConstSpan(wanted.rgb)) << i;
    }
  }
}

TEST_F(ImageCacheTest, ThreadsDoNotChangeIt) {
  LB_ASSERT_OK_AND_ASSIGN(const auto one, ImageCache::Build(images_, spec_, 1, nullptr));
  LB_ASSERT_OK_AND_ASSIGN(const auto three, ImageCache::Build(images_, spec_, 3, nullptr));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(one->pixels(i), three->pixels(i));
}

TEST_F(ImageCacheTest, ProgressEndsAtTheTotal) {
  int64_t last = -1;
  LB_ASSERT_OK_AND_ASSIGN(const auto cache,
                          ImageCache::Build(images_, spec_, 2, [&](int64_t done, int64_t total) {
                            EXPECT_EQ(total, 6);
                            last = done;
                          }));
  EXPECT_EQ(last, 6);
}

TEST_F(ImageCacheTest, AnUnreadableImageFailsTheBuildByName) {
  AddFile("broken.jpg", "not an image");
  EXPECT_THAT(ImageCache::Build(images_, spec_, 2, nullptr),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("broken.jpg")));
  images_.back().path = folder_ / "gone.jpg";
  EXPECT_THAT(ImageCache::Build(images_, spec_, 2, nullptr),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("gone.jpg")));
}

TEST_F(ImageCacheTest, UnreadableImagesAreNotedAndMeanColored) {
  AddFile("broken.jpg", "not an image");
  AddFile("large.jpg", std::string((16 << 20) + 1, 'x'));
  images_.emplace(images_.begin())->path = folder_ / "gone.jpg";
  spec_.mean = {0.2f, 0.5f, 1.0f};
  std::vector<UnreadableImage> unreadable;
  LB_ASSERT_OK_AND_ASSIGN(const auto cache,
                          ImageCache::Build(images_, spec_, 2, nullptr, &unreadable));
  std::vector<int64_t> rows;
  for (const UnreadableImage& image : unreadable) rows.push_back(image.row);
  EXPECT_THAT(rows, ElementsAre(0, 7, 8));
  EXPECT_THAT(unreadable[0].why, HasSubstr("gone.jpg: "));
  EXPECT_THAT(unreadable[2].why, HasSubstr("large.jpg: "));
  for (int64_t i : rows) {
    EXPECT_THAT(cache->pixels(i).subspan(16 * 16 * 3 - 3), ElementsAre(51, 128, 255));
    EXPECT_EQ(cache->pixels(i).subspan(0, 3), cache->pixels(i).subspan(300, 3));
  }
}

TEST_F(ImageCacheTest, AnEmptySetIsAnEmptyCache) {
  LB_ASSERT_OK_AND_ASSIGN(const auto cache, ImageCache::Build({}, spec_, 2, nullptr));
  EXPECT_EQ(cache->size(), 0);
}

TEST_F(ImageCacheTest, RefusesBadArguments) {
  EXPECT_THAT(ImageCache::Build(images_, spec_, 0, nullptr),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (int size : {0, -1, 8193}) {
    spec_.size = size;
    EXPECT_THAT(ImageCache::Build(images_, spec_, 1, nullptr),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("size")));
  }
}

TEST_F(ImageCacheTest, MoreThanTheMemoryIsResourceExhausted) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer ends the process where new would throw";
#endif
  spec_.size = 8192;
  const std::vector<ImageRecord> images(1'000'000);  // 201 TB of pixels.
  EXPECT_THAT(ImageCache::Build(images, spec_, 1, nullptr),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

// A stop request lasts for the process's life, so it happens in a child.
TEST_F(ImageCacheTest, StopCancels) {
  const auto run = [&] {
    RequestStop();
    ::_exit(absl::IsCancelled(ImageCache::Build(images_, spec_, 2, nullptr).status()) ? 0 : 1);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace lookbook
