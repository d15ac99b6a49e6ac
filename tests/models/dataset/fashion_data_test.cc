#include "models/dataset/fashion_data.h"

#include <string>
#include <vector>

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
      folder_.Write(absl::StrCat("train/", name), "pixels");
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

TEST_F(FashionDataTest, EveryProblemKeepsItsPlace) {
  std::string csv = absl::StrCat(kHeader2020, "a,1 1,9,9,6,\n");
  for (int i = 0; i < 50; ++i) csv += "a,1 1,9,9,99,\n";
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(csv));
  EXPECT_EQ(data.issues[0].count, 50);
  EXPECT_THAT(data.issues[0].examples, SizeIs(50));
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

TEST_F(FashionDataTest, RowsAndSizesAreCounted) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(absl::StrCat(kHeader2020,
                                                                    "b,1 1,7,5,6,\n"
                                                                    "b,2 1,7,5,6,\n"
                                                                    "b,3 1,7,5,0,\n"
                                                                    "b,4 1,7,5,99,\n"
                                                                    "a,1 1,9,8,6,\n")));
  EXPECT_EQ(data.rows, 5);
  EXPECT_THAT(data.class_rows, ElementsAre(3, 1, 0));  // Columns of ids 6, 0, 13.
  EXPECT_EQ(data.images[0].line, 6);
  EXPECT_EQ(data.images[0].height, 9);
  EXPECT_EQ(data.images[0].width, 8);
  EXPECT_EQ(data.images[1].line, 2);
}

// What each kind of bad data does: one line that names file and row, and whether the image stays.
struct BadData {
  const char* name;
  std::string csv;
  const char* what;          // The kind.
  const char* example;       // Its first place.
  std::vector<int> classes;  // Of image "a"; empty: it is left out.
};

class BadDataTest : public FashionDataTest, public ::testing::WithParamInterface<BadData> {};

std::string Rows2020(absl::string_view rows) { return absl::StrCat(kHeader2020, rows); }

const BadData kBadData[] = {
    {"MalformedRow",
     Rows2020("a,1 1,9,9,6,\na,1 1,9\n"),
     "malformed row",
     "train.csv:3: too few columns",
     {0}},
    {"OpenQuote",
     Rows2020("a,1 1,9,9,6,\na,1 1,9,9,0,\"2\n"),
     "malformed row",
     "train.csv:3: a quote is not closed",
     {0}},
    {"UnknownClassId",
     Rows2020("a,1 1,9,9,6,\na,2 1,9,9,99,\n"),
     "unknown class id",
     "train.csv:3: 99",
     {0}},
    {"UnknownAttributeId",
     Rows2020("a,1 1,9,9,6,77\n"),
     "unknown attribute id",
     "train.csv:2: 77",
     {0}},
    {"MaskPastTheImage",
     Rows2020("a,80 5,9,9,6,\n"),
     "bad mask",
     "train.csv:2: RLE run 0: 80 + 5 leaves the image of 81 pixels",
     {0}},
    {"MaskOfOddLength",
     Rows2020("a,1 1 7,9,9,6,\n"),
     "bad mask",
     "train.csv:2: RLE: 3 numbers, but they come in pairs of start and length",
     {0}},
    {"MaskThatIsNoNumber",
     Rows2020("a,1 x,9,9,6,\n"),
     "bad mask",
     "train.csv:2: RLE run 0: \"x\" is not a number below 2^32",
     {0}},
    {"SizeThatIsNoNumber",
     Rows2020("a,1 1,tall,9,6,\n"),
     "bad mask",
     "train.csv:2: Height \"tall\", Width \"9\"",
     {0}},
    {"SizeThatDiffers",
     Rows2020("a,1 1,9,9,6,\na,2 1,8,9,0,\n"),
     "image size differs",
     "train.csv:3: a is 9x8 here and 9x9 before",
     {0, 1}},
    {"MissingFile",
     Rows2020("a,1 1,9,9,6,\ngone,1 1,9,9,6,\n"),
     "missing image file",
     "train.csv:3: ",
     {0}},
    {"ZeroByteImage",
     Rows2020("a,1 1,9,9,6,\nempty,1 1,9,9,6,\n"),
     "empty image file",
     "train.csv:3: ",
     {0}},
    {"DuplicateRow",
     Rows2020("a,1 1,9,9,6,\na,1 1,9,9,6,\n"),
     "duplicate row",
     "train.csv:3: the same as line 2",
     {0}},
    {"DuplicateRowWithoutMask",
     Rows2020("a,,9,9,6,\na,,9,9,6,\n"),
     "duplicate row",
     "train.csv:3: the same as line 2",
     {0}},
    {"DuplicateId",
     Rows2020("a,1 1,9,9,6,\nb,1 1,9,9,6,\na,2 1,9,9,0,\n"),
     "duplicate image id",
     "train.csv:4: a stood before, from line 2; the labels are joined",
     {0, 1}},
    {"ColumnOrder",
     "ClassId,ImageId\n6,a\n",
     "column order",
     "train.csv:1: columns stand as ClassId,ImageId; they are read by their names",
     {0}},
    {"ByteOrderMark",
     absl::StrCat("\xEF\xBB\xBF", kHeader2020, "a,1 1,9,9,6,\n"),
     "byte order mark",
     "train.csv:1: the file begins with a byte order mark; it is passed over",
     {0}},
    {"Crlf",
     "ImageId,ClassId\r\na,6\r\n",
     "CRLF line ends",
     "train.csv:1: lines end in CR LF; they are read as LF",
     {0}},
};

TEST_P(BadDataTest, IsToldWithFileAndRow) {
  folder_.Write("train/empty.jpg", "");
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data, Read(GetParam().csv));
  ASSERT_THAT(data.issues, SizeIs(1)) << IssueSummary(data.issues);
  EXPECT_EQ(data.issues[0].what, GetParam().what);
  EXPECT_EQ(data.issues[0].count, 1);
  EXPECT_THAT(data.issues[0].examples, ElementsAre(HasSubstr(GetParam().example)));
  ASSERT_FALSE(data.images.empty());
  EXPECT_EQ(data.images[0].id, "a");
  EXPECT_EQ(data.images[0].classes, GetParam().classes);
  EXPECT_THAT(RefuseIssues(data.issues),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().what)));
}

INSTANTIATE_TEST_SUITE_P(Kinds, BadDataTest, ::testing::ValuesIn(kBadData),
                         [](const auto& info) { return std::string(info.param.name); });

// Values that stand in each other's columns: no row can be used, and the first is shown.
TEST_F(FashionDataTest, SwappedColumnsUnderTheRightNamesAreTold) {
  EXPECT_THAT(
      Read(Rows2020("a,6,9,9,1 1 5 2,\n")),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("train.csv:2: ClassId \"1 1 5 2\"")));
}

TEST_F(FashionDataTest, SegmentsOfOneKindAreNoDuplicates) {
  LB_ASSERT_OK_AND_ASSIGN(const FashionData data,
                          Read(Rows2020("a,1 1,9,9,6,\na,2 1,9,9,6,\na,1 1,9,9,0,\n")));
  EXPECT_THAT(data.issues, IsEmpty());
  EXPECT_THAT(data.class_rows, ElementsAre(2, 1, 0));
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
  EXPECT_THAT(Read(""), StatusIs(absl::StatusCode::kInvalidArgument,
                                 HasSubstr("it has no header row: expected ImageId")));
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
