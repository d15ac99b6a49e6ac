#include "server/security/from_files.h"

#include <atomic>
#include <thread>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// Two files that belong together: a value is both, where they begin alike.
class FromFilesTest : public ::testing::Test {
 protected:
  using Pair = FromFiles<std::string>;

  void Open() {
    auto opened = Pair::Open(
        [this]() -> absl::StatusOr<std::vector<std::string>> {
          if (!readable_) return absl::NotFoundError("open first: no such file");
          return files_;
        },
        [this](const std::vector<std::string>& files) -> absl::StatusOr<std::string> {
          ++made_;
          if (files[0].substr(0, 1) != files[1].substr(0, 1)) {
            return absl::InvalidArgumentError(files[0] + " is not of " + files[1]);
          }
          return files[0] + files[1];
        });
    ASSERT_THAT(opened, IsOk());
    pair_ = *std::move(opened);
  }
  // Of a look: "new", "same", or what it complains of.
  std::string Look() {
    const absl::StatusOr<bool> taken = pair_->Refresh();
    if (!taken.ok()) return std::string(taken.status().message());
    return *taken ? "new" : "same";
  }

  std::vector<std::string> files_ = {"a1", "a2"};
  bool readable_ = true;
  int made_ = 0;
  std::unique_ptr<Pair> pair_;
};

TEST_F(FromFilesTest, AChangeIsTakenAndNothingElseIsMade) {
  Open();
  EXPECT_EQ(*pair_->Get(), "a1a2");
  EXPECT_EQ(Look(), "same");
  EXPECT_EQ(made_, 1);
  files_ = {"b1", "b2"};
  EXPECT_EQ(Look(), "new");
  EXPECT_EQ(*pair_->Get(), "b1b2");
  EXPECT_EQ(Look(), "same");
  EXPECT_EQ(made_, 2);
}

TEST_F(FromFilesTest, HalfOfAChangeLeavesTheOldValueAndIsSaidOnce) {
  Open();
  const auto before = pair_->Get();
  files_[0] = "b1";
  EXPECT_EQ(Look(), "b1 is not of a2");
  EXPECT_EQ(Look(), "same");
  EXPECT_EQ(pair_->Get(), before);
  files_[1] = "b2";
  EXPECT_EQ(Look(), "new");
  EXPECT_EQ(*pair_->Get(), "b1b2");
}

TEST_F(FromFilesTest, WhatFailsIsTriedAgain) {
  Open();
  bool valid_yet = false;
  auto opened =
      Pair::Open([this] { return files_; },
                 [&](const std::vector<std::string>& files) -> absl::StatusOr<std::string> {
                   if (files[0] == "b1" && !valid_yet) {
                     return absl::InvalidArgumentError("not valid yet");
                   }
                   return files[0];
                 });
  ASSERT_THAT(opened, IsOk());
  pair_ = *std::move(opened);
  files_[0] = "b1";
  EXPECT_EQ(Look(), "not valid yet");
  valid_yet = true;
  EXPECT_EQ(Look(), "new") << "although no file has changed since";
}

TEST_F(FromFilesTest, AFileThatIsGoneLeavesTheOldValue) {
  Open();
  readable_ = false;
  EXPECT_THAT(Look(), HasSubstr("no such file"));
  EXPECT_EQ(Look(), "same");
  EXPECT_EQ(*pair_->Get(), "a1a2");
  readable_ = true;
  EXPECT_EQ(Look(), "same");
  readable_ = false;
  EXPECT_THAT(Look(), HasSubstr("no such file")) << "it is news again";
}

TEST_F(FromFilesTest, BytesThatMoveFromOneFileToTheOtherAreAChange) {
  Open();
  files_ = {"a", "a"};
  ASSERT_EQ(Look(), "new");
  files_ = {"a1a", "a2"};
  ASSERT_EQ(Look(), "new");
  files_ = {"a1", "aa2"};
  EXPECT_EQ(Look(), "new");
}

TEST_F(FromFilesTest, WhoReadsWhileFilesChangeSeesTheOneOrTheOther) {
  Open();
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      const std::string seen = *pair_->Get();
      EXPECT_TRUE(seen == "a1a2" || seen == "b1b2") << seen;
    }
  });
  for (int change = 0; change < 200; ++change) {
    files_ = change % 2 == 0 ? std::vector<std::string>{"b1", "b2"}
                             : std::vector<std::string>{"a1", "a2"};
    EXPECT_EQ(Look(), "new");
  }
  done = true;
  reader.join();
}

TEST_F(FromFilesTest, WhatCannotBeMadeAtFirstIsNotOpened) {
  EXPECT_THAT(Pair::Open([this] { return files_; },
                         [](const std::vector<std::string>&) -> absl::StatusOr<std::string> {
                           return absl::InvalidArgumentError("bad");
                         }),
              StatusIs(absl::StatusCode::kInvalidArgument, "bad"));
}

}  // namespace
}  // namespace lookbook
