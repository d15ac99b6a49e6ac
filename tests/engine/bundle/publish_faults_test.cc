// Publishing while the process dies, or a system call fails, at every single call on the bundle
// root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_writer.h"
#include "engine/bundle/golden.h"
#include "engine/bundle/verify.h"
#include "tests/support/status_matchers.h"
#include "tests/support/syscall_tracer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;

std::vector<std::string> Names(const std::string& root) {
  const auto names = ListDirectory(root);
  EXPECT_THAT(names, IsOk());
  return names.ok() ? *names : std::vector<std::string>();
}

bool IsWrite(const TracedCall& call) {
  return call.name == "write" || call.name == "writev" || call.name == "pwrite";
}

// A call whose failure nothing makes up for.
bool MustNotFail(const TracedCall& call) {
  return IsWrite(call) || call.name == "fsync" || call.name == "rename" ||
         call.name == "getdents64";
}

// What a publisher writes, ready in memory: the calls that are made to fail are those of
// publishing.
struct Prepared {
  std::string id;
  TestBundle bundle;
  std::string model, index;
};

Prepared Prepare(const std::string& recipe) {
  const TempDir scratch(TempDir::kMemory);
  TestBundleOptions options;
  options.golden_cases = 1;
  options.recipe = recipe;
  const auto bundle = WriteTestBundleFiles(scratch.path(), options);
  EXPECT_THAT(bundle, IsOk());
  return {bundle->id, *bundle, *ReadFile(JoinPath(bundle->directory, kModelFile)),
          *ReadFile(JoinPath(bundle->directory, kIndexFile))};
}

// As libraries write their files: without fsync.
absl::Status WriteUnsynced(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  return file ? absl::OkStatus() : absl::ErrnoToStatus(errno, absl::StrCat("write ", path));
}

absl::Status Publish(const std::string& root, const Prepared& prepared) {
  LB_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(root));
  const std::string& directory = writer->directory();
  LB_RETURN_IF_ERROR(WriteUnsynced(JoinPath(directory, kModelFile), prepared.model));
  LB_RETURN_IF_ERROR(WriteUnsynced(JoinPath(directory, kIndexFile), prepared.index));
  const TestBundle& bundle = prepared.bundle;
  LB_RETURN_IF_ERROR(WriteTestItems(directory, bundle.items, bundle.thumbnails));
  LB_RETURN_IF_ERROR(WriteGolden(directory, bundle.golden));
  return writer->Publish(bundle.manifest, TestBundleOptions().created, /*activate=*/true).status();
}

// The error in the system's words, or in SQLite's.
// SQLite has words of its own; a read that fails with EIO is to it a damaged file system.
::testing::Matcher<std::string> NamesError(int error) {
  return AnyOf(HasSubstr(std::strerror(error)), HasSubstr("disk I/O error"),
               HasSubstr("database or disk is full"), HasSubstr("unable to open database file"),
               HasSubstr("database disk image is malformed"));
}

std::string LastPart(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class PublishFaultsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (old_ != nullptr) return;  // Of both suites.
    old_ = new Prepared(Prepare("old"));
    new_ = new Prepared(Prepare("new"));
    third_ = new Prepared(Prepare("third"));
  }

  void SetUp() override {
    if (!CanTrace()) GTEST_SKIP() << "ptrace is not allowed here";
  }

  // Publishes the new bundle into a root where the old one is live; exit code 0 or 1. Said() is
  // then what it said when it failed.
  absl::StatusOr<TraceResult> PublishNew(const std::string& root, const Fault& fault) {
    EXPECT_THAT(Publish(root, *old_), IsOk());
    EXPECT_THAT(WriteFile(scratch_ / "said", ""), IsOk());
    return RunTraced(root, fault, [&] {
      const absl::Status status = Publish(root, *new_);
      const absl::Status said = WriteFile(scratch_ / "said", status.message());
      return status.ok() && said.ok() ? 0 : 1;
    });
  }
  std::string Said() const { return ReadFile(scratch_ / "said").value_or(""); }

  // CURRENT, PREVIOUS, and what a crash leaves of a new one.
  static bool IsPointer(const std::string& name) {
    return absl::StartsWith(name, "CURRENT") || absl::StartsWith(name, "PREVIOUS");
  }

  // CURRENT names a whole bundle; whatever else lies there is whole too, or temporary.
  std::string ExpectWholeRoot(const std::string& root) {
    const auto current = VerifyCurrentBundle(root);
    EXPECT_THAT(current, IsOk());
    for (const std::string& name : Names(root)) {
      if (IsPointer(name) || absl::EndsWith(name, ".tmp")) continue;
      EXPECT_THAT(VerifyBundle(JoinPath(root, name)), IsOk());
    }
    return current.ok() ? current->id : "";
  }

  // The next publisher sweeps, and succeeds.
  void ExpectUsable(const std::string& root) {
    ASSERT_THAT(Publish(root, *third_), IsOk());
    std::vector<std::string> left;
    for (const std::string& name : Names(root)) {
      if (!IsPointer(name)) left.push_back(name);
    }
    EXPECT_THAT(left, IsSubsetOf({old_->id, new_->id, third_->id}));
    EXPECT_EQ(ExpectWholeRoot(root), third_->id);
  }

  const TempDir scratch_{TempDir::kMemory};
  static inline const Prepared* old_ = nullptr;
  static inline const Prepared* new_ = nullptr;
  static inline const Prepared* third_ = nullptr;
};

TEST_F(PublishFaultsTest, DyingAtAnyCallLeavesTheOldOrTheNewBundle) {
  int old_live = 0;
  int new_live = 0;
  for (int at = 0;; ++at) {
    const TempDir root(TempDir::kMemory);
    LB_ASSERT_OK_AND_ASSIGN(const TraceResult result, PublishNew(root.path(), {.at = at}));
    if (!result.fault_reached) break;
    SCOPED_TRACE(absl::StrCat("killed at call ", at, ", ", result.calls.back().name, " ",
                              result.calls.back().path));
    ASSERT_EQ(result.exit_code, -1);
    const std::string live = ExpectWholeRoot(root.path());
    EXPECT_THAT(live, AnyOf(old_->id, new_->id));
    (live == old_->id ? old_live : new_live)++;
    if (live == new_->id) {
      LB_ASSERT_OK_AND_ASSIGN(const CurrentFile previous, ReadPrevious(root.path()));
      EXPECT_EQ(previous.bundle_id, old_->id) << "what a rollback takes";
    }
    EXPECT_EQ(new_live > 0, live == new_->id);  // Once the new one is live it stays so.
    ExpectUsable(root.path());
  }
  EXPECT_GT(old_live, 50);
  EXPECT_GT(new_live, 0);
  std::printf("killed at %d calls: the old bundle lives %d times, the new one %d times\n",
              old_live + new_live, old_live, new_live);
}

class FailingCallsTest : public PublishFaultsTest, public ::testing::WithParamInterface<int> {};

// A full disk, a broken one: whatever the call, the old bundle lives, and the message names the
// file and the error.
TEST_P(FailingCallsTest, AreReportedAndKeepTheOldBundle) {
  const int error = GetParam();
  int reported = 0;
  int at = 0;
  for (;; ++at) {
    const TempDir root(TempDir::kMemory);
    LB_ASSERT_OK_AND_ASSIGN(const TraceResult result,
                            PublishNew(root.path(), {.at = at, .error = error}));
    if (!result.fault_reached) break;
    const TracedCall& call = result.calls.back();
    SCOPED_TRACE(
        absl::StrCat("failed at call ", at, ", ", call.name, " ", call.path, " ", call.target));
    ASSERT_THAT(result.exit_code, AnyOf(0, 1));
    const std::string live = ExpectWholeRoot(root.path());
    const auto is_rename_to_current = [&](const TracedCall& made) {
      return made.name == "rename" && absl::EndsWith(made.target, "/CURRENT");
    };
    const bool renamed =
        std::any_of(result.calls.begin(), result.calls.end() - 1, is_rename_to_current);
    // After the rename the new bundle is live; a failing fsync of the folder is still reported.
    EXPECT_EQ(live, result.exit_code == 0 || renamed ? new_->id : old_->id);
    if (MustNotFail(call)) {
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_THAT(Said(), HasSubstr(LastPart(call.path)));
    }
    if (result.exit_code == 1) {
      EXPECT_THAT(Said(), NamesError(error));
    }
    reported += result.exit_code;
    ExpectUsable(root.path());
  }
  EXPECT_GT(reported, 30);
  std::printf("%d calls failed, one after the other; %d times that was an error\n", at, reported);
}

INSTANTIATE_TEST_SUITE_P(Errors, FailingCallsTest, ::testing::Values(ENOSPC, EIO),
                         [](const auto& info) {
                           return std::string(info.param == EIO ? "EIO" : "ENOSPC");
                         });

// No failure: what is left is written by another call.
TEST_F(PublishFaultsTest, ShortWritesAreFinished) {
  LB_ASSERT_OK_AND_ASSIGN(const TraceResult whole,
                          PublishNew(TempDir(TempDir::kMemory).path(), {}));
  ASSERT_EQ(whole.exit_code, 0) << Said();
  int shortened = 0;
  for (int at = 0; at < static_cast<int>(whole.calls.size()); ++at) {
    const TracedCall& call = whole.calls[at];
    if (call.name != "write" && call.name != "pwrite") continue;
    const TempDir root(TempDir::kMemory);
    LB_ASSERT_OK_AND_ASSIGN(const TraceResult result,
                            PublishNew(root.path(), {.at = at, .shorten = true}));
    SCOPED_TRACE(absl::StrCat("call ", at, ", ", call.name, " ", call.path));
    ASSERT_TRUE(result.fault_reached);
    EXPECT_EQ(result.exit_code, 0) << Said();
    EXPECT_EQ(ExpectWholeRoot(root.path()), new_->id);
    ++shortened;
  }
  EXPECT_GT(shortened, 10);
  std::printf("%d writes fell short\n", shortened);
}

// The order that survives a power cut: the data of every file, then the folders, then the rename,
// then CURRENT.
TEST_F(PublishFaultsTest, EverythingIsSyncedBeforeItIsNamed) {
  const TempDir root(TempDir::kMemory);
  LB_ASSERT_OK_AND_ASSIGN(const TraceResult result, PublishNew(root.path(), {}));
  ASSERT_EQ(result.exit_code, 0);
  const auto last = [&](auto matches) -> int {
    for (int i = static_cast<int>(result.calls.size()) - 1; i >= 0; --i) {
      if (matches(result.calls[i])) return i;
    }
    return -1;
  };
  const int publish =
      last([&](const TracedCall& c) { return c.name == "rename" && c.target == root / new_->id; });
  const int activate =
      last([&](const TracedCall& c) { return c.name == "rename" && c.target == root / "CURRENT"; });
  ASSERT_GE(publish, 0);
  ASSERT_GT(activate, publish);
  const std::string temporary = result.calls[publish].path;
  const auto last_write = [&](const std::string& path) {
    return last([&](const TracedCall& c) { return IsWrite(c) && c.path == path; });
  };
  const auto last_sync = [&](const std::string& path) {
    return last([&](const TracedCall& c) { return c.name == "fsync" && c.path == path; });
  };
  for (const char* name : {"manifest.json", "model.ts", "index.faiss", "items.sqlite",
                           "golden/golden.json", "golden/0.jpg"}) {
    const std::string path = JoinPath(temporary, name);
    EXPECT_GE(last_write(path), 0) << name;
    EXPECT_GT(last_sync(path), last_write(path)) << name;
    EXPECT_LT(last_sync(path), publish) << name;
    EXPECT_LE(last_write(path), last_write(JoinPath(temporary, "manifest.json")))
        << "the manifest is last: " << name;
  }
  for (const std::string& folder : {temporary, JoinPath(temporary, "golden")}) {
    EXPECT_GT(last_sync(folder), last_write(JoinPath(temporary, "manifest.json"))) << folder;
    EXPECT_LT(last_sync(folder), publish) << folder;
  }
  const std::string current = result.calls[activate].path;
  EXPECT_GT(last_sync(current), last_write(current));
  EXPECT_LT(last_sync(current), activate);
  EXPECT_GT(last_sync(root.path()), activate);
  const auto root_synced_between = [&](int from, int to) {
    return std::any_of(
        result.calls.begin() + from, result.calls.begin() + to,
        [&](const TracedCall& c) { return c.name == "fsync" && c.path == root.path(); });
  };
  EXPECT_TRUE(root_synced_between(publish, activate));
}

}  // namespace
}  // namespace lookbook
