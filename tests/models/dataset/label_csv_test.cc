#include "models/dataset/label_csv.h"

#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/models/dataset/test_folder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

using Row = std::tuple<int64_t, std::string, std::string, std::string>;

struct CsvResult {
  absl::Status status;
  std::vector<Row> rows;
  std::vector<std::pair<int64_t, std::string>> malformed;
  std::string sha256;
};

class LabelCsvTest : public ::testing::Test {
 protected:
  CsvResult ReadPath(const std::string& path) {
    CsvResult result;
    Sha256 hash;
    result.status = ReadLabelCsv(path, &hash,
                                 {[&](const LabelRow& row) {
                                    result.rows.emplace_back(row.line, std::string(row.image_id),
                                                             std::string(row.class_id),
                                                             std::string(row.attributes_ids));
                                  },
                                  [&](int64_t line, absl::string_view why) {
                                    result.malformed.emplace_back(line, std::string(why));
                                  }});
    result.sha256 = hash.HexDigest();
    return result;
  }

  CsvResult Read(const std::string& text) {
    folder_.Write("train.csv", text);
    return ReadPath(folder_ / "train.csv");
  }

  TestFolder folder_;
};

TEST_F(LabelCsvTest, ReadsThe2019Form) {
  const CsvResult result = Read(
      "ImageId,EncodedPixels,Height,Width,ClassId\n"
      "a.jpg,1 2 5 1,4,4,6\n"
      "a.jpg,9 1,4,4,13_2_5\n");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.rows, ElementsAre(Row(2, "a.jpg", "6", ""), Row(3, "a.jpg", "13_2_5", "")));
  EXPECT_THAT(result.malformed, IsEmpty());
}

TEST_F(LabelCsvTest, ReadsThe2020FormWithQuotedCommas) {
  const CsvResult result = Read(
      "ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\n"
      "a,1 2,4,4,6,\"115,136,143\"\n"
      "a,1 2,4,4,7,12\n"
      "b,1 2,4,4,8,\n");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.rows, ElementsAre(Row(2, "a", "6", "115,136,143"), Row(3, "a", "7", "12"),
                                       Row(4, "b", "8", "")));
}

TEST_F(LabelCsvTest, ColumnsMayStandInAnyOrderAndOthersArePassedOver) {
  const CsvResult result = Read("Note,ClassId,ImageId\nx,3,a\n");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.rows, ElementsAre(Row(2, "a", "3", "")));
}

TEST_F(LabelCsvTest, ByteOrderMarkCrLfSpacesAndEmptyLinesAreFine) {
  const CsvResult result =
      Read("\xEF\xBB\xBFImageId,ClassId,AttributesIds\r\n a , 3 ,\"1,2\"\r\n\r\nb,4,\r\n\r\n");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.rows, ElementsAre(Row(2, "a", "3", "1,2"), Row(4, "b", "4", "")));
  EXPECT_THAT(result.malformed, IsEmpty());
}

TEST_F(LabelCsvTest, LastLineMayLackItsEnd) {
  EXPECT_THAT(Read("ImageId,ClassId\na,3").rows, ElementsAre(Row(2, "a", "3", "")));
}

TEST_F(LabelCsvTest, MalformedLinesAreToldAndSkipped) {
  const CsvResult result = Read(
      "ImageId,ClassId\n"
      "a\n"
      "b,1,2\n"
      "\"c,3\n"
      "d,4\n");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.rows, ElementsAre(Row(5, "d", "4", "")));
  EXPECT_THAT(result.malformed, ElementsAre(Pair(2, "too few columns"), Pair(3, "too many columns"),
                                            Pair(4, "a quote is not closed")));
}

TEST_F(LabelCsvTest, ANulByteMakesItsLineMalformed) {
  const CsvResult result = Read(std::string("ImageId,ClassId\na\0,3\nb,4\n", 26));
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.rows, ElementsAre(Row(3, "b", "4", "")));
  EXPECT_THAT(result.malformed, SizeIs(1));
}

TEST_F(LabelCsvTest, LongMasksAreFine) {
  std::string mask;
  while (mask.size() < 3'000'000) mask += "12345 7 ";
  const CsvResult result =
      Read(absl::StrCat("ImageId,EncodedPixels,ClassId\na,", mask, ",3\nb,1 1,4\n"));
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.rows, ElementsAre(Row(2, "a", "3", ""), Row(3, "b", "4", "")));
}

TEST_F(LabelCsvTest, MasksAndSizesComeAlong) {
  folder_.Write("train.csv", "ImageId,EncodedPixels,Height,Width,ClassId\na,1 2 5 1,4,3,6\n");
  Sha256 hash;
  std::vector<std::string> seen;
  const auto keep = [&](const LabelRow& row) {
    seen = {std::string(row.encoded_pixels), std::string(row.height), std::string(row.width)};
  };
  ASSERT_THAT(ReadLabelCsv(folder_ / "train.csv", &hash, {keep, nullptr, nullptr}), IsOk());
  EXPECT_THAT(seen, ElementsAre("1 2 5 1", "4", "3"));
}

TEST_F(LabelCsvTest, UnusualFormsAreTold) {
  const auto odd = [&](const std::string& text) {
    folder_.Write("train.csv", text);
    Sha256 hash;
    std::vector<std::string> kinds;
    EXPECT_THAT(ReadLabelCsv(folder_ / "train.csv", &hash,
                             {[](const LabelRow&) {}, [](int64_t, absl::string_view) {},
                              [&](int64_t line, absl::string_view what, absl::string_view) {
                                EXPECT_EQ(line, 1);
                                kinds.emplace_back(what);
                              }}),
                IsOk());
    return kinds;
  };
  EXPECT_THAT(odd("ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\na,,,,3,\n"),
              IsEmpty());
  EXPECT_THAT(odd("ImageId,Note,ClassId\na,x,3\n"), IsEmpty()) << "another column is no disorder";
  EXPECT_THAT(odd("\"ImageId\",\"ClassId\"\na,3\n"), IsEmpty());
  EXPECT_THAT(odd("\"ClassId\", ImageId\n3,a\n"), ElementsAre("column order"));
  EXPECT_THAT(odd("\xEF\xBB\xBFWidth,ImageId,ClassId\r\n1,a,3\r\n"),
              ElementsAre("byte order mark", "CRLF line ends", "column order"));
}

// Larger than the library's buffer of 32 MiB, so that it shifts and refills; without an end in the
// last line.
TEST_F(LabelCsvTest, FilesLargerThanTheBufferAreReadToTheLastRow) {
  const std::string mask(1'000'000, '7');
  std::string text = "ImageId,EncodedPixels,ClassId\n";
  for (int i = 0; i < 70; ++i) absl::StrAppend(&text, "image", i, ",", mask, ",", i, "\n");
  text.pop_back();
  const CsvResult result = Read(text);
  ASSERT_THAT(result.status, IsOk());
  ASSERT_THAT(result.rows, SizeIs(70));
  for (int i = 0; i < 70; ++i)
    EXPECT_EQ(result.rows[i], Row(i + 2, absl::StrCat("image", i), absl::StrCat(i), ""));
  EXPECT_EQ(result.sha256, Sha256Hex(text));
}

// A file whose size is a whole number of the library's blocks.
TEST_F(LabelCsvTest, FilesThatEndAtABlockBoundaryAreReadToTheLastRow) {
  for (int missing : {0, 1}) {
    std::string text = "ImageId,EncodedPixels,ClassId\n";
    const std::string mask(999'983, '7');
    while (text.size() < 31u << 20) absl::StrAppend(&text, "a,", mask, ",1\n");
    const size_t target = (2u << 24) - missing;
    absl::StrAppend(&text, "last,", std::string(target - text.size() - 8, '7'), ",2\n");
    ASSERT_EQ(text.size(), target);
    const CsvResult result = Read(text);
    ASSERT_THAT(result.status, IsOk());
    EXPECT_EQ(std::get<1>(result.rows.back()), "last");
    EXPECT_EQ(std::get<2>(result.rows.back()), "2");
  }
}

TEST_F(LabelCsvTest, ALineBeyondTheLimitIsRefused) {
  const CsvResult result =
      Read(absl::StrCat("ImageId,ClassId\na,1\nb,", std::string(20 << 20, '1'), "\n"));
  EXPECT_THAT(result.status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("maximum length")));
}

TEST_F(LabelCsvTest, HashIsThatOfTheFile) {
  const std::string text = "ImageId,ClassId\na,3";
  EXPECT_EQ(Read(text).sha256, Sha256Hex(text));
}

TEST_F(LabelCsvTest, HeaderMustNameTheColumns) {
  EXPECT_THAT(Read("").status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr(".csv: it has no header row: expected ImageId, EncodedPixels")));
  EXPECT_THAT(Read("\xEF\xBB\xBF").status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Read("\n\n").status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Read("ImageId,EncodedPixels\na,1 1\n").status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column ClassId")));
  EXPECT_THAT(Read("image,ClassId\na,1\n").status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column ImageId")));
  EXPECT_THAT(Read("ImageId,ClassId,ClassId\na,1,1\n").status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("ClassId")));
}

TEST_F(LabelCsvTest, MissingFileIsNotFound) {
  EXPECT_THAT(ReadPath(folder_ / "none.csv").status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.csv")));
}

TEST_F(LabelCsvTest, AFolderCannotBeRead) {
  EXPECT_THAT(ReadPath(folder_.path()).status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("directory")));
}

// The library throws through a handler: the fence holds.
TEST_F(LabelCsvTest, WhatIsThrownBecomesAStatus) {
  folder_.Write("train.csv", "ImageId,ClassId\na,1\n");
  Sha256 hash;
  EXPECT_THAT(ReadLabelCsv(folder_ / "train.csv", &hash,
                           {[](const LabelRow&) { throw std::runtime_error("thrown"); },
                            [](int64_t, absl::string_view) {}}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("thrown")));
}

}  // namespace
}  // namespace lookbook
