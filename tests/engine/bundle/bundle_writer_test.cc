#include "engine/bundle/bundle_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "engine/bundle/verify.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr absl::Time kCreated = absl::FromUnixSeconds(1795428900);

// Everything a manifest must list, in a folder that is to be published.
void WriteFiles(const std::string& directory, const std::string& model = "model") {
  ASSERT_THAT(MakeDirectories(JoinPath(directory, "golden")), IsOk());
  ASSERT_THAT(WriteFile(JoinPath(directory, "model.ts"), model), IsOk());
  for (const char* name : {"index.faiss", "items.sqlite", "golden/golden.json"}) {
    ASSERT_THAT(WriteFile(JoinPath(directory, name), name), IsOk());
  }
}

TEST(BundleWriterTest, ManifestStatesEveryFile) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(auto writer, BundleWriter::Create(root / "bundles/resnet50"));
  WriteFiles(writer->directory());
  LB_ASSERT_OK_AND_ASSIGN(
      const std::string id,
      writer->Publish(MakeTestManifest({}), kCreated + absl::Milliseconds(999), /*activate=*/true));
  EXPECT_THAT(id, HasSubstr("20261123T101500Z-"));
  EXPECT_EQ(writer->directory(), root / "bundles/resnet50/" + id);

  LB_ASSERT_OK_AND_ASSIGN(const VerifiedBundle verified,
                          VerifyCurrentBundle(root / "bundles/resnet50"));
  EXPECT_EQ(verified.id, id);
  EXPECT_EQ(verified.manifest.format_version(), 1u);
  EXPECT_EQ(verified.manifest.created(), "2026-11-23T10:15:00Z");
  ASSERT_EQ(verified.manifest.files_size(), 4);
  EXPECT_EQ(verified.manifest.files(0).name(), "golden/golden.json");
  EXPECT_EQ(verified.manifest.files(3).name(), "model.ts");
  EXPECT_EQ(verified.manifest.files(3).bytes(), 5u);
  EXPECT_EQ(verified.manifest.files(3).sha256(), Sha256Hex("model"));
}

TEST(BundleWriterTest, ASecondBundleTakesOverAndTheFirstStays) {
  const TempDir root(TempDir::kMemory);
  TestBundleOptions options;
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle first, WriteTestBundleFiles(root.path(), options));
  options.seed = 2;
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle second, WriteTestBundleFiles(root.path(), options));
  ASSERT_NE(first.id, second.id);
  EXPECT_THAT(ListDirectory(root.path()),
              IsOkAndHolds(UnorderedElementsAre("CURRENT", "PREVIOUS", first.id, second.id)));
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile previous, ReadPrevious(root.path()));
  EXPECT_EQ(previous.bundle_id, first.id);
  LB_ASSERT_OK_AND_ASSIGN(const VerifiedBundle current, VerifyCurrentBundle(root.path()));
  EXPECT_EQ(current.id, second.id);
  EXPECT_THAT(VerifyBundle(first.directory), IsOk());
}

TEST(BundleWriterTest, WithoutActivateCurrentStays) {
  const TempDir root(TempDir::kMemory);
  TestBundleOptions options;
  options.activate = false;
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle bundle, WriteTestBundleFiles(root.path(), options));
  EXPECT_FALSE(PathExists(root / "CURRENT"));
  EXPECT_THAT(VerifyBundle(bundle.directory), IsOk());
}

TEST(BundleWriterTest, ABundleOfTheSameIdIsNotReplaced) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle first, WriteTestBundleFiles(root.path()));
  EXPECT_THAT(WriteTestBundleFiles(root.path()),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr(first.id)));
  EXPECT_THAT(ListDirectory(root.path()), IsOkAndHolds(UnorderedElementsAre("CURRENT", first.id)));
  EXPECT_THAT(VerifyCurrentBundle(root.path()), IsOk());
}

// rename(2) replaces an empty folder, which may be someone's mount point.
TEST(BundleWriterTest, AnEmptyFolderOfTheSameNameIsNotReplaced) {
  const TempDir root(TempDir::kMemory);
  const TempDir other(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle elsewhere, WriteTestBundleFiles(other.path()));
  ASSERT_THAT(MakeDirectories(root / elsewhere.id), IsOk());
  EXPECT_THAT(WriteTestBundleFiles(root.path()), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST(BundleWriterTest, PublishesOnce) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(auto writer, BundleWriter::Create(root.path()));
  WriteFiles(writer->directory());
  ASSERT_THAT(writer->Publish(MakeTestManifest({}), kCreated, true), IsOk());
  EXPECT_THAT(writer->Publish(MakeTestManifest({}), kCreated, true),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(BundleWriterTest, WhatWasNotPublishedIsRemoved) {
  const TempDir root(TempDir::kMemory);
  {
    LB_ASSERT_OK_AND_ASSIGN(auto writer, BundleWriter::Create(root.path()));
    WriteFiles(writer->directory());
    EXPECT_TRUE(absl::EndsWith(writer->directory(), ".tmp"));
  }
  EXPECT_THAT(ListDirectory(root.path()), IsOkAndHolds(ElementsAre()));
}

TEST(BundleWriterTest, SweepsWhatCrashesLeftAndNothingElse) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle bundle, WriteTestBundleFiles(root.path()));
  ASSERT_THAT(MakeDirectories(root / "new-1-0.tmp/golden"), IsOk());
  ASSERT_THAT(WriteFile(root / "new-1-0.tmp/golden/x", "half"), IsOk());
  ASSERT_THAT(WriteFile(root / "file.tmp", "a file"), IsOk());
  ASSERT_THAT(MakeDirectories(root / "keep"), IsOk());
  std::filesystem::create_directory_symlink(root / "keep", root / "link.tmp");
  LB_ASSERT_OK_AND_ASSIGN(const auto writer, BundleWriter::Create(root.path()));
  const std::string own = std::filesystem::path(writer->directory()).filename().string();
  EXPECT_THAT(ListDirectory(root.path()),
              IsOkAndHolds(
                  UnorderedElementsAre("CURRENT", bundle.id, "file.tmp", "keep", "link.tmp", own)));
}

TEST(BundleWriterTest, LivingWritersKeepTheirFolders) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(auto first, BundleWriter::Create(root.path()));
  WriteFiles(first->directory(), "first");
  LB_ASSERT_OK_AND_ASSIGN(auto second, BundleWriter::Create(root.path()));
  WriteFiles(second->directory(), "second");
  ASSERT_NE(first->directory(), second->directory());
  EXPECT_THAT(second->Publish(MakeTestManifest({}), kCreated, true), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string id,
                          first->Publish(MakeTestManifest({}), kCreated, true));
  LB_ASSERT_OK_AND_ASSIGN(const VerifiedBundle current, VerifyCurrentBundle(root.path()));
  EXPECT_EQ(current.id, id);
  EXPECT_EQ(current.contents.at("model.ts"), "first");
}

struct Mistake {
  const char* message;
  std::function<void(const std::string& directory, Manifest* manifest)> apply;
};

TEST(BundleWriterTest, NothingIsPublishedThatALoaderWouldRefuse) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(const TestBundle live, WriteTestBundleFiles(root.path()));
  for (const Mistake& mistake :
       {Mistake{"model.ts",
                [](const std::string&d, Manifest*) { std::filesystem::remove(d + "/model.ts"); }},
        Mistake{"item_count", [](const std::string&, Manifest*m) { m->clear_item_count(); }},
        Mistake{"other.faiss", [](const std::string&,
                                  Manifest*m) { m->mutable_index()->set_file("other.faiss"); }},
        Mistake{"a b.txt", [](const std::string&d,
                              Manifest*) { WriteFile(d + "/a b.txt", "").IgnoreError(); }},
        Mistake{"manifest.json",
                [](const std::string&d, Manifest*) {
                  WriteFile(d + "/manifest.json", "").IgnoreError();
                }},
        Mistake{"is a link", [](const std::string&d, Manifest*) {
                  std::filesystem::create_symlink("model.ts", d + "/link.ts");
                }}}) {
    LB_ASSERT_OK_AND_ASSIGN(auto writer, BundleWriter::Create(root.path()));
    WriteFiles(writer->directory());
    Manifest manifest = MakeTestManifest({});
    mistake.apply(writer->directory(), &manifest);
    const auto id = writer->Publish(manifest, kCreated, true);
    EXPECT_THAT(id, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(mistake.message)));
    EXPECT_THAT(id, HasReason("manifest"));
    writer.reset();
    LB_ASSERT_OK_AND_ASSIGN(const VerifiedBundle current, VerifyCurrentBundle(root.path()));
    EXPECT_EQ(current.id, live.id);
    EXPECT_THAT(ListDirectory(root.path()), IsOkAndHolds(UnorderedElementsAre("CURRENT", live.id)));
  }
}

TEST(BundleWriterTest, YearsThatAnIdCannotSayAreRefused) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(auto writer, BundleWriter::Create(root.path()));
  WriteFiles(writer->directory());
  EXPECT_THAT(writer->Publish(MakeTestManifest({}), absl::InfiniteFuture(), true),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST(BundleWriterTest, ARootThatIsAFileIsAnIoError) {
  const TempDir root(TempDir::kMemory);
  ASSERT_THAT(WriteFile(root / "file", ""), IsOk());
  EXPECT_THAT(BundleWriter::Create(root / "file"), HasReason("io"));
  EXPECT_THAT(BundleWriter::Create(root / "file/below"), HasReason("io"));
}

}  // namespace
}  // namespace lookbook
