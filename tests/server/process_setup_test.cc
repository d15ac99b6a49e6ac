#include "server/process_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(OpenMpSettingsTest, OnlyWhatIsNotChosenAlreadyIsSet) {
  EXPECT_THAT(MissingOpenMpSettings({}),
              ElementsAre(Pair("OMP_NUM_THREADS", "1"), Pair("OMP_WAIT_POLICY", "passive")));
  EXPECT_THAT(MissingOpenMpSettings({{"OMP_NUM_THREADS", "4"}}),
              ElementsAre(Pair("OMP_WAIT_POLICY", "passive")));
  EXPECT_THAT(MissingOpenMpSettings({{"OMP_NUM_THREADS", "4"}, {"OMP_WAIT_POLICY", "active"}}),
              IsEmpty());
}

TEST(OpenMpSettingsTest, NothingHappensWhenAllIsChosen) {
  ::setenv("OMP_NUM_THREADS", "1", 1);
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  char* argv[] = {nullptr};
  ApplyOpenMpSettings(argv);  // Would replace this process.
}

// The child starts this test program again, which must then see both variables and exit.
TEST(OpenMpSettingsTest, TheProgramStartsAgainWithTheSettings) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::unsetenv("OMP_NUM_THREADS");
    ::unsetenv("OMP_WAIT_POLICY");
    std::string name = "test", filter = "--gtest_filter=OpenMpSettingsTest.DISABLED_ChildSeesThem",
                disabled = "--gtest_also_run_disabled_tests";
    char* argv[] = {name.data(), filter.data(), disabled.data(), nullptr};
    ApplyOpenMpSettings(argv);
    ::_exit(99);  // It returned: the restart failed.
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
TEST(OpenMpSettingsTest, DISABLED_ChildSeesThem) {
  EXPECT_STREQ(std::getenv("OMP_NUM_THREADS"), "1");
  EXPECT_STREQ(std::getenv("OMP_WAIT_POLICY"), "passive");
}

// In a process of its own, for it is for good.
TEST(BoundThisProcessTest, BoundsMemoryAndIsTheFirstToGo) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has terabytes mapped already";
#endif
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    BoundThisProcess({.data_bytes = 256 << 20, .time = absl::Minutes(10)});
    std::string adjusted;
    std::ifstream("/proc/self/oom_score_adj") >> adjusted;
    void* small = std::malloc(64 << 20);
    void* large = std::malloc(512 << 20);
    struct rlimit core = {};
    ::getrlimit(RLIMIT_CORE, &core);
    const bool right = adjusted == "1000" && small != nullptr && large == nullptr &&
                       core.rlim_cur == 0 && ::alarm(0) > 500;
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(TuneAllocatorTest, GlibcTakesTheThresholds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's allocator stands in for glibc's";
#endif
  EXPECT_TRUE(TuneAllocator());
}

TEST(RaiseDescriptorLimitTest, RaisesUpToTheHardLimitAndLowersNothing) {
  struct rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = 100;
  limit.rlim_max = 200;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(RaiseDescriptorLimit(50), 100);
  EXPECT_EQ(RaiseDescriptorLimit(150), 150);
  EXPECT_EQ(RaiseDescriptorLimit(1000), 200);
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, 200u);
}

TEST(IgnoreBrokenPipesTest, WritingToAClosedPipeIsAnError) {
  IgnoreBrokenPipes();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

}  // namespace
}  // namespace lookbook
