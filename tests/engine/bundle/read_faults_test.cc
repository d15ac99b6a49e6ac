// A disk that fails at every single read while a bundle is verified and opened: never taken for a
// damaged bundle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/verify.h"
#include "tests/support/status_matchers.h"
#include "tests/support/syscall_tracer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

struct Kind {
  const char* index;
  const char* search;
};

class ReadFaultsTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (!CanTrace()) GTEST_SKIP() << "ptrace is not allowed here";
    // libtorch's threads stay in that process: those that are traced begin with one.
    LB_ASSERT_OK_AND_ASSIGN(const TraceResult written, RunTraced("/nowhere/", {}, [&] {
                              TestBundleOptions options;
                              options.index = GetParam().index;
                              options.search = GetParam().search;
                              return WriteTestBundle(root_.path(), options).ok() ? 0 : 1;
                            }));
    ASSERT_EQ(written.exit_code, 0);
  }

  // Exit code 0, or 1 with "REASON: MESSAGE" in Said().
  absl::StatusOr<TraceResult> Open(const Fault& fault) {
    return RunTraced(root_.path(), fault, [&] {
      const absl::Status status =
          OpenCurrentBundle(root_.path(), {.max_batch = 1, .warm_up = false, .self_test = false})
              .status();
      const std::string text = absl::StrCat(GetReason(status), ": ", status.message());
      return WriteFile(scratch_ / "said", text).ok() && status.ok() ? 0 : 1;
    });
  }
  std::string Said() const { return ReadFile(scratch_ / "said").value_or(""); }

  const TempDir root_{TempDir::kMemory};
  const TempDir scratch_{TempDir::kMemory};
};

// SQLite says of a read that fails with EIO that the file is damaged; the file was read whole just
// before.
bool IsSqlites(const TracedCall& call) {
  return call.name == "pread" && absl::EndsWith(call.path, "/items.sqlite");
}

TEST_P(ReadFaultsTest, AreErrorsOfTheDiskThatNameTheFile) {
  LB_ASSERT_OK_AND_ASSIGN(const TraceResult whole, Open({}));
  ASSERT_EQ(whole.exit_code, 0) << Said();
  int of_the_index = 0;
  int reported = 0;
  for (int at = 0; at < static_cast<int>(whole.calls.size()); ++at) {
    const TracedCall& call = whole.calls[at];
    if ((call.name != "read" && call.name != "pread") || IsSqlites(call)) continue;
    SCOPED_TRACE(absl::StrCat("call ", at, ", ", call.name, " ", call.path));
    LB_ASSERT_OK_AND_ASSIGN(const TraceResult result, Open({.at = at, .error = EIO}));
    ASSERT_TRUE(result.fault_reached);
    ASSERT_THAT(result.exit_code, AnyOf(0, 1));
    if (result.exit_code == 0) {
      // What fseek() reads ahead it does without.
      EXPECT_TRUE(absl::EndsWith(call.path, "/index.faiss"));
      continue;
    }
    EXPECT_THAT(Said(), ::testing::StartsWith("io: "));
    EXPECT_THAT(Said(), HasSubstr(call.path.substr(call.path.rfind('/') + 1)));
    of_the_index += absl::EndsWith(call.path, "/index.faiss") ? 1 : 0;
    ++reported;
  }
  EXPECT_GT(of_the_index, 2);
  std::printf("%d reads failed, %d of the index\n", reported, of_the_index);
}

// Nor is a process without descriptors short of memory.
TEST_P(ReadFaultsTest, WantOfDescriptorsIsNoWantOfMemory) {
  LB_ASSERT_OK_AND_ASSIGN(const TraceResult whole, Open({}));
  ASSERT_EQ(whole.exit_code, 0) << Said();
  int refused = 0;
  for (int at = 0; at < static_cast<int>(whole.calls.size()); ++at) {
    const TracedCall& call = whole.calls[at];
    if (call.name != "openat" || !absl::EndsWith(call.path, "/index.faiss")) continue;
    LB_ASSERT_OK_AND_ASSIGN(const TraceResult result, Open({.at = at, .error = EMFILE}));
    ASSERT_EQ(result.exit_code, 1);
    EXPECT_THAT(Said(), ::testing::StartsWith("io: "));
    ++refused;
  }
  EXPECT_GT(refused, 1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ReadFaultsTest,
                         ::testing::Values(Kind{"Flat", ""}, Kind{"SQ8", ""},
                                           Kind{"HNSW8", "efSearch=32"}),
                         [](const auto& info) { return std::string(info.param.index); });

}  // namespace
}  // namespace lookbook
