#include "models/commands/index_gallery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "engine/bundle/manifest.h"
#include "models/indexing/index_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class IndexGalleryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::vector<ImageRecord> images = {
        {.id = "a", .path = "a.jpg", .classes = {0, 1}}, {.id = "b", .path = "b.jpg"}, {.id = "c"}};
    const std::vector<std::string> splits(images.size(), "train");
    // The second image could not be read.
    const EmbeddedCorpus corpus{.images = {0, 2}, .vectors = {1, 0, 0.6f, 0.8f}};
    ASSERT_THAT(WriteIndexFiles(dir_.path(), "Flat", labels_, images, splits, corpus), IsOk());
  }
  TempDir dir_;
  const LabelSpace labels_{.classes = {{7, "shoe", ""}, {3, "dress", ""}}};
};

TEST_F(IndexGalleryTest, HoldsEveryItemByTheColumnsAsked) {
  LB_ASSERT_OK_AND_ASSIGN(const Gallery got, OpenGallery(dir_.path(), "Flat", labels_, 2));
  EXPECT_THAT(got.ids, ElementsAre("a", "c"));
  EXPECT_THAT(got.vectors, ElementsAre(1, 0, 0.6f, 0.8f));
  EXPECT_THAT(got.labels.values, ElementsAre(1, 1, 0, 0));
  // Ids, not columns, say which class it is.
  const LabelSpace other{.classes = {{3, "dress", ""}, {5, "hat", ""}, {7, "shoe", ""}}};
  LB_ASSERT_OK_AND_ASSIGN(const Gallery moved, OpenGallery(dir_.path(), "Flat", other, 2));
  EXPECT_THAT(moved.labels.values, ElementsAre(1, 0, 1, 0, 0, 0));
}

TEST_F(IndexGalleryTest, AnUnknownClassAndMissingFilesAreErrors) {
  EXPECT_THAT(OpenGallery(dir_.path(), "Flat", {.classes = {{3, "dress", ""}}}, 2),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("item a has unknown class 7")));
  EXPECT_FALSE(OpenGallery(dir_.path(), "Flat", labels_, 3).ok()) << "another model's index";
  ASSERT_THAT(RemoveAll(dir_ / kItemsFile), IsOk());
  EXPECT_THAT(OpenGallery(dir_.path(), "Flat", labels_, 2), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace lookbook
