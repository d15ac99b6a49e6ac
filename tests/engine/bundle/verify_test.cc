#include "engine/bundle/verify.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto bundle = WriteTestBundleFiles(root_.path());
    ASSERT_THAT(bundle, IsOk());
    bundle_ = *std::move(bundle);
  }

  std::string Path(const std::string& name) const { return JoinPath(bundle_.directory, name); }

  // Both ways in refuse, with this reason and a message that names `text`.
  void ExpectRefused(const std::string& reason, const std::string& text) {
    for (const auto& verified :
         {VerifyCurrentBundle(root_.path()), VerifyBundle(bundle_.directory)}) {
      EXPECT_THAT(verified, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(text)));
      EXPECT_THAT(verified, HasReason(reason));
    }
  }

  // Publishes `manifest` in place of the bundle's own, with a matching id and CURRENT.
  void Reseal(const Manifest& manifest) {
    const std::string json = ManifestToJson(manifest).value();
    ASSERT_THAT(WriteFile(Path("manifest.json"), json), IsOk());
    const std::string sha256 = Sha256Hex(json);
    const std::string id = MakeBundleId(absl::FromUnixSeconds(1795428900), sha256);
    std::filesystem::rename(bundle_.directory, root_ / id);
    bundle_.directory = root_ / id;
    ASSERT_THAT(WriteCurrent(root_.path(), {id, sha256}), IsOk());
  }

  TempDir root_{TempDir::kMemory};
  TestBundle bundle_;
};

TEST_F(VerifyTest, AcceptsWhatWasPublished) {
  LB_ASSERT_OK_AND_ASSIGN(const VerifiedBundle verified, VerifyCurrentBundle(root_.path()));
  EXPECT_EQ(verified.id, bundle_.id);
  EXPECT_EQ(verified.directory, root_ / bundle_.id);
  EXPECT_EQ(verified.manifest.SerializeAsString(), bundle_.manifest.SerializeAsString());
  EXPECT_EQ(verified.preprocess.size, 16);
}

TEST_F(VerifyTest, HandsOverTheBytesThatWereHashed) {
  LB_ASSERT_OK_AND_ASSIGN(const VerifiedBundle verified, VerifyBundle(bundle_.directory));
  std::set<std::string> names;
  for (const auto& [name, bytes] : verified.contents) {
    names.insert(name);
    EXPECT_THAT(ReadFile(Path(name)), IsOkAndHolds(bytes));
  }
  EXPECT_THAT(names, ElementsAre("golden/0.jpg", "golden/1.jpg", "golden/2.jpg",
                                 "golden/golden.json", "model.ts"));
}

TEST_F(VerifyTest, AFolderMayBeNamedInSeveralWays) {
  for (const std::string& path :
       {bundle_.directory + "/", bundle_.directory + "//", root_ / "./" + bundle_.id}) {
    EXPECT_THAT(VerifyBundle(path), IsOk()) << path;
  }
  EXPECT_THAT(VerifyBundle(root_ / "20261123T101500Z-000000000000"),
              StatusIs(absl::StatusCode::kNotFound));
}

// Changes byte `offset` of `path` by `flip`, runs `check`, and changes it back.
void WithChangedByte(const std::string& path, size_t offset, int flip,
                     const std::function<void()>& check) {
  const int fd = ::open(path.c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  char byte = 0;
  ASSERT_EQ(::pread(fd, &byte, 1, static_cast<off_t>(offset)), 1);
  const char changed = static_cast<char>(byte ^ flip);
  ASSERT_EQ(::pwrite(fd, &changed, 1, static_cast<off_t>(offset)), 1);
  check();
  ASSERT_EQ(::pwrite(fd, &byte, 1, static_cast<off_t>(offset)), 1);
  ::close(fd);
}

// Every byte of small files; of large ones the first and last and a sample.
TEST_F(VerifyTest, AnyChangedByteOfAnyFileIsRefused) {
  std::vector<std::string> names = {"manifest.json", "../CURRENT"};
  for (const auto& file : bundle_.manifest.files()) names.push_back(file.name());
  EXPECT_EQ(names.size(), 9u);
  int checked = 0;
  for (const std::string& name : names) {
    const bool in_chain = name == "manifest.json" || name == "../CURRENT";
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t size, FileSize(Path(name)));
    const size_t step = size <= 8192 ? 1 : 97;
    for (size_t offset = 0; offset < size;
         offset = offset + step >= size && offset + 1 < size ? size - 1 : offset + step) {
      const int flip = 1 << (checked % 8);
      WithChangedByte(Path(name), offset, flip, [&] {
        const auto verified = VerifyCurrentBundle(root_.path());
        ASSERT_THAT(verified, StatusIs(absl::StatusCode::kDataLoss)) << name << " byte " << offset;
        ASSERT_THAT(verified, HasReason(in_chain ? "manifest" : "checksum"))
            << name << " byte " << offset;
      });
      ++checked;
    }
  }
  EXPECT_GT(checked, 4000);
  EXPECT_THAT(VerifyCurrentBundle(root_.path()), IsOk());
}

TEST_F(VerifyTest, EveryMissingFileIsRefused) {
  for (const auto& file : bundle_.manifest.files()) {
    std::filesystem::rename(Path(file.name()), root_ / "aside");
    ExpectRefused("checksum", file.name() + " is missing");
    std::filesystem::rename(root_ / "aside", Path(file.name()));
  }
  EXPECT_THAT(VerifyBundle(bundle_.directory), IsOk());
  std::filesystem::remove(Path("manifest.json"));
  ExpectRefused("manifest", "manifest.json");
}

TEST_F(VerifyTest, EveryTruncatedOrGrownFileIsRefused) {
  for (const auto& file : bundle_.manifest.files()) {
    const std::string path = Path(file.name());
    for (const int64_t size : {int64_t{0}, static_cast<int64_t>(file.bytes()) - 1,
                               static_cast<int64_t>(file.bytes()) + 1}) {
      LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(path));
      ASSERT_EQ(::truncate(path.c_str(), size), 0);
      ExpectRefused("checksum",
                    absl::StrCat(file.name(), " has ", size, " bytes, not ", file.bytes()));
      ASSERT_THAT(WriteFile(path, good), IsOk());
    }
  }
}

TEST_F(VerifyTest, SwappedFilesAreRefused) {
  std::filesystem::rename(Path("golden/0.jpg"), Path("golden/x"));
  std::filesystem::rename(Path("golden/1.jpg"), Path("golden/0.jpg"));  // Of the same size.
  std::filesystem::rename(Path("golden/x"), Path("golden/1.jpg"));
  ExpectRefused("checksum", "golden/0.jpg has SHA-256");
}

TEST_F(VerifyTest, FilesThatAreNotListedAreRefused) {
  for (const char* name :
       {"notes.txt", "items.sqlite-wal", "golden/extra.jpg", "other/file", ".hidden"}) {
    ASSERT_THAT(MakeDirectories(std::filesystem::path(Path(name)).parent_path().string()), IsOk());
    ASSERT_THAT(WriteFile(Path(name), "x"), IsOk());
    ExpectRefused("manifest", name);
    std::filesystem::remove(Path(name));
    if (std::string(name) == "other/file") std::filesystem::remove(Path("other"));
  }
  EXPECT_THAT(VerifyBundle(bundle_.directory), IsOk());
}

TEST_F(VerifyTest, LinksAreRefusedEvenToTheRightBytes) {
  std::filesystem::rename(Path("model.ts"), root_ / "model.ts");
  std::filesystem::create_symlink(root_ / "model.ts", Path("model.ts"));
  ExpectRefused("manifest", "model.ts is a link");
}

// Nobody waits for a pipe that nobody writes to.
TEST_F(VerifyTest, PipesAreRefusedEvenWhereAFileIsReadFirst) {
  for (const std::string& name : {std::string("model.ts"), std::string("manifest.json")}) {
    std::filesystem::rename(Path(name), root_ / "aside");
    ASSERT_EQ(::mkfifo(Path(name).c_str(), 0600), 0);
    ExpectRefused("manifest", name);
    std::filesystem::rename(root_ / "aside", Path(name));
  }
  std::filesystem::remove(root_ / "CURRENT");
  ASSERT_EQ(::mkfifo((root_ / "CURRENT").c_str(), 0600), 0);
  EXPECT_THAT(VerifyCurrentBundle(root_.path()), HasReason("manifest"));
}

TEST_F(VerifyTest, CurrentMayNameOnlyABundleThatIsThere) {
  std::filesystem::rename(bundle_.directory, root_ / "elsewhere");
  const auto verified = VerifyCurrentBundle(root_.path());
  EXPECT_THAT(verified, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("there is no folder")));
  EXPECT_THAT(verified, StatusIs(absl::StatusCode::kDataLoss, HasSubstr(bundle_.id)));
  EXPECT_THAT(verified, HasReason("manifest"));
}

TEST_F(VerifyTest, AFolderUnderAnotherNameIsRefused) {
  const std::string digits = bundle_.id.substr(17);
  for (const std::string& name :
       {std::string("latest"), "20261123T101501Z-" + digits, bundle_.id.substr(0, 28) + "-"}) {
    std::filesystem::rename(bundle_.directory, root_ / name);
    EXPECT_THAT(VerifyBundle(root_ / name), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(name)));
    EXPECT_THAT(VerifyBundle(root_ / name), HasReason("manifest"));
    std::filesystem::rename(root_ / name, bundle_.directory);
  }
}

// A manifest whose own hash is right and whose content is not.
TEST_F(VerifyTest, AResealedBadManifestIsRefused) {
  Manifest manifest = bundle_.manifest;
  manifest.set_item_count(0);
  Reseal(manifest);
  ExpectRefused("manifest", "item_count");
}

TEST_F(VerifyTest, AResealedPathOutOfTheFolderIsRefused) {
  Manifest manifest = bundle_.manifest;
  manifest.mutable_files(0)->set_name("../../etc/passwd");
  Reseal(manifest);
  ExpectRefused("manifest", "../../etc/passwd");
}

TEST_F(VerifyTest, ACreationTimeThatTheIdDoesNotSayIsRefused) {
  Manifest manifest = bundle_.manifest;
  manifest.set_created("2026-11-23T10:15:01Z");
  Reseal(manifest);
  ExpectRefused("manifest", "which its id does not say");
}

TEST_F(VerifyTest, TemporaryFoldersBesideItDoNotMatter) {
  ASSERT_THAT(MakeDirectories(root_ / "new-1-0.tmp"), IsOk());
  ASSERT_THAT(WriteFile(root_ / "new-1-0.tmp/model.ts", "half"), IsOk());
  ASSERT_THAT(WriteFile(root_ / "CURRENT.tmp.1", "half"), IsOk());
  EXPECT_THAT(VerifyCurrentBundle(root_.path()), IsOk());
}

TEST_F(VerifyTest, FilesThatCannotBeReadAreAnIoError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every file";
  ASSERT_EQ(::chmod(Path("items.sqlite").c_str(), 0), 0);
  EXPECT_THAT(VerifyBundle(bundle_.directory), HasReason("io"));
}

}  // namespace
}  // namespace lookbook
