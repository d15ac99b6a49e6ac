#include "server/lifecycle/bundle_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "engine/bundle/signature.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"
#include "tests/support/test_keys.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Kind = BundleChoice::Kind;

class BundleFilesTest : public ::testing::Test {
 protected:
  TestBundle Publish(int number, bool activate = true) {
    TestBundleOptions options;
    options.seed = number;
    options.items = 10 + number;
    options.created += absl::Hours(number);
    options.recipe = absl::StrCat("recipe-", number);
    options.activate = activate;
    auto bundle = WriteTestBundleFiles(root_.path(), options);
    EXPECT_THAT(bundle, IsOk());
    return *std::move(bundle);
  }
  absl::StatusOr<std::string> Resolve(const BundleChoice& choice) {
    const auto found = ResolveBundle(root_.path(), choice);
    if (!found.ok()) return found.status();
    return found->bundle_id;
  }

  TempDir root_;
};

TEST_F(BundleFilesTest, BundlesAreListedNewestFirstWithWhatCurrentSays) {
  const TestBundle first = Publish(1), second = Publish(2), third = Publish(3, false);
  ASSERT_THAT(MakeDirectories(root_ / "new-1-0.tmp"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const BundleListing listing, ListBundles(root_.path()));
  ASSERT_EQ(listing.bundles.size(), 3u);
  EXPECT_EQ(listing.left_out, 0);
  EXPECT_EQ(listing.bundles[0].id, third.id);
  EXPECT_FALSE(listing.bundles[0].current || listing.bundles[0].previous);
  const BundleOnDisk& live = listing.bundles[1];
  EXPECT_EQ(live.id, second.id);
  EXPECT_EQ(live.recipe, "recipe-2");
  EXPECT_EQ(live.items, 12u);
  EXPECT_EQ(live.created, second.manifest.created());
  EXPECT_EQ(live.index, "Flat");
  EXPECT_GT(live.bytes, 1000u);
  EXPECT_TRUE(live.current && !live.previous);
  EXPECT_EQ(listing.bundles[2].id, first.id);
  EXPECT_TRUE(listing.bundles[2].previous && !listing.bundles[2].current);
}

TEST_F(BundleFilesTest, AListHasAnEndAndSaysWhatIsBeyondIt) {
  const TestBundle first = Publish(1), second = Publish(2), third = Publish(3);
  LB_ASSERT_OK_AND_ASSIGN(const BundleListing listing, ListBundles(root_.path(), "", 2));
  ASSERT_EQ(listing.bundles.size(), 2u);
  EXPECT_EQ(listing.bundles[0].id, third.id);
  EXPECT_EQ(listing.left_out, 1);
}

TEST_F(BundleFilesTest, ABundleThatCannotBeReadIsListedWithWhy) {
  const TestBundle bundle = Publish(1);
  ASSERT_THAT(WriteFile(JoinPath(bundle.directory, kManifestFile), "{}"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const BundleListing listing, ListBundles(root_.path()));
  ASSERT_EQ(listing.bundles.size(), 1u);
  EXPECT_EQ(listing.bundles[0].id, bundle.id);
  EXPECT_THAT(listing.bundles[0].defect, HasSubstr("SHA-256"));
  EXPECT_THAT(ListBundles(root_ / "none"), HasReason("io"));
}

TEST_F(BundleFilesTest, AnUnsignedBundleIsListedWithThatWhereSignaturesAreAskedFor) {
  const TestBundle signed_one = Publish(1), unsigned_one = Publish(2);
  const TestKey key = MakeTestKey();
  ASSERT_THAT(WriteFile(root_ / "key.pem", key.private_pem), IsOk());
  ASSERT_THAT(WriteFile(root_ / "key.pub.pem", key.public_pem), IsOk());
  ASSERT_THAT(SignBundle(signed_one.directory, root_ / "key.pem"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const BundleListing listing,
                          ListBundles(root_.path(), root_ / "key.pub.pem"));
  ASSERT_EQ(listing.bundles.size(), 2u);
  EXPECT_THAT(listing.bundles[0].defect, HasSubstr("is not signed"));
  EXPECT_EQ(listing.bundles[0].recipe, "") << "nothing of its manifest is believed";
  EXPECT_EQ(listing.bundles[1].defect, "");
  EXPECT_EQ(listing.bundles[1].recipe, "recipe-1");
}

TEST_F(BundleFilesTest, AManifestThatIsAPipeIsRefusedAndNotWaitedFor) {
  const TestBundle bundle = Publish(1);
  std::filesystem::remove(JoinPath(bundle.directory, kManifestFile));
  ASSERT_EQ(::mkfifo(JoinPath(bundle.directory, kManifestFile).c_str(), 0600), 0);
  EXPECT_THAT(Resolve({Kind::kId, bundle.id}), HasReason("manifest"));
  LB_ASSERT_OK_AND_ASSIGN(const BundleListing listing, ListBundles(root_.path()));
  EXPECT_THAT(listing.bundles[0].defect, HasSubstr("no regular file"));
}

TEST_F(BundleFilesTest, ChoicesResolveToWhatIsOnDisk) {
  EXPECT_THAT(Resolve({Kind::kCurrent, ""}), HasReason("manifest"));
  EXPECT_THAT(Resolve({Kind::kPrevious, ""}), HasReason("no_previous"));
  const TestBundle first = Publish(1);
  EXPECT_THAT(Resolve({Kind::kPrevious, ""}),
              AllOf(StatusIs(absl::StatusCode::kNotFound), HasReason("no_previous")));
  const TestBundle second = Publish(2);
  EXPECT_THAT(Resolve({Kind::kCurrent, ""}), IsOkAndHolds(second.id));
  EXPECT_THAT(Resolve({Kind::kPrevious, ""}), IsOkAndHolds(first.id));
  EXPECT_THAT(Resolve({Kind::kId, first.id}), IsOkAndHolds(first.id));
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile current, ReadCurrent(root_.path()));
  EXPECT_EQ(ResolveBundle(root_.path(), {Kind::kId, second.id})->manifest_sha256,
            current.manifest_sha256);
}

TEST_F(BundleFilesTest, IdsThatNameNothingAreRefused) {
  const TestBundle bundle = Publish(1);
  for (const std::string& id :
       {std::string("../../etc"), std::string("a\0b", 3), std::string(1 << 20, 'x')}) {
    const auto found = Resolve({Kind::kId, id});
    EXPECT_THAT(found,
                AllOf(StatusIs(absl::StatusCode::kInvalidArgument), HasReason("bad_bundle_id")));
    EXPECT_LT(found.status().message().size(), 400u);
  }
  EXPECT_THAT(Resolve({Kind::kId, "20261123T101500Z-000000000000"}),
              AllOf(StatusIs(absl::StatusCode::kNotFound, HasSubstr("000000000000")),
                    HasReason("unknown_bundle_id")));
  ASSERT_THAT(RemoveAll(bundle.directory), IsOk());
  EXPECT_THAT(Resolve({Kind::kCurrent, ""}),
              AllOf(StatusIs(absl::StatusCode::kDataLoss), HasReason("manifest")));
}

TEST_F(BundleFilesTest, PointingCurrentElsewhereRemembersWhereItPointed) {
  const TestBundle first = Publish(1), second = Publish(2);
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile target,
                          ResolveBundle(root_.path(), {Kind::kPrevious, ""}));
  ASSERT_THAT(PointCurrentAt(root_.path(), target), IsOk());
  EXPECT_THAT(Resolve({Kind::kCurrent, ""}), IsOkAndHolds(first.id));
  EXPECT_THAT(Resolve({Kind::kPrevious, ""}), IsOkAndHolds(second.id));
  ASSERT_THAT(PointCurrentAt(root_.path(), target), IsOk()) << "again: nothing to do";
  EXPECT_THAT(Resolve({Kind::kPrevious, ""}), IsOkAndHolds(second.id));
}

TEST_F(BundleFilesTest, ARootThatCannotBeWrittenToIsSaidToBe) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TestBundle first = Publish(1), second = Publish(2);
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile old,
                          ResolveBundle(root_.path(), {Kind::kId, first.id}));
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile live, ReadCurrent(root_.path()));
  ASSERT_EQ(::chmod(root_.path().c_str(), 0555), 0);
  EXPECT_THAT(PointCurrentAt(root_.path(), old),
              AllOf(StatusIs(absl::StatusCode::kPermissionDenied), HasReason("read_only")));
  EXPECT_THAT(CheckCurrentWritable(root_.path(), old), HasReason("read_only"));
  EXPECT_THAT(PointCurrentAt(root_.path(), live), IsOk()) << "it does already";
  ASSERT_EQ(::chmod(root_.path().c_str(), 0755), 0);
}

TEST_F(BundleFilesTest, SizeIsThatOfAllFiles) {
  const TestBundle bundle = Publish(1);
  LB_ASSERT_OK_AND_ASSIGN(const BundleListing listing, ListBundles(root_.path()));
  LB_ASSERT_OK_AND_ASSIGN(const uint64_t manifest,
                          FileSize(JoinPath(bundle.directory, kManifestFile)));
  EXPECT_THAT(BundleBytes(bundle.directory),
              IsOkAndHolds(static_cast<int64_t>(listing.bundles[0].bytes + manifest)));
}

}  // namespace
}  // namespace lookbook
