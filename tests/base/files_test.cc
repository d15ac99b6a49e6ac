#include "base/files.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/regular_file.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = JoinPath(testing::TempDir(), std::string("files_test_") + info->name());
    ASSERT_THAT(RemoveAll(folder_), IsOk());
    ASSERT_THAT(MakeDirectories(folder_), IsOk());
  }
  std::string Path(const std::string& name) { return JoinPath(folder_, name); }
  std::string folder_;
};

TEST_F(FilesTest, WhatIsWrittenIsRead) {
  const std::string bytes("a\0b\n\xff", 5);
  ASSERT_THAT(WriteFile(Path("x"), bytes), IsOk());
  EXPECT_THAT(ReadFile(Path("x")), IsOkAndHolds(bytes));
  EXPECT_THAT(FileSize(Path("x")), IsOkAndHolds(5u));
}

TEST_F(FilesTest, ReadStopsAtItsBound) {
  ASSERT_THAT(WriteFile(Path("x"), "12345"), IsOk());
  EXPECT_THAT(ReadFile(Path("x"), 5), IsOkAndHolds("12345"));
  EXPECT_THAT(ReadFile(Path("x"), 4), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("4 bytes")));
}

TEST_F(FilesTest, APipeThatNobodyWritesToIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  for (const std::string& path : {Path("pipe"), folder_, std::string("/dev/null")}) {
    EXPECT_THAT(ReadRegularFile(path, 10), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(path)));
  }
  ASSERT_THAT(WriteFile(Path("x"), "12345"), IsOk());
  EXPECT_THAT(ReadRegularFile(Path("x"), 5), IsOkAndHolds("12345"));
  EXPECT_THAT(ReadRegularFile(Path("x"), 4), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(ReadRegularFile(Path("none"), 4), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FilesTest, ASystemWithoutDescriptorsIsNoFaultOfTheFile) {
  ASSERT_THAT(WriteFile(Path("x"), "12345"), IsOk());
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status status = ReadRegularFile(Path("x"), 5).status();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Too many open files")));
}

TEST_F(FilesTest, FilesWithoutAStatedSizeAreReadWhole) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string status, ReadFile("/proc/self/status"));
  EXPECT_THAT(status, HasSubstr("VmRSS"));
}

TEST_F(FilesTest, MissingFilesAndFoldersAreNamed) {
  EXPECT_THAT(ReadFile(Path("none")), StatusIs(absl::StatusCode::kNotFound, HasSubstr(Path("none"))));
  EXPECT_THAT(ReadFile(folder_), ::testing::Not(IsOk()));
  EXPECT_THAT(WriteFile(Path("no/such/folder"), ""), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(FileSize(Path("none")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ListDirectory(Path("none")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(SyncPath(Path("none")), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FilesTest, AtomicWriteReplacesAndLeavesNothingBehind) {
  ASSERT_THAT(WriteFileAtomic(Path("CURRENT"), "one"), IsOk());
  ASSERT_THAT(WriteFileAtomic(Path("CURRENT"), "two"), IsOk());
  EXPECT_THAT(ReadFile(Path("CURRENT")), IsOkAndHolds("two"));
  EXPECT_THAT(ListDirectory(folder_), IsOkAndHolds(ElementsAre("CURRENT")));
}

// Two publishers: whoever comes last wins, and nobody fails or sees a mixture.
TEST_F(FilesTest, WritersAtOnceNeverTearTheFile) {
  constexpr int kWrites = 60;
  const std::string a(200'000, 'a'), b(100'000, 'b');
  ASSERT_THAT(WriteFileAtomic(Path("CURRENT"), a), IsOk());
  std::atomic<int> failed{0}, running{2};
  const auto write = [&](const std::string& bytes) {
    for (int i = 0; i < kWrites; ++i) failed += !WriteFileAtomic(Path("CURRENT"), bytes).ok();
    --running;
  };
  std::thread first(write, a), second(write, b);
  int torn = 0;
  while (running > 0) {
    const absl::StatusOr<std::string> now = ReadFile(Path("CURRENT"));
    torn += !now.ok() || (*now != a && *now != b);
  }
  first.join();
  second.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(torn, 0);
  EXPECT_THAT(ListDirectory(folder_), IsOkAndHolds(ElementsAre("CURRENT")));
}

// A crashed writer's temporary, even one of the same process id, is neither used nor in the way.
TEST_F(FilesTest, LeftOverTemporariesAreNotTouched) {
  std::vector<std::string> old;
  for (int i = 0; i < 200; ++i) {
    old.push_back("CURRENT.tmp." + std::to_string(::getpid()) + "." + std::to_string(i));
    ASSERT_THAT(WriteFile(Path(old.back()), "old"), IsOk());
  }
  ASSERT_THAT(WriteFileAtomic(Path("CURRENT"), "new"), IsOk());
  EXPECT_THAT(ReadFile(Path("CURRENT")), IsOkAndHolds("new"));
  for (const std::string& name : old) EXPECT_THAT(ReadFile(Path(name)), IsOkAndHolds("old"));
}

// The child may write 4 bytes a file at most: the write fails half way, as on a full disk.
TEST_F(FilesTest, AFailedAtomicWriteKeepsTheOldFileAndNoTemporary) {
  ASSERT_THAT(WriteFileAtomic(Path("CURRENT"), "old"), IsOk());
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {4, 4};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const absl::Status status = WriteFileAtomic(Path("CURRENT"), "longer than four bytes");
    _exit(!status.ok() && status.message().find("CURRENT") != absl::string_view::npos ? 7 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_THAT(ReadFile(Path("CURRENT")), IsOkAndHolds("old"));
  EXPECT_THAT(ListDirectory(folder_), IsOkAndHolds(ElementsAre("CURRENT")));
}

TEST_F(FilesTest, RenameOntoAFullFolderFailsAndNamesBoth) {
  ASSERT_THAT(MakeDirectories(Path("a")), IsOk());
  ASSERT_THAT(MakeDirectories(Path("b/c")), IsOk());
  EXPECT_THAT(RenameDurably(Path("a"), Path("b")), StatusIs(absl::StatusCode::kFailedPrecondition,
              ::testing::AllOf(HasSubstr(Path("a")), HasSubstr(Path("b")))));
}

TEST_F(FilesTest, FoldersAreMadeListedAndRemoved) {
  ASSERT_THAT(MakeDirectories(Path("b/c")), IsOk());
  ASSERT_THAT(MakeDirectories(Path("b/c")), IsOk());
  ASSERT_THAT(WriteFile(Path("a"), ""), IsOk());
  EXPECT_THAT(ListDirectory(folder_), IsOkAndHolds(ElementsAre("a", "b")));
  EXPECT_TRUE(IsDirectory(Path("b")));
  EXPECT_FALSE(IsDirectory(Path("a")));
  EXPECT_TRUE(PathExists(Path("a")));
  EXPECT_THAT(MakeDirectories(Path("a/x")), ::testing::Not(IsOk()));
  ASSERT_THAT(RemoveAll(Path("b")), IsOk());
  ASSERT_THAT(RemoveAll(Path("b")), IsOk());
  EXPECT_FALSE(PathExists(Path("b")));
}

TEST(JoinPathTest, PutsOneSlashBetween) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
}

}  // namespace
}  // namespace lookbook
