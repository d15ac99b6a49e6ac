#include "models/dataset/prepared_images.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/image/encode.h"
#include "tests/models/dataset/test_folder.h"
#include "tests/models/dataset/test_images.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PreparedImagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    spec_.size = 16;
    data_.sha256 = "labels";
    folder_.MakeFolder("train");
    for (int i = 0; i < 5; ++i) AddImage(i);
    options_.threads = 2;
    options_.note = [this](absl::string_view why) { notes_.emplace_back(why); };
  }

  void AddImage(int i) {
    ImageRecord& image = data_.images.emplace_back();
    image.id = absl::StrCat(i);
    image.path = folder_ / absl::StrCat("train/", i, ".jpg");
    folder_.Write(absl::StrCat("train/", i, ".jpg"), *EncodeJpeg(WavyImage(60, 50, i), 90));
  }

  PreparedFile File() { return PreparedFileFor(folder_ / "prepared", "train.csv", data_, spec_); }
  absl::StatusOr<PreparedImages> OpenIt() {
    return OpenPreparedImages(File(), Count(), spec_.size);
  }
  absl::StatusOr<PreparedImages> OpenOrMake() {
    return OpenOrPrepareImages(File(), data_.images, spec_, options_);
  }
  int64_t Count() const { return static_cast<int64_t>(data_.images.size()); }

  // Changes the file's bytes behind its back.
  template <typename Fn>
  void Damage(Fn&& change) {
    LB_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(File().path));
    change(&bytes);
    ASSERT_THAT(WriteFileAtomic(File().path, bytes), IsOk());
  }

  TestFolder folder_;
  FashionData data_;
  PreprocessSpec spec_;
  PrepareOptions options_;
  std::vector<std::string> notes_;
};

TEST_F(PreparedImagesTest, HoldWhatDecodingGives) {
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages made, OpenOrMake());
  EXPECT_TRUE(made.made);
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages found, OpenOrMake());
  EXPECT_FALSE(found.made);
  LB_ASSERT_OK_AND_ASSIGN(const auto decoded, ImageCache::Build(data_.images, spec_, 1, nullptr));
  ASSERT_EQ(found.cache->size(), 5);
  EXPECT_EQ(found.cache->side(), 16);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(made.cache->pixels(i), decoded->pixels(i)) << i;
    EXPECT_EQ(found.cache->pixels(i), decoded->pixels(i)) << i;
  }
  EXPECT_THAT(found.unreadable, IsEmpty());
  EXPECT_THAT(notes_, IsEmpty()) << "a first time and a good file are no news";
}

TEST_F(PreparedImagesTest, UnreadableImagesAreRemembered) {
  folder_.Write("train/1.jpg", "not an image");
  ASSERT_THAT(RemoveAll(folder_ / "train/4.jpg"), IsOk());
  ASSERT_THAT(OpenOrMake(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages found, OpenIt());
  ASSERT_THAT(found.unreadable, SizeIs(2));
  EXPECT_EQ(found.unreadable[0].row, 1);
  EXPECT_THAT(found.unreadable[0].why, HasSubstr("1.jpg: "));
  EXPECT_EQ(found.unreadable[1].row, 4);
  EXPECT_THAT(found.cache->pixels(1).subspan(0, 3),
              ElementsAre(124, 116, 104));  // The mean colour.
}

TEST_F(PreparedImagesTest, LargeSetsAreWrittenInPieces) {
  spec_.size = 1024;  // 3 MiB each: 21 to a piece.
  const std::vector<ImageRecord> few = data_.images;
  while (data_.images.size() < 23) data_.images.push_back(few[data_.images.size() % 5]);
  int64_t last = 0;
  options_.progress = [&](int64_t done, int64_t total) {
    EXPECT_EQ(total, 23);
    EXPECT_GE(done, last);
    last = done;
  };
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages made, OpenOrMake());
  EXPECT_EQ(last, 23);
  for (int i : {0, 20, 21, 22}) EXPECT_EQ(made.cache->pixels(i), made.cache->pixels(i % 5)) << i;
}

TEST_F(PreparedImagesTest, TheNameSaysSetSizeAndMode) {
  EXPECT_EQ(File().path, folder_ / "prepared/train-16-squish.images");
  spec_.resize = ResizeMode::kPad;
  EXPECT_TRUE(absl::EndsWith(File().path, "/train-16-pad.images"));
}

TEST_F(PreparedImagesTest, TheKeyCoversLabelsFilesAndPixels) {
  std::vector<std::string> keys = {File().key};
  const auto is_new = [&] {
    keys.push_back(File().key);
    return std::count(keys.begin(), keys.end(), keys.back()) == 1;
  };
  data_.sha256 = "other";
  EXPECT_TRUE(is_new()) << "labels";
  spec_.size = 17;
  EXPECT_TRUE(is_new()) << "size";
  spec_.resize = ResizeMode::kCrop;
  EXPECT_TRUE(is_new()) << "mode";
  spec_.mean[1] = 0.1f;
  EXPECT_TRUE(is_new()) << "mean";
  data_.images[2].id = "x";
  EXPECT_TRUE(is_new()) << "id";
  folder_.Write("train/3.jpg", "longer or shorter");
  EXPECT_TRUE(is_new()) << "file size";
  const timespec long_ago[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, data_.images[0].path.c_str(), long_ago, 0), 0);
  EXPECT_TRUE(is_new()) << "time of change";
  EXPECT_EQ(File().key, keys.back()) << "and nothing else";
}

TEST_F(PreparedImagesTest, AStaleFileIsMadeAgainWithOneLine) {
  ASSERT_THAT(OpenOrMake(), IsOk());
  folder_.Write("train/3.jpg", *EncodeJpeg(WavyImage(70, 50, 33), 90));
  EXPECT_THAT(OpenIt(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("stale")));
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages again, OpenOrMake());
  EXPECT_TRUE(again.made);
  EXPECT_THAT(notes_, ElementsAre(AllOf(HasSubstr("train-16-squish.images is stale"),
                                        HasSubstr("made again"))));
  LB_ASSERT_OK_AND_ASSIGN(const auto decoded, ImageCache::Build(data_.images, spec_, 1, nullptr));
  EXPECT_EQ(again.cache->pixels(3), decoded->pixels(3));
}

TEST_F(PreparedImagesTest, AnyDamageIsFoundAndTheFileMadeAgain) {
  const struct {
    const char* name;
    std::function<void(std::string*)> change;
  } kinds[] = {
      {"cut in the header", [](std::string* b) { b->resize(100); }},
      {"cut in the pixels", [](std::string* b) { b->resize(b->size() / 2); }},
      {"cut by one byte", [](std::string* b) { b->pop_back(); }},
      {"one byte more", [](std::string* b) { b->push_back('x'); }},
      {"empty", [](std::string* b) { b->clear(); }},
      {"first pixel flipped", [](std::string* b) { (*b)[4096] ^= 1; }},
      {"a pixel flipped", [](std::string* b) { (*b)[b->size() / 2] ^= 64; }},
      {"trailer flipped", [](std::string* b) { b->back() ^= 1; }},
      {"header flipped", [](std::string* b) { (*b)[0] ^= 1; }},
      {"not ours", [](std::string* b) { std::fill(b->begin(), b->end(), 'z'); }},
  };
  ASSERT_THAT(OpenOrMake(), IsOk());
  for (const auto& kind : kinds) {
    notes_.clear();
    Damage(kind.change);
    EXPECT_THAT(OpenIt(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged"))) << kind.name;
    LB_ASSERT_OK_AND_ASSIGN(const PreparedImages again, OpenOrMake());
    EXPECT_TRUE(again.made) << kind.name;
    EXPECT_THAT(notes_, SizeIs(1)) << kind.name;
    EXPECT_THAT(OpenIt(), IsOk()) << kind.name;
  }
}

TEST_F(PreparedImagesTest, AFailedWriteLeavesTheOldFileAndNoOther) {
  ASSERT_THAT(OpenOrMake(), IsOk());
  options_.threads = 0;
  EXPECT_THAT(WritePreparedImages(File(), data_.images, spec_, options_),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OpenIt(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(folder_ / "prepared"));
  EXPECT_THAT(names, SizeIs(1));
}

TEST_F(PreparedImagesTest, ErrorsSayWhatToDo) {
  EXPECT_THAT(OpenIt(), StatusIs(absl::StatusCode::kNotFound));
  spec_.size = 0;
  EXPECT_THAT(WritePreparedImages(File(), data_.images, spec_, options_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("size 0")));
  spec_.size = 16;
  folder_.Write("prepared", "a file where the folder should be");
  EXPECT_FALSE(OpenOrMake().ok());
}

TEST_F(PreparedImagesTest, AnEmptySetIsAnEmptyFile) {
  data_.images.clear();
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages made, OpenOrMake());
  EXPECT_EQ(made.cache->size(), 0);
}

}  // namespace
}  // namespace lookbook
