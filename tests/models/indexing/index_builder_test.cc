#include "models/indexing/index_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/bundle/manifest.h"
#include "engine/index/index_factory.h"
#include "tests/models/indexing/colour_embedder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class IndexBuilderTest : public ::testing::Test {
 protected:
  IndexBuilderTest() {
    spec_.size = 16;
    images_ = WriteColours(dir_, 9);
    images_[2].attributes = {0};
    images_[4].classes = {0, 1, 2};
    splits_.assign(9, "train");
    splits_[8] = "test";
  }
  absl::StatusOr<EmbeddedCorpus> Embed() {
    return EmbedImages(images_, spec_, ColourEmbedder(16), {.thumbnails = true});
  }
  TempDir dir_;
  PreprocessSpec spec_;
  std::vector<ImageRecord> images_;
  std::vector<std::string> splits_;
};

TEST_F(IndexBuilderTest, RowsOfIndexAndItemsAreTheCorpus) {
  ASSERT_THAT(WriteFile(images_[3].path, "broken"), IsOk());  // Row 3 becomes image 4.
  LB_ASSERT_OK_AND_ASSIGN(const EmbeddedCorpus corpus, Embed());
  LB_ASSERT_OK_AND_ASSIGN(const auto built, WriteIndexFiles(dir_ / "i", "Flat", ColourLabels(),
                                                            images_, splits_, corpus));
  LB_ASSERT_OK_AND_ASSIGN(const auto items, ItemStore::Open(dir_ / "i/items.sqlite"));
  LB_ASSERT_OK_AND_ASSIGN(const auto index, OpenIndex({}, dir_ / "i/index.faiss", 3, 8));
  ASSERT_EQ(items->size(), 8);
  EXPECT_EQ(built->size(), 8);
  EXPECT_EQ(items->item(3).id, "c104");
  EXPECT_THAT(items->item(3).class_ids, ElementsAre(10, 20, 30)) << "ids, ascending";
  EXPECT_THAT(items->item(2).attribute_ids, ElementsAre(7));
  EXPECT_EQ(items->item(7).split, "test");
  EXPECT_EQ(items->item(0).uri, images_[0].path);
  LB_ASSERT_OK_AND_ASSIGN(const std::string thumbnail, items->Thumbnail(3));
  EXPECT_EQ(thumbnail, corpus.thumbnails[3]);
  for (int64_t row = 0; row < 8; ++row) {
    LB_ASSERT_OK_AND_ASSIGN(const std::vector<float> vector, index->Vector(row));
    EXPECT_THAT(vector, ::testing::ElementsAreArray(
                            absl::MakeConstSpan(corpus.vectors).subspan(3 * row, 3)));
  }
}

TEST_F(IndexBuilderTest, AnEarlierTryIsReplaced) {
  LB_ASSERT_OK_AND_ASSIGN(const EmbeddedCorpus corpus, Embed());
  ASSERT_THAT(WriteIndexFiles(dir_ / "i", "Flat", ColourLabels(), images_, splits_, corpus),
              IsOk());
  EXPECT_THAT(WriteIndexFiles(dir_ / "i", "Flat", ColourLabels(), images_, splits_, corpus),
              IsOk());
}

TEST_F(IndexBuilderTest, BadInputIsRefused) {
  LB_ASSERT_OK_AND_ASSIGN(EmbeddedCorpus corpus, Embed());
  EXPECT_THAT(WriteIndexFiles(dir_ / "i", "PQ8", ColourLabels(), images_, splits_, corpus),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("PQ8")));
  EXPECT_THAT(WriteIndexFiles(dir_ / "i", "Flat", ColourLabels(), images_, {}, corpus),
              StatusIs(absl::StatusCode::kInvalidArgument));
  images_[1].id = images_[0].id;
  EXPECT_THAT(WriteIndexFiles(dir_ / "i", "Flat", ColourLabels(), images_, splits_, corpus),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("c100")));
  for (float& value : corpus.vectors) value *= 2;
  EXPECT_THAT(WriteIndexFiles(dir_ / "i", "Flat", ColourLabels(), images_, splits_, corpus),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
