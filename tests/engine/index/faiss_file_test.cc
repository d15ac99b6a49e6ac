#include "engine/index/faiss_file.h"

#include <faiss/IndexScalarQuantizer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <vector>

#include "base/files.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kDim = 8;
constexpr int64_t kRows = 2000;

class FaissFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    index_.train(kRows, vectors_.data());
    index_.add(kRows, vectors_.data());
    LB_ASSERT_OK_AND_ASSIGN(spec_, ParseIndexSpec("SQ8"));
  }

  TempDir dir_;
  const std::string path_ = dir_ / "index";
  const std::vector<float> vectors_ = RandomUnitVectors(kRows, kDim, 1);
  faiss::IndexScalarQuantizer index_{kDim, faiss::ScalarQuantizer::QT_8bit,
                                     faiss::METRIC_INNER_PRODUCT};
  IndexSpec spec_;
};

TEST_F(FaissFileTest, ReadsWhatItWrote) {
  ASSERT_THAT(WriteFaissFile(path_, index_), IsOk());
  EXPECT_THAT(ListDirectory(dir_.path()), IsOkAndHolds(ElementsAre("index")));
  LB_ASSERT_OK_AND_ASSIGN(const auto read, ReadFaissFile(path_, spec_, kDim, kRows));
  const auto* same = dynamic_cast<faiss::IndexScalarQuantizer*>(read.get());
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(same->codes, index_.codes);
}

TEST_F(FaissFileTest, TheLayoutIsCheckedBeforeFaissReads) {
  ASSERT_THAT(WriteFaissFile(path_, index_), IsOk());
  EXPECT_THAT(ReadFaissFile(path_, spec_, kDim, kRows + 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the number of rows")));
  EXPECT_THAT(ReadFaissFile(dir_ / "none", spec_, kDim, kRows),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FaissFileTest, AWriteThatFailsLeavesTheOldFile) {
  ASSERT_THAT(WriteFile(path_, "old"), IsOk());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = WriteFaissFile(path_, index_);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot write " + path_));
  EXPECT_THAT(ReadFile(path_), IsOkAndHolds("old"));
  EXPECT_THAT(ListDirectory(dir_.path()), IsOkAndHolds(ElementsAre("index")));
}

TEST_F(FaissFileTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(WriteFaissFile(dir_ / "no/index", index_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/index")));
}

// What FAISS throws becomes a status: it cannot write an index of no kind that it knows.
TEST_F(FaissFileTest, WhatFaissThrowsBecomesAStatus) {
  class Unknown : public faiss::Index {
   public:
    void add(int64_t, const float*) override {}
    void search(int64_t, const float*, int64_t, float*, int64_t*,
                const faiss::SearchParameters*) const override {}
    void reset() override {}
  };
  EXPECT_THAT(WriteFaissFile(path_, Unknown()),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("FAISS write")));
  EXPECT_THAT(ListDirectory(dir_.path()), IsOkAndHolds(IsEmpty()));
}

}  // namespace
}  // namespace lookbook
