#include "server/lifecycle/memory_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

class MemoryRoomTest : public ::testing::Test {
 protected:
  MemoryRoomTest() {
    Write("proc/meminfo",
          "MemTotal:       16384000 kB\nMemFree:          100 kB\nMemAvailable:    1000 kB\n");
  }
  void Write(const std::string& name, const std::string& text) {
    const std::string path = root_ / name;
    ASSERT_THAT(MakeDirectories(path.substr(0, path.rfind('/'))), IsOk());
    ASSERT_THAT(WriteFile(path, text), IsOk());
  }
  void WriteGroup(const std::string& group, const std::string& limit, const std::string& used,
                  const std::string& stat) {
    const std::string folder = absl::StrCat("sys/fs/cgroup", group);
    Write(absl::StrCat(folder, "/memory.max"), limit + "\n");
    Write(absl::StrCat(folder, "/memory.current"), used + "\n");
    Write(absl::StrCat(folder, "/memory.stat"), stat);
  }
  absl::StatusOr<int64_t> Room() const { return MemoryRoom(root_.path()); }

  TempDir root_;
};

TEST_F(MemoryRoomTest, IsWhatTheKernelCallsAvailable) {
  EXPECT_THAT(Room(), IsOkAndHolds(1000 * 1024));
}

TEST_F(MemoryRoomTest, ALimitOfTheGroupCounts) {
  Write("proc/self/cgroup", "0::/\n");
  WriteGroup("", "500000", "300000", "anon 1\ninactive_file 50000\n");
  EXPECT_THAT(Room(), IsOkAndHolds(250000)) << "file pages can be had back";
  WriteGroup("", "max", "300000", "");
  EXPECT_THAT(Room(), IsOkAndHolds(1000 * 1024));
}

TEST_F(MemoryRoomTest, SoDoesALimitAboveIt) {
  Write("proc/self/cgroup", "1:cpu:/other\n0::/pods/one\n");
  WriteGroup("/pods/one", "900000", "100000", "");
  EXPECT_THAT(Room(), IsOkAndHolds(800000));
  WriteGroup("/pods", "400000", "100000", "");
  EXPECT_THAT(Room(), IsOkAndHolds(300000));
  WriteGroup("/other", "10", "1", "");
  EXPECT_THAT(Room(), IsOkAndHolds(300000)) << "another's limit";
}

TEST_F(MemoryRoomTest, AGroupBeyondItsLimitHasLessThanNothing) {
  Write("proc/self/cgroup", "0::/\n");
  WriteGroup("", "100", "300", "inactive_file 50\n");
  EXPECT_THAT(Room(), IsOkAndHolds(-150));
}

TEST_F(MemoryRoomTest, WithoutMeminfoNothingIsKnown) {
  Write("proc/meminfo", "MemTotal: 1 kB\n");
  EXPECT_THAT(Room(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MemoryRoomTest, ThisMachineHasSome) {
  LB_ASSERT_OK_AND_ASSIGN(const int64_t room, MemoryRoom());
  EXPECT_GT(room, 1 << 20);
  LB_ASSERT_OK_AND_ASSIGN(const int64_t limit, MemoryLimit());
  EXPECT_GT(limit, room / 2) << "it is not of another unit";
  LB_ASSERT_OK_AND_ASSIGN(const int64_t resident, ResidentMemory());
  EXPECT_GT(resident, 1 << 20);
  EXPECT_LT(resident, limit);
}

TEST_F(MemoryRoomTest, TheLimitIsTheMachinesOrTheLeastOfTheGroups) {
  EXPECT_THAT(MemoryLimit(root_.path()), IsOkAndHolds(int64_t{16384000} * 1024));
  Write("proc/self/cgroup", "0::/pods/one\n");
  WriteGroup("/pods/one", "900000", "100000", "");
  EXPECT_THAT(MemoryLimit(root_.path()), IsOkAndHolds(900000));
  WriteGroup("/pods", "400000", "100000", "");
  EXPECT_THAT(MemoryLimit(root_.path()), IsOkAndHolds(400000));
  WriteGroup("/pods", "max", "100000", "");
  EXPECT_THAT(MemoryLimit(root_.path()), IsOkAndHolds(900000));
}

TEST_F(MemoryRoomTest, ResidentPagesAreBytes) {
  Write("proc/self/statm", "5000 300 200 10 0 400 0\n");
  EXPECT_THAT(ResidentMemory(root_.path()), IsOkAndHolds(300 * ::sysconf(_SC_PAGESIZE)));
  Write("proc/self/statm", "5000\n");
  EXPECT_THAT(ResidentMemory(root_.path()), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MemoryRoomTest, LoadingTakesMoreThanTheFiles) {
  EXPECT_GT(MemoryToLoad(0), 100 << 20) << "the process that checks it has libraries too";
  EXPECT_GE(MemoryToLoad(int64_t{10} << 30), int64_t{20} << 30);
}

}  // namespace
}  // namespace lookbook
