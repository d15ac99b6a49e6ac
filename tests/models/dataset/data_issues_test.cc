#include "models/dataset/data_issues.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(DataIssuesTest, KindsKeepTheirOrderAndCountOn) {
  IssueLog log;
  log.Add("malformed row", "a.csv:3: x");
  log.Add("unknown class id", "a.csv:4: 9");
  log.Add("malformed row", "a.csv:5: y");
  const std::vector<DataIssue> issues = log.Take();
  ASSERT_THAT(issues, SizeIs(2));
  EXPECT_EQ(issues[0].what, "malformed row");
  EXPECT_EQ(issues[0].count, 2);
  EXPECT_THAT(issues[0].examples, ElementsAre("a.csv:3: x", "a.csv:5: y"));
  EXPECT_EQ(CountIssues(issues), 3);
  EXPECT_EQ(IssueSummary(issues), "3 problems: 2 malformed row, 1 unknown class id");
}

TEST(DataIssuesTest, OneLineAProblemThenASummary) {
  IssueLog log;
  for (int i = 0; i < 4; ++i) log.Add("bad mask", absl::StrCat("a.csv:", i));
  log.Add("malformed row", "a.csv:9");
  EXPECT_THAT(IssueLines(log.Take(), 2),
              ElementsAre("a.csv:0 (bad mask)", "a.csv:1 (bad mask)", "… and 2 more (bad mask)",
                          "a.csv:9 (malformed row)", "5 problems: 4 bad mask, 1 malformed row"));
}

TEST(DataIssuesTest, ExamplesAreLimited) {
  IssueLog log;
  for (size_t i = 0; i < kMaxIssueExamples + 3; ++i) log.Add("bad mask", absl::StrCat(i));
  const std::vector<DataIssue> issues = log.Take();
  EXPECT_EQ(issues[0].count, kMaxIssueExamples + 3);
  EXPECT_THAT(issues[0].examples, SizeIs(kMaxIssueExamples));
  const std::vector<std::string> lines = IssueLines(issues, kMaxIssueExamples);
  ASSERT_THAT(lines, SizeIs(kMaxIssueExamples + 2));
  EXPECT_EQ(lines[kMaxIssueExamples], "… and 3 more (bad mask)");
}

TEST(DataIssuesTest, MergeAddsCountsAndExamples) {
  IssueLog log({{"bad mask", 2, {"a:1", "a:2"}}});
  const int64_t many = kMaxIssueExamples + 10;
  log.Merge({{"bad mask", many, std::vector<std::string>(kMaxIssueExamples, "b:1")},
             {"malformed row", 1, {"b:2"}}});
  const std::vector<DataIssue> issues = log.Take();
  ASSERT_THAT(issues, SizeIs(2));
  EXPECT_EQ(issues[0].count, many + 2);
  EXPECT_THAT(issues[0].examples, SizeIs(kMaxIssueExamples));
  EXPECT_EQ(issues[0].examples[2], "b:1");
  EXPECT_EQ(issues[1].count, 1);
}

TEST(DataIssuesTest, StrictRefusesAnyAndNamesTheFirst) {
  EXPECT_THAT(RefuseIssues({}), IsOk());
  EXPECT_THAT(IssueLines({}), IsEmpty());
  EXPECT_EQ(IssueSummary({}), "no problems");
  EXPECT_THAT(RefuseIssues({{"bad mask", 1, {"train.csv:17: it is bad"}}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("1 problem: 1 bad mask"),
                             HasSubstr("the first: train.csv:17: it is bad (bad mask);"),
                             HasSubstr("--strict"))));
}

}  // namespace
}  // namespace lookbook
