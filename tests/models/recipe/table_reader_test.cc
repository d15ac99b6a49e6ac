#include "models/recipe/table_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TableReaderTest : public ::testing::Test {
 protected:
  TableReader Read(const std::string& text) {
    EXPECT_THAT(ParseToml(text, "f.toml", &table_), IsOk());
    return TableReader(table_, "", "f.toml", &status_);
  }
  toml::table table_;
  absl::Status status_;
};

TEST_F(TableReaderTest, AbsentKeysLeaveTheirDefaults) {
  TableReader in = Read("");
  int a = 3;
  double b = 4.5;
  std::string c = "c";
  in.Integer("a", 0, 1, &a);
  in.Number("b", 0, 1, &b);
  in.Text("c", &c);
  in.Finish();
  EXPECT_THAT(status_, IsOk());
  EXPECT_EQ(a, 3);
  EXPECT_EQ(b, 4.5);
  EXPECT_EQ(c, "c");
}

TEST_F(TableReaderTest, BoundsAreInclusiveAndWholeNumbersCountAsNumbers) {
  TableReader in = Read("low = 2\nhigh = 5\nx = 3\n");
  int low = 0, high = 0;
  double x = 0;
  in.Integer("low", 2, 5, &low);
  in.Integer("high", 2, 5, &high);
  in.Number("x", 0, 3, &x);
  EXPECT_THAT(status_, IsOk());
  EXPECT_EQ(low, 2);
  EXPECT_EQ(high, 5);
  EXPECT_EQ(x, 3.0);
}

// 2^53 + 1 is the first whole number that no double is.
TEST_F(TableReaderTest, WholeNumbersBetweenDoublesAreRounded) {
  TableReader in = Read("x = 9007199254740993\ny = [-9007199254740993, 9223372036854775807]\n");
  double x = 0, low = 0, high = 0;
  in.Number("x", 0, 1e300, &x);
  in.Range("y", -1e300, 1e300, &low, &high);
  EXPECT_THAT(status_, IsOk());
  EXPECT_EQ(x, 9007199254740992.0);
  EXPECT_EQ(low, -9007199254740992.0);
  EXPECT_EQ(high, 9223372036854775808.0);
  in.Number("x", 0, 1, &x);
  EXPECT_THAT(status_,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not within 0 to 1")));
}

TEST_F(TableReaderTest, FirstProblemIsKept) {
  TableReader in = Read("a = 'x'\nb = 'y'\n");
  int value = 0;
  in.Integer("a", 0, 1, &value);
  in.Integer("b", 0, 1, &value);
  in.Finish();
  EXPECT_THAT(status_, StatusIs(absl::StatusCode::kInvalidArgument,
                                StartsWith("f.toml:1: a: must be a whole")));
}

TEST_F(TableReaderTest, UnknownKeyOfLowestLineIsReported) {
  TableReader in = Read("zebra = 1\nape = 2\n");
  in.Finish();
  EXPECT_THAT(status_, StatusIs(absl::StatusCode::kInvalidArgument,
                                StartsWith("f.toml:1: zebra: unknown key")));
}

TEST_F(TableReaderTest, PartsCarryTheirPathAndAreCheckedToo) {
  TableReader in = Read("[a.b]\nc = 1\nd = 2\n");
  int c = 0;
  in.Table("a", [&](TableReader& a) {
    a.Table("b", [&](TableReader& b) { b.Integer("c", 0, 9, &c); });
  });
  in.Finish();
  EXPECT_EQ(c, 1);
  EXPECT_THAT(status_, StatusIs(absl::StatusCode::kInvalidArgument,
                                StartsWith("f.toml:3: a.b.d: unknown key")));
}

TEST_F(TableReaderTest, ArraysMixTextAndTables) {
  TableReader in = Read("l = ['x', { n = 2 }]\n");
  std::vector<std::string> seen;
  in.Array(
      "l",
      [&](TableReader& part) {
        int n = 0;
        part.Integer("n", 0, 9, &n);
        seen.push_back(std::to_string(n));
      },
      [&](const std::string& text) {
        seen.push_back(text);
        return true;
      });
  in.Finish();
  EXPECT_THAT(status_, IsOk());
  EXPECT_THAT(seen, ElementsAre("x", "2"));
}

TEST(ParseTomlTest, SyntaxErrorsNameFileAndLine) {
  toml::table table;
  EXPECT_THAT(ParseToml("a = 1\nb = = 2\n", "g.toml", &table),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("g.toml:2: ")));
  EXPECT_THAT(ParseToml("a = 1\na = 2\n", "g.toml", &table),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a")));
}

// Without a bound the destructor of the document would run out of stack.
TEST(ParseTomlTest, KeysWithoutEndAreRefused) {
  std::string text = "a";
  for (int i = 0; i < 500'000; ++i) text += ".a";
  toml::table table;
  EXPECT_THAT(ParseToml(text + " = 1\n", "g.toml", &table),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("g.toml:1: more than")));
}

}  // namespace
}  // namespace lookbook
