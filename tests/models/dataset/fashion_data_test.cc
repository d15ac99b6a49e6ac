#include "models/dataset/fashion_data.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "tests/models/dataset/test_folder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kDescriptions[] = R"({
  "categories": [{"id": 6, "name": "pants"}, {"id": 0, "name": "shirt"}, {"id": 13, "name": "glasses"}],
  "attributes": [{"id": 2, "name": "plain"}, {"id": 5, "name": "dotted"}, {"id": 340, "name": "gem"}]})";
constexpr char kHeader2019[] = "ImageId,EncodedPixels,Height,Width,ClassId\n";
constexpr char kHeader2020[] = "ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\n";

class FashionDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.MakeFolder("train");
    folder_.Write("label_descriptions.json", kDescriptions);
    for (const char* name : {"a.jpg", "b.jpg", "c.jpg", "plain"})
      folder_.Write(absl::StrCat("train/", name), "");
  }

  absl::StatusOr<FashionData> Read(absl::string_view csv) {
    folder_.Write("train.csv", csv);
    return ReadImaterialist(folder_.path(), "train.csv", "train");
  }

  TestFolder folder_;
};

TEST_F(FashionDataTest, GroupsThe2019RowsByImage) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(absl::StrCat(kHeader2019,
                                                                    "b.jpg,1 1,9,9,0\n"
                                                                    "a.jpg,1 1,9,9,13_5_2\n"
                                                                    "a.jpg,2 1,9,9,6\n"
                                                                    "a.jpg,3 1,9,9,13_5\n")));
  ASSERT_THAT(data.images, SizeIs(2));  // Sorted by id.
  EXPECT_EQ(data.images[0].id, "a");
  EXPECT_EQ(data.images[0].path, folder_ / "train/a.jpg");
  EXPECT_THAT(data.images[0].classes, ElementsAre(0, 2));  // Columns of ids 6 and 13.
  EXPECT_THAT(data.images[0].attributes, ElementsAre(0, 1));
  EXPECT_TRUE(data.images[0].attributes_known);
  EXPECT_EQ(data.images[1].id, "b");
  EXPECT_THAT(data.images[1].classes, ElementsAre(1));
  EXPECT_THAT(data.images[1].attributes, IsEmpty());
  EXPECT_FALSE(data.images[1].attributes_known);
  EXPECT_THAT(data.issues, IsEmpty());
}

TEST_F(FashionDataTest, ReadsThe2020Form) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(absl::StrCat(kHeader2020,
                                                                    "a,1 1,9,9,6,\"340,2\"\n"
                                                                    "a,1 1,9,9,0,\n"
                                                                    "b,1 1,9,9,0,\n"
                                                                    "c,1 1,9,9,0,5\n")));
  ASSERT_THAT(data.images, SizeIs(3));
  EXPECT_THAT(data.images[0].attributes, ElementsAre(0, 2));
  EXPECT_TRUE(data.images[0].attributes_known) << "one row of two carries attributes";
  EXPECT_FALSE(data.images[1].attributes_known) << "an empty list is unknown, not none";
  EXPECT_THAT(data.images[2].attributes, ElementsAre(1));
}

TEST_F(FashionDataTest, BothFormsMayBeMixed) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data,
                          Read(absl::StrCat(kHeader2020, "a,1 1,9,9,6_2,5\n")));
  EXPECT_THAT(data.images[0].attributes, ElementsAre(0, 1));
}

TEST_F(FashionDataTest, FindsFilesWithAndWithoutTheExtension) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data,
                          Read(absl::StrCat(kHeader2020, "plain,1 1,9,9,6,\na.jpg,1 1,9,9,6,\n")));
  ASSERT_THAT(data.images, SizeIs(2));
  EXPECT_EQ(data.images[0].id, "a");
  EXPECT_EQ(data.images[1].path, folder_ / "train/plain");
}

TEST_F(FashionDataTest, OdditiesAreCountedWithTheirPlaces) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(absl::StrCat(kHeader2020,
                                                                    "a,1 1,9,9,6,\n"
                                                                    "a,1 1,9\n"               // 3
                                                                    "a,1 1,9,9,shirt,\n"      // 4
                                                                    "a,1 1,9,9,,\n"           // 5
                                                                    "a,1 1,9,9,6,\"2,x\"\n"   // 6
                                                                    "a,1 1,9,9,-6,\n"         // 7
                                                                    "a,1 1,9,9,99,\n"         // 8
                                                                    "a,1 1,9,9,0,\"2,77\"\n"  // 9
                                                                    "gone,1 1,9,9,0,\n")));
  ASSERT_THAT(data.images, SizeIs(1));
  EXPECT_THAT(data.images[0].classes, ElementsAre(0, 1));
  EXPECT_THAT(data.images[0].attributes, ElementsAre(0));
  ASSERT_THAT(data.issues, SizeIs(4));
  EXPECT_EQ(data.issues[0].what, "malformed row");
  EXPECT_EQ(data.issues[0].count, 5);
  EXPECT_EQ(data.issues[0].examples[0], "train.csv:3: too few columns");
  EXPECT_EQ(data.issues[0].examples[1], "train.csv:4: ClassId \"shirt\"");
  EXPECT_EQ(data.issues[1].what, "unknown class id");
  EXPECT_THAT(data.issues[1].examples, ElementsAre("train.csv:8: 99"));
  EXPECT_EQ(data.issues[2].what, "unknown attribute id");
  EXPECT_THAT(data.issues[2].examples, ElementsAre("train.csv:9: 77"));
  EXPECT_EQ(data.issues[3].what, "missing image file");
  EXPECT_THAT(data.issues[3].examples, ElementsAre(HasSubstr("gone")));
}

TEST_F(FashionDataTest, AnUnknownAttributeAloneLeavesAttributesUnknown) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data,
                          Read(absl::StrCat(kHeader2020, "a,1 1,9,9,0,77\n")));
  EXPECT_FALSE(data.images[0].attributes_known);
}

TEST_F(FashionDataTest, AtMostFiveExamplesAreKept) {
  std::string csv = absl::StrCat(kHeader2020, "a,1 1,9,9,6,\n");
  for (int i = 0; i < 20; ++i) csv += "a,1 1,9,9,99,\n";
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(csv));
  EXPECT_EQ(data.issues[0].count, 20);
  EXPECT_THAT(data.issues[0].examples, SizeIs(5));
}

TEST_F(FashionDataTest, ImageIdsThatAreNoFileNamesAreMalformed) {
  for (const char* id : {"../a", "train/a", "", "..", "a\tb", "\xff\xfe"}) {
    LB_ASSERT_OK_AND_ASSIGN(
        const FashionData data,
        Read(absl::StrCat(kHeader2020, "a,1 1,9,9,6,\n\"", id, "\",1 1,9,9,6,\n")));
    EXPECT_THAT(data.images, SizeIs(1)) << id;
    ASSERT_THAT(data.issues, SizeIs(1)) << id;
    EXPECT_EQ(data.issues[0].what, "malformed row");
  }
}

TEST_F(FashionDataTest, HashCoversBothFiles) {
  const std::string csv = absl::StrCat(kHeader2020, "a,1 1,9,9,6,\n");
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(csv));
  EXPECT_EQ(data.sha256, Sha256Hex(csv + kDescriptions));
  folder_.Write("label_descriptions.json", absl::StrCat(kDescriptions, "\n"));
  LB_ASSERT_OK_AND_ASSIGN(const FashionData other, Read(csv));
  EXPECT_NE(other.sha256, data.sha256);
}

TEST_F(FashionDataTest, NothingUsableIsAnErrorThatSaysWhy) {
  EXPECT_THAT(Read(kHeader2020),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no usable row")));
  EXPECT_THAT(Read(absl::StrCat(kHeader2020, "gone,1 1,9,9,6,\n")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("missing image file")));
  EXPECT_THAT(Read(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Header missing")));
  EXPECT_THAT(Read("Id,Label\n1,2\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column")));
}

TEST_F(FashionDataTest, MissingFilesAreNotFound) {
  const std::string csv = absl::StrCat(kHeader2020, "a,1 1,9,9,6,\n");
  folder_.Write("train.csv", csv);
  EXPECT_THAT(ReadImaterialist(folder_.path(), "other.csv", "train"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("other.csv")));
  EXPECT_THAT(ReadImaterialist(folder_.path(), "train.csv", "images"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("images")));
  ASSERT_THAT(RemoveAll(folder_ / "label_descriptions.json"), IsOk());
  EXPECT_THAT(Read(csv),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("label_descriptions.json")));
}

TEST_F(FashionDataTest, BadDescriptionsAreRefused) {
  folder_.Write("label_descriptions.json", "{\"categories\": 3}");
  EXPECT_THAT(Read(absl::StrCat(kHeader2020, "a,1 1,9,9,6,\n")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("categories")));
}

}  // namespace
}  // namespace lookbook
