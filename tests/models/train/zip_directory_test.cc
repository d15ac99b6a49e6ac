#include "models/train/zip_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/models/train/pickle_writer.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kCrcOfDigits = 0xCBF43926;  // The check value of CRC-32 for "123456789".

TEST(ZipDirectoryTest, StatesNamesSizesAndChecksums) {
  const std::string bytes = Archive({{"one", "123456789"}, {"two", ""}});
  LB_ASSERT_OK_AND_ASSIGN(const auto records, ReadZipDirectory(bytes));
  ASSERT_EQ(records.count("archive/one"), 1u);
  EXPECT_EQ(records.at("archive/one").crc32, kCrcOfDigits);
  EXPECT_EQ(records.at("archive/one").size, 9u);
  EXPECT_EQ(records.at("archive/one").method, 0);
  EXPECT_EQ(records.at("archive/two").size, 0u);
  EXPECT_EQ(records.at("archive/two").crc32, 0u);
}

TEST(ZipDirectoryTest, ReadsWhatPythonsTorchWrote) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes,
                          ReadFile("tests/models/fixtures/weights/scripted.ts"));
  LB_ASSERT_OK_AND_ASSIGN(const auto records, ReadZipDirectory(bytes));
  EXPECT_EQ(records.count("scripted/data.pkl"), 1u);
  EXPECT_EQ(records.at("scripted/data.pkl").method, 0);
}

TEST(ZipDirectoryTest, AnEndWithoutZip64IsReadAndAnyCommentIsSkipped) {
  // One entry "x" of no bytes, then its directory, then the end with the comment "PK".
  const std::string local =
      Bytes({'P', 'K', 3, 4}) + std::string(22, '\0') + Bytes({1, 0, 0, 0}) + "x";
  std::string entry =
      Bytes({'P', 'K', 1, 2}) + std::string(24, '\0') + Bytes({1, 0}) + std::string(16, '\0') + "x";
  ASSERT_EQ(entry.size(), 47u);
  const std::string end = Bytes({'P', 'K', 5, 6, 0, 0, 0, 0, 1, 0, 1, 0}) + Int32(47) +
                          Int32(static_cast<int64_t>(local.size())) + Bytes({2, 0}) + "PK";
  LB_ASSERT_OK_AND_ASSIGN(const auto records, ReadZipDirectory(local + entry + end));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records.at("x").size, 0u);

  const std::string twice = Bytes({'P', 'K', 5, 6, 0, 0, 0, 0, 2, 0, 2, 0}) + Int32(94) +
                            Int32(static_cast<int64_t>(local.size())) + Bytes({0, 0});
  EXPECT_THAT(ReadZipDirectory(local + entry + entry + twice),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("two records x")));
}

TEST(ZipDirectoryTest, EveryTruncationIsDataLoss) {
  const std::string bytes = Archive({{"one", "123456789"}});
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ReadZipDirectory(absl::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
}

TEST(ZipDirectoryTest, NoChangedByteReadsOutsideTheArchive) {
  const std::string bytes = Archive({{"one", "123456789"}, {"two", "x"}});
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      const auto records = ReadZipDirectory(changed);
      if (!records.ok()) {
        EXPECT_THAT(records, StatusIs(absl::StatusCode::kDataLoss)) << at;
      }
    }
  }
}

}  // namespace
}  // namespace lookbook
