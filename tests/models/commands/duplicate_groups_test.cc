#include "models/commands/duplicate_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "engine/image/encode.h"
#include "models/commands/pipeline.h"
#include "models/dataset/synth.h"
#include "tests/models/dataset/test_images.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DuplicateGroupsTest : public ::testing::Test {
 protected:
  ImageRecord Write(const std::string& id, const Image& image, int quality) {
    const ImageRecord record{.id = id, .path = dir_ / (id + ".jpg")};
    EXPECT_THAT(WriteFile(record.path, *EncodeJpeg(image, quality)), IsOk());
    return record;
  }
  TempDir dir_;
};

TEST_F(DuplicateGroupsTest, OtherSizesAndQualitiesOfAPictureAreOneGroup) {
  std::vector<ImageRecord> images = {
      Write("a", WavyImage(96, 96, 1), 95), Write("b", WavyImage(96, 96, 2), 95),
      Write("c", WavyImage(160, 160, 1), 70), Write("d", WavyImage(96, 96, 3), 95),
      Write("e", WavyImage(96, 96, 1), 60)};
  ASSERT_THAT(WriteFile(images[3].path, "broken"), IsOk());
  ::testing::internal::CaptureStdout();
  const auto groups = GroupNearDuplicates(images);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(),
              HasSubstr("3 images in 1 groups of nearly the same picture, 3 in the largest"));
  EXPECT_THAT(groups, IsOkAndHolds(ElementsAre(0, 1, 0, 3, 0)));
}

constexpr char kRecipe[] = R"(name = "grouped"
[data]
split = "stratified 60/20/20"
image_size = 32
group_near_duplicates = true
[[stage]]
name = "all"
steps = 1
batch_size = 8
)";

// Every second picture of a set is put in again under another name: with the key both copies land
// in one part, and the stored split says so.
TEST_F(DuplicateGroupsTest, PlantedCopiesStayOnOneSideOfTheSplit) {
  const std::string root = dir_ / "data";
  SynthOptions options = TinySynthOptions(root);
  options.train = 60;
  options.holdout = options.unlabelled = 0;
  ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(std::string csv, ReadFile(JoinPath(root, "train.csv")));
  std::string more;
  for (int i = 0; i < 60; i += 2) {
    const std::string id = absl::StrCat("train_0000", i < 10 ? "0" : "", i);
    LB_ASSERT_OK_AND_ASSIGN(const std::string bytes,
                            ReadFile(JoinPath(root, absl::StrCat("train/", id, ".jpg"))));
    ASSERT_THAT(WriteFile(JoinPath(root, absl::StrCat("train/copy_", i, ".jpg")), bytes), IsOk());
    for (size_t at = csv.find(id); at != std::string::npos; at = csv.find(id, at + 1)) {
      const size_t end = csv.find('\n', at) + 1;
      absl::StrAppend(&more, "copy_", i, csv.substr(at + id.size(), end - at - id.size()));
    }
  }
  ASSERT_THAT(WriteFile(JoinPath(root, "train.csv"), csv + more), IsOk());
  ASSERT_THAT(WriteFile(dir_ / "grouped.toml", kRecipe), IsOk());
  const PipelineOptions run{.recipe = dir_ / "grouped.toml", .data = root, .work = dir_ / "work"};
  ASSERT_THAT(Pipeline::Open(run), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string json, ReadFile(dir_ / "work/split.json"));
  EXPECT_THAT(json, HasSubstr("\"group_near_duplicates\": true"));
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, ReadImaterialist(root, "train.csv", "train"));
  ASSERT_EQ(data.images.size(), 90u);
  LB_ASSERT_OK_AND_ASSIGN(const Split split, SplitFromJson(json, data));
  const auto part_of = [&](const std::string& id) {
    for (const auto* part : {&split.train, &split.validation, &split.test}) {
      for (const int64_t row : *part) {
        if (data.images[row].id == id) return part;
      }
    }
    return static_cast<const std::vector<int64_t>*>(nullptr);
  };
  for (int i = 0; i < 60; i += 2) {
    const std::string id = absl::StrCat("train_0000", i < 10 ? "0" : "", i);
    ASSERT_NE(part_of(id), nullptr) << id;
    EXPECT_EQ(part_of(id), part_of(absl::StrCat("copy_", i))) << id;
  }
  EXPECT_GE(split.validation.size(), 5u);
  EXPECT_GE(split.test.size(), 5u);
  // Read back, not hashed again.
  ::testing::internal::CaptureStdout();
  ASSERT_THAT(Pipeline::Open(run), IsOk());
  EXPECT_EQ(::testing::internal::GetCapturedStdout().find("nearly the same"), std::string::npos);
  // Without the key the split is another one, and copies come apart.
  ASSERT_THAT(WriteFile(dir_ / "grouped.toml",
                        absl::StrReplaceAll(
                            kRecipe, {{"near_duplicates = true", "near_duplicates = false"}})),
              IsOk());
  ASSERT_THAT(Pipeline::Open(run), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string other, ReadFile(dir_ / "work/split.json"));
  EXPECT_NE(other, json);
}

}  // namespace
}  // namespace lookbook
