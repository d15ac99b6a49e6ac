// Files of every kind with one field changed, cut, or extended: the walk refuses each and names it.
#include "engine/index/index_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/files.h"
#include "engine/index/index_factory.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr int kDim = 4;
constexpr int64_t kRows = 120;
// Bytes: a tag, then what every index of FAISS begins with.
constexpr size_t kHeader = 4 + 33;

class IndexLayoutTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { Write(GetParam()); }

  void Write(const std::string& text) {
    LB_ASSERT_OK_AND_ASSIGN(spec_, ParseIndexSpec(text));
    LB_ASSERT_OK_AND_ASSIGN(const auto index,
                            BuildIndex(spec_, kDim, RandomUnitVectors(kRows, kDim, 3)));
    ASSERT_THAT(index->Save(path_), IsOk());
    LB_ASSERT_OK_AND_ASSIGN(bytes_, ReadFile(path_));
  }
  absl::Status Check(int dim = kDim, int64_t rows = kRows) {
    return CheckIndexLayout(path_, spec_, dim, rows);
  }
  absl::Status CheckBytes(const std::string& bytes) {
    EXPECT_THAT(WriteFile(path_, bytes), IsOk());
    return Check();
  }
  // The verdict on the file with `value` written over it at `offset`.
  template <typename T>
  absl::Status CheckWith(size_t offset, T value) {
    std::string changed = bytes_;
    EXPECT_LE(offset + sizeof value, changed.size());
    std::memcpy(changed.data() + offset, &value, sizeof value);
    return CheckBytes(changed);
  }
  template <typename T>
  T At(size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  TempDir dir_{TempDir::kMemory};
  const std::string path_ = dir_ / "index";
  IndexSpec spec_;
  std::string bytes_;
};

TEST_P(IndexLayoutTest, AcceptsWhatFaissWrote) { EXPECT_THAT(Check(), IsOk()); }

TEST_P(IndexLayoutTest, RefusesAnotherShapeThanStated) {
  EXPECT_THAT(Check(kDim + 1),
              StatusIs(kInvalid, AllOf(HasSubstr(path_), HasSubstr("the dimension is 4 where 5"))));
  EXPECT_THAT(Check(kDim, kRows - 1),
              StatusIs(kInvalid, HasSubstr("the number of rows is 120 where 119")));
}

TEST_P(IndexLayoutTest, RefusesADamagedHeader) {
  EXPECT_THAT(CheckWith<char>(0, 'X'), StatusIs(kInvalid, HasSubstr("the kind")));
  EXPECT_THAT(CheckWith<int64_t>(8, int64_t{1} << 50), StatusIs(kInvalid, HasSubstr("rows")));
  EXPECT_THAT(CheckWith<uint8_t>(32, 0),
              StatusIs(kInvalid, HasSubstr("the mark of training is 0")));
  EXPECT_THAT(CheckWith<int32_t>(33, 1), StatusIs(kInvalid, HasSubstr("the metric is 1")));
}

TEST_P(IndexLayoutTest, RefusesAFileCutOrExtendedAnywhere) {
  for (size_t length = 0; length < bytes_.size(); length += length < 400 ? 1 : 97) {
    ASSERT_THAT(CheckBytes(bytes_.substr(0, length)), StatusIs(kInvalid)) << length;
  }
  EXPECT_THAT(CheckBytes(bytes_ + "x"), StatusIs(kInvalid, HasSubstr("1 bytes more")));
}

// Eight bytes of ones, anywhere: either the walk refuses the file, or it touched nothing but
// values. What it accepts can be opened or is refused, and searched, without harm.
TEST_P(IndexLayoutTest, WhatItAcceptsCanBeSearched) {
  int accepted = 0;
  for (size_t offset = 0; offset + 8 <= bytes_.size(); offset += 8) {
    if (!CheckWith<uint64_t>(offset, ~uint64_t{0}).ok()) continue;
    const auto index = OpenIndex(spec_, path_, kDim, kRows);
    if (!index.ok()) continue;
    ++accepted;
    for (const bool exact : {false, true}) {
      const std::vector<float> query = RandomUnitVectors(1, kDim, static_cast<uint32_t>(offset));
      ASSERT_THAT((*index)->Search(query, {QueryOptions{.top_k = 10, .exact = exact}}), IsOk())
          << offset;
    }
  }
  EXPECT_GT(accepted, 0) << "some bytes have no meaning";
}

TEST_P(IndexLayoutTest, AMissingFileIsNotFound) {
  EXPECT_THAT(CheckIndexLayout(path_ + ".none", spec_, kDim, kRows),
              StatusIs(absl::StatusCode::kNotFound));
}

INSTANTIATE_TEST_SUITE_P(Kinds, IndexLayoutTest,
                         ::testing::Values("SQ8", "SQfp16", "IVF3,Flat", "IVF3,SQ8", "HNSW8"));

class ScalarLayoutTest : public IndexLayoutTest {};

TEST_P(ScalarLayoutTest, NamesTheQuantizersFields) {
  EXPECT_THAT(CheckWith<int32_t>(kHeader, 1),
              StatusIs(kInvalid, HasSubstr("quantizer's type is 1")));
  EXPECT_THAT(CheckWith<uint64_t>(kHeader + 12, 5),
              StatusIs(kInvalid, HasSubstr("quantizer's dimension is 5")));
  EXPECT_THAT(CheckWith<uint64_t>(kHeader + 20, 1 << 20),
              StatusIs(kInvalid, HasSubstr("quantizer's code size is 1048576")));
  EXPECT_THAT(CheckWith<uint64_t>(kHeader + 28, uint64_t{1} << 39),
              StatusIs(kInvalid, HasSubstr("number of the quantizer's ranges")));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ScalarLayoutTest, ::testing::Values("SQ8", "SQfp16"));

class ListLayoutTest : public IndexLayoutTest {
 protected:
  // Of IVF3,Flat: header, lists, nprobe, centres (a header, a count, 3 × 4 floats), the row map.
  static constexpr size_t kCentres = kHeader + 16;
  static constexpr size_t kMap = kCentres + kHeader + 8 + 3 * kDim * 4;
  static constexpr size_t kLists = kMap + 1 + 8;
  static constexpr size_t kSizes = kLists + 4 + 8 + 8 + 4 + 8;
  static constexpr size_t kFirstList = kSizes + 3 * 8;
};

TEST_P(ListLayoutTest, NamesTheListsFields) {
  EXPECT_THAT(CheckWith<uint64_t>(kHeader, 4),
              StatusIs(kInvalid, HasSubstr("number of lists is 4")));
  EXPECT_THAT(CheckWith<char>(kCentres, 'J'), StatusIs(kInvalid, HasSubstr("the list centres is")));
  EXPECT_THAT(CheckWith<uint8_t>(kMap, 1), StatusIs(kInvalid, HasSubstr("form of the row map")));
  EXPECT_THAT(CheckWith<uint64_t>(kMap + 1, uint64_t{1} << 39),
              StatusIs(kInvalid, HasSubstr("size of the row map")));
  EXPECT_THAT(CheckWith<char>(kLists, 'x'), StatusIs(kInvalid, HasSubstr("form of the lists")));
  EXPECT_THAT(CheckWith<uint64_t>(kLists + 4, 1 << 30),
              StatusIs(kInvalid, HasSubstr("number of stored lists")));
  EXPECT_THAT(CheckWith<uint64_t>(kLists + 12, 17),
              StatusIs(kInvalid, HasSubstr("size of a code is 17")));
  EXPECT_THAT(CheckWith<char>(kLists + 20, 'x'), StatusIs(kInvalid, HasSubstr("not full or sprs")));
}

TEST_P(ListLayoutTest, EveryRowStandsInOneList) {
  const auto size = At<uint64_t>(kSizes);
  ASSERT_GT(size, 1u);
  EXPECT_THAT(CheckWith<uint64_t>(kSizes, size + 1), StatusIs(kInvalid, HasSubstr("above 120")));
  EXPECT_THAT(CheckWith<uint64_t>(kSizes, size - 1), StatusIs(kInvalid, HasSubstr("below 120")));
  EXPECT_THAT(CheckWith<uint64_t>(kSizes, ~uint64_t{0}),
              StatusIs(kInvalid, HasSubstr("above 120")));
  const size_t ids = kFirstList + size * kDim * 4;
  const auto second = At<int64_t>(ids + 8);
  for (const int64_t row : {int64_t{-1}, int64_t{120}, int64_t{1} << 40, second}) {
    EXPECT_THAT(CheckWith<int64_t>(ids, row), StatusIs(kInvalid, HasSubstr("a row of a list")))
        << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, ListLayoutTest, ::testing::Values("IVF3,Flat"));

// The other form of the sizes, by hand: FAISS writes it when most lists are empty.
TEST(SparseListsTest, PairsOfListAndSizeAreReadAndChecked) {
  TempDir dir{TempDir::kMemory};
  const std::string path = dir / "index";
  LB_ASSERT_OK_AND_ASSIGN(const IndexSpec spec, ParseIndexSpec("IVF3,Flat"));
  // 117 equal rows: all lie in one list.
  std::vector<float> vectors;
  for (int row = 0; row < 117; ++row) vectors.insert(vectors.end(), {1, 0, 0, 0});
  LB_ASSERT_OK_AND_ASSIGN(const auto index, BuildIndex(spec, kDim, vectors));
  ASSERT_THAT(index->Save(path), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(path));
  const size_t at = bytes.find("sprs");
  ASSERT_NE(at, std::string::npos);
  EXPECT_THAT(CheckIndexLayout(path, spec, kDim, 117), IsOk());
  EXPECT_THAT(OpenIndex(spec, path, kDim, 117), IsOk());
  for (const uint64_t list : {uint64_t{3}, ~uint64_t{0}}) {
    std::memcpy(bytes.data() + at + 12, &list, sizeof list);
    ASSERT_THAT(WriteFile(path, bytes), IsOk());
    EXPECT_THAT(CheckIndexLayout(path, spec, kDim, 117),
                StatusIs(kInvalid, HasSubstr("a list's number")));
  }
  const uint64_t odd = 3;
  std::memcpy(bytes.data() + at + 4, &odd, sizeof odd);
  ASSERT_THAT(WriteFile(path, bytes), IsOk());
  EXPECT_THAT(CheckIndexLayout(path, spec, kDim, 117),
              StatusIs(kInvalid, HasSubstr("the number of list sizes is 3")));
}

class GraphLayoutTest : public IndexLayoutTest {
 protected:
  void SetUp() override {
    IndexLayoutTest::SetUp();
    size_t at = kHeader;
    level_count_ = At<uint64_t>(at);
    at += 8 + 8 * level_count_;  // The probabilities.
    first_ = at + 8;
    at = first_ + 4 * (level_count_ + 1);
    levels_ = at + 8;
    at = levels_ + 4 * kRows;
    offsets_ = at + 8;
    at = offsets_ + 8 * (kRows + 1);
    links_ = at + 8;
    entry_ = links_ + 4 * At<uint64_t>(at);
  }
  uint64_t level_count_ = 0;
  size_t first_ = 0, levels_ = 0, offsets_ = 0, links_ = 0, entry_ = 0;
};

TEST_P(GraphLayoutTest, NamesTheTablesFields) {
  EXPECT_THAT(CheckWith<uint64_t>(kHeader, 65),
              StatusIs(kInvalid, HasSubstr("number of levels is 65")));
  EXPECT_THAT(CheckWith<uint64_t>(kHeader, 0),
              StatusIs(kInvalid, HasSubstr("number of levels is 0")));
  EXPECT_THAT(CheckWith<uint64_t>(first_ - 8, 3),
              StatusIs(kInvalid, HasSubstr("number of level sizes is 3")));
  EXPECT_THAT(CheckWith<int32_t>(first_ + 4, 17),
              StatusIs(kInvalid, HasSubstr("the links below level 1 is 17 where 16")));
  EXPECT_THAT(CheckWith<uint64_t>(levels_ - 8, 121),
              StatusIs(kInvalid, HasSubstr("rows with levels")));
  for (const int32_t levels : {0, -1, 1 << 20}) {
    EXPECT_THAT(CheckWith<int32_t>(levels_ + 40, levels),
                StatusIs(kInvalid, HasSubstr("the number of levels of row 10")));
  }
  EXPECT_THAT(CheckWith<uint64_t>(offsets_ - 8, 120),
              StatusIs(kInvalid, HasSubstr("number of offsets")));
  EXPECT_THAT(CheckWith<uint64_t>(offsets_, 1), StatusIs(kInvalid, HasSubstr("the first offset")));
  EXPECT_THAT(CheckWith<uint64_t>(offsets_ + 80, ~uint64_t{0} / 2),
              StatusIs(kInvalid, HasSubstr("the offset after row 9")));
  EXPECT_THAT(CheckWith<uint64_t>(links_ - 8, uint64_t{1} << 39),
              StatusIs(kInvalid, HasSubstr("the number of links")));
}

TEST_P(GraphLayoutTest, EveryLinkLeadsToARowOfItsLevel) {
  for (const int32_t link : {-2, 120, 1 << 30}) {
    EXPECT_THAT(CheckWith<int32_t>(links_, link),
                StatusIs(kInvalid, HasSubstr("a link of row 0 on level 0")))
        << link;
  }
  // A link of the highest level to a row that is on the lowest alone: its links there would be read
  // out of the next row's, or out of nothing.
  const auto entry = At<int32_t>(entry_);
  const auto top = At<int32_t>(entry_ + 4);
  ASSERT_GT(top, 0);
  int32_t low = 0;
  while (At<int32_t>(levels_ + 4 * static_cast<size_t>(low)) != 1) ++low;
  const size_t row = At<uint64_t>(offsets_ + 8 * static_cast<size_t>(entry));
  const size_t upper =
      row + static_cast<size_t>(At<int32_t>(first_ + 4 * static_cast<size_t>(top)));
  EXPECT_THAT(CheckWith<int32_t>(links_ + 4 * upper, low),
              StatusIs(kInvalid, HasSubstr("which is no row there")));
}

TEST_P(GraphLayoutTest, TheSearchBeginsAtARowOfTheHighestLevel) {
  for (const int32_t entry : {-1, 120}) {
    EXPECT_THAT(CheckWith<int32_t>(entry_, entry),
                StatusIs(kInvalid, HasSubstr("the entry point")));
  }
  EXPECT_THAT(CheckWith<int32_t>(entry_ + 4, 20),
              StatusIs(kInvalid, HasSubstr("the highest level")));
  EXPECT_THAT(CheckWith<int32_t>(entry_ + 8, 0), StatusIs(kInvalid, HasSubstr("efConstruction")));
  EXPECT_THAT(CheckWith<int32_t>(entry_ + 12, 1 << 30), StatusIs(kInvalid, HasSubstr("efSearch")));
  EXPECT_THAT(CheckWith<int32_t>(entry_ + 16, 2),
              StatusIs(kInvalid, HasSubstr("the upper levels")));
  EXPECT_THAT(CheckWith<char>(entry_ + 20, 'X'), StatusIs(kInvalid, HasSubstr("the vectors")));
}

INSTANTIATE_TEST_SUITE_P(Kinds, GraphLayoutTest, ::testing::Values("HNSW8"));

}  // namespace
}  // namespace lookbook
