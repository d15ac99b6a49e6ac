#include "models/train/torch_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/train/pickle_writer.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(TorchArchiveTest, RecordsComeBack) {
  const std::string bytes = Archive({{"data.pkl", "pickle"}, {"data/0", std::string(5000, 'x')}});
  LB_ASSERT_OK_AND_ASSIGN(const auto archive, TorchArchive::Open(bytes));
  EXPECT_TRUE(archive->Has("data/0"));
  EXPECT_FALSE(archive->Has("data/1"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string pickle, archive->Read("data.pkl"));
  EXPECT_EQ(pickle, "pickle");
  LB_ASSERT_OK_AND_ASSIGN(const std::string data, archive->Read("data/0"));
  EXPECT_EQ(data, std::string(5000, 'x'));
  EXPECT_THAT(archive->CheckAll(), IsOk());
  EXPECT_THAT(archive->Read("data/1"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no record data/1")));
}

TEST(TorchArchiveTest, AChangedByteOfARecordIsFound) {
  std::string bytes = Archive({{"data.pkl", "pickle"}, {"data/0", std::string(5000, 'x')}});
  bytes[bytes.find("xxxx") + 2500] = 'y';
  LB_ASSERT_OK_AND_ASSIGN(const auto archive, TorchArchive::Open(bytes));
  EXPECT_THAT(archive->Read("data.pkl"), IsOk());
  EXPECT_THAT(archive->Read("data/0"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("record data/0 is damaged")));
  EXPECT_THAT(archive->CheckAll(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(TorchArchiveTest, WhatIsNoArchiveIsDataLoss) {
  EXPECT_THAT(TorchArchive::Open(""), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(TorchArchive::Open(std::string(1000, 'x')), StatusIs(absl::StatusCode::kDataLoss));
  const std::string bytes = Archive({{"data.pkl", "pickle"}});
  for (size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_THAT(TorchArchive::Open(absl::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
}

// A record never comes back with other bytes than were written.
TEST(TorchArchiveTest, EveryChangedByteIsFoundOrHarmless) {
  const std::string bytes = Archive({{"data.pkl", "pickle"}, {"data/0", "0123456789"}});
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x11);
    const auto archive = TorchArchive::Open(changed);
    if (!archive.ok()) continue;
    for (const auto& [name, want] : {std::pair<std::string, std::string>{"data.pkl", "pickle"},
                                     std::pair<std::string, std::string>{"data/0", "0123456789"}}) {
      const auto read = (*archive)->Read(name);
      if (read.ok()) {
        EXPECT_EQ(*read, want) << at;
      } else {
        EXPECT_THAT(read, StatusIs(absl::StatusCode::kDataLoss)) << at;
      }
    }
  }
}

}  // namespace
}  // namespace lookbook
