// Bundle ids and CURRENT.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "engine/bundle/manifest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

const std::string& Sha() {
  static const auto* sha = new std::string(Sha256Hex("manifest"));
  return *sha;
}

CurrentFile MakeCurrent() {
  return {MakeBundleId(absl::FromUnixSeconds(1795428900), Sha()), Sha()};
}

TEST(BundleIdTest, IsTimeAndTwelveDigits) {
  EXPECT_EQ(MakeBundleId(absl::FromUnixSeconds(1795428900), "3f9a1c02b7de" + std::string(52, '0')),
            "20261123T101500Z-3f9a1c02b7de");
}

TEST(BundleIdTest, MustMatchItsManifest) {
  EXPECT_THAT(CheckBundleId(MakeCurrent().bundle_id, Sha()), IsOk());
  const absl::Status other = CheckBundleId(MakeCurrent().bundle_id, Sha256Hex("another manifest"));
  EXPECT_THAT(other, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(MakeCurrent().bundle_id)));
  EXPECT_THAT(other, HasReason("manifest"));
}

TEST(BundleIdTest, MustBeWellFormed) {
  const std::string good = MakeCurrent().bundle_id;
  for (const std::string& id :
       {std::string(), absl::StrCat(good, "0"), good.substr(1), absl::StrCat("../", good),
        absl::StrCat("x", good.substr(1)), absl::StrCat(good.substr(0, 28), "G"),
        absl::StrCat(good.substr(0, 8), "t", good.substr(9))}) {
    EXPECT_THAT(CheckBundleId(id, Sha()),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not a bundle id")))
        << id;
  }
}

TEST(CurrentTest, ReadsWhatWasWritten) {
  const TempDir root(TempDir::kMemory);
  ASSERT_THAT(WriteCurrent(root.path(), MakeCurrent()), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile current, ReadCurrent(root.path()));
  EXPECT_EQ(current.bundle_id, MakeCurrent().bundle_id);
  EXPECT_EQ(current.manifest_sha256, Sha());
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(root / "CURRENT"));
  EXPECT_EQ(text, MakeCurrent().bundle_id + " " + Sha() + "\n");
}

TEST(CurrentTest, WhatItNamedBeforeIsThePreviousOne) {
  const TempDir root(TempDir::kMemory);
  const std::string other_sha = Sha256Hex("another manifest");
  const CurrentFile other = {MakeBundleId(absl::FromUnixSeconds(1795428901), other_sha), other_sha};
  ASSERT_THAT(WriteCurrent(root.path(), MakeCurrent()), IsOk());
  EXPECT_THAT(ReadPrevious(root.path()), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(WriteCurrent(root.path(), other), IsOk());
  ASSERT_THAT(WriteCurrent(root.path(), other), IsOk()) << "the same again";
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile previous, ReadPrevious(root.path()));
  EXPECT_EQ(previous.bundle_id, MakeCurrent().bundle_id);
  EXPECT_EQ(previous.manifest_sha256, Sha());
}

TEST(CurrentTest, AMalformedOneHasNoPrevious) {
  const TempDir root(TempDir::kMemory);
  ASSERT_THAT(WriteFile(root / "CURRENT", "latest\n"), IsOk());
  ASSERT_THAT(WriteCurrent(root.path(), MakeCurrent()), IsOk());
  EXPECT_FALSE(PathExists(root / "PREVIOUS"));
}

TEST(CurrentTest, MissingIsNotFound) {
  const TempDir root(TempDir::kMemory);
  EXPECT_THAT(ReadCurrent(root.path()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("CURRENT")));
  EXPECT_THAT(ReadCurrent(root.path()), HasReason("manifest"));
}

TEST(CurrentTest, AFolderInItsPlaceIsMalformedAndCannotBeReplaced) {
  const TempDir root(TempDir::kMemory);
  ASSERT_THAT(MakeDirectories(root / "CURRENT"), IsOk());
  EXPECT_THAT(ReadCurrent(root.path()), HasReason("manifest"));
  EXPECT_THAT(WriteCurrent(root.path(), MakeCurrent()), HasReason("io"));
}

// A changed time stamp still makes a well-formed CURRENT; it names a folder that does not exist
// (verify_test).
TEST(CurrentTest, EveryOtherChangedByteIsRefused) {
  const TempDir root(TempDir::kMemory);
  const std::string good = MakeCurrent().bundle_id + " " + Sha() + "\n";
  for (size_t i = 0; i < good.size(); ++i) {
    for (int flip : {1, 0x10, 0x80}) {
      std::string text = good;
      text[i] = static_cast<char>(text[i] ^ flip);
      ASSERT_THAT(WriteFile(root / "CURRENT", text), IsOk());
      const auto current = ReadCurrent(root.path());
      if (current.ok()) {
        EXPECT_TRUE(i < 16 || i >= 30 + 12) << i << " " << text;
        EXPECT_TRUE(current->bundle_id != MakeCurrent().bundle_id ||
                    current->manifest_sha256 != Sha());
      } else {
        EXPECT_THAT(current, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("CURRENT"))) << i;
        EXPECT_THAT(current, HasReason("manifest"));
      }
    }
  }
}

TEST(CurrentTest, OtherLengthsAreRefused) {
  const TempDir root(TempDir::kMemory);
  const std::string good = MakeCurrent().bundle_id + " " + Sha() + "\n";
  for (const std::string& text :
       {std::string(), good + "\n", good.substr(0, good.size() - 1), absl::StrCat(" ", good),
        std::string(100000, 'x'), MakeCurrent().bundle_id + "\n"}) {
    ASSERT_THAT(WriteFile(root / "CURRENT", text), IsOk());
    EXPECT_THAT(ReadCurrent(root.path()), StatusIs(absl::StatusCode::kDataLoss)) << text.size();
    EXPECT_THAT(ReadCurrent(root.path()), HasReason("manifest"));
  }
}

TEST(CurrentTest, NothingMalformedIsWritten) {
  const TempDir root(TempDir::kMemory);
  EXPECT_THAT(WriteCurrent(root.path(), {"latest", Sha()}), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(WriteCurrent(root.path(), {MakeCurrent().bundle_id, Sha().substr(0, 12)}),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_FALSE(PathExists(root / "CURRENT"));
}

}  // namespace
}  // namespace lookbook
