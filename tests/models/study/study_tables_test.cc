#include "models/study/study_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/models/study/small_study.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The table's lines, each split into its cells; "\|" does not end one.
std::vector<std::vector<std::string>> Cells(const std::string& table) {
  std::vector<std::vector<std::string>> out;
  for (const absl::string_view line : absl::StrSplit(table, '\n', absl::SkipEmpty())) {
    if (!absl::StartsWith(line, "| ")) continue;
    std::vector<std::string>& cells = out.emplace_back();
    std::string cell;
    for (size_t i = 2; i < line.size(); ++i) {
      const bool end = line[i] == '|' && line[i - 1] != '\\';
      if (end) cells.push_back(cell.substr(0, cell.size() - 1));
      if (end) cell.clear();
      if (end)
        ++i;  // The space that follows.
      else
        cell += line[i];
    }
  }
  return out;
}

std::string CellOf(const std::string& table, const std::string& row, const std::string& column) {
  const auto cells = Cells(table);
  for (const auto& line : cells) {
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[0] == row && cells[0][i] == column) return line[i];
    }
  }
  return "no such cell";
}

TEST(StudyTablesTest, EveryRowHasEveryColumn) {
  const Study study = SmallStudy();
  for (const std::string& table :
       {TableOfResults(study), TableOfCosts(study), TableOfPairs(study)}) {
    const auto cells = Cells(table);
    ASSERT_GT(cells.size(), 1u) << table;
    for (const auto& line : cells) EXPECT_EQ(line.size(), cells[0].size()) << table;
  }
}

TEST(StudyTablesTest, ResultsStandInTheirCells) {
  const std::string table = TableOfResults(SmallStudy());
  EXPECT_EQ(CellOf(table, "bce", "mAP"), "0.700 [0.680, 0.720]");
  EXPECT_EQ(CellOf(table, "bce", "F1 macro"), "0.600") << "no interval is known";
  EXPECT_EQ(CellOf(table, "bce", "params"), "0.41 M");
  EXPECT_EQ(CellOf(table, "bce", "epochs / time"), "10 epochs / 84 s");
  EXPECT_EQ(CellOf(table, "bce", "std·√D"), "0.51");
  EXPECT_EQ(CellOf(table, "bce", "max share"), "0.016");
  EXPECT_EQ(CellOf(table, "bce", "nDCG@10 S"), "–") << "not measured";
  EXPECT_EQ(CellOf(table, "bce", "guard"), "green");
  EXPECT_EQ(CellOf(table, "chance", "mAP"), "0.259");
  EXPECT_EQ(CellOf(table, "chance", "D"), "–");
  EXPECT_EQ(CellOf(table, "raw pixels 8x8", "mAP"), "–") << "NaN is no number";
  EXPECT_EQ(CellOf(table, "raw pixels 8x8", "nDCG@10 S"), "0.401");
  EXPECT_EQ(CellOf(table, "triplet", "guard"), "exit code 4: collapsed \\| twice red");
  EXPECT_EQ(CellOf(table, "triplet", "mAP"), "–");
}

TEST(StudyTablesTest, ARunThatRepeatsAnotherNamesIt) {
  Study study = SmallStudy();
  EXPECT_THAT(StudyToMarkdown(study), Not(HasSubstr("same as")));
  study.rows.push_back({.run = "twin", .backbone = "small_cnn", .loss = "bce", .same_as = "bce"});
  const std::string table = TableOfResults(study);
  EXPECT_EQ(CellOf(table, "twin", "guard"), "same as bce");
  EXPECT_EQ(CellOf(table, "twin", "mAP"), "–");
  EXPECT_EQ(Cells(TableOfCosts(study)).size(), 3u) << "it cost nothing";
  EXPECT_THAT(StudyToMarkdown(study), HasSubstr("\"same as X\""));
  EXPECT_THAT(StudyText(study), HasSubstr("same as bce"));
}

TEST(StudyTablesTest, ClassesCommonestFirstWithTheMeansOfThirds) {
  const std::string table = TableOfClasses(SmallStudy());
  const auto cells = Cells(table.substr(0, table.find("F1 at 0.5")));
  ASSERT_EQ(cells.size(), 7u) << table;
  EXPECT_THAT(cells[1], ElementsAre("shirt\\|blouse", "30", "0.900", "0.900"));
  EXPECT_THAT(cells[2], ElementsAre("dress", "10", "0.500", "0.500"));
  EXPECT_THAT(cells[3], ElementsAre("rare", "2", "0.250", "–"));
  EXPECT_THAT(cells[4], ElementsAre("*commonest third*", "–", "0.900", "0.900"));
  EXPECT_THAT(cells[6], ElementsAre("*rarest third*", "–", "0.250", "–"));
  EXPECT_EQ(TableOfClasses({}), "No row has classes.\n");
}

TEST(StudyTablesTest, CostsOfRunsAlone) {
  const std::string table = TableOfCosts(SmallStudy());
  EXPECT_EQ(Cells(table).size(), 3u) << "two runs have a bundle";
  EXPECT_EQ(CellOf(table, "bce", "train images/s"), "1012");
  EXPECT_EQ(CellOf(table, "bce", "embed images/s"), "804");
  EXPECT_EQ(CellOf(table, "bce", "peak RSS MiB"), "512");
  EXPECT_EQ(CellOf(table, "bce", "model MiB"), "1.7");
}

TEST(StudyTablesTest, PairsWithTheirVerdict) {
  const auto cells = Cells(TableOfPairs(SmallStudy()));
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_THAT(cells[1], ElementsAre("bce", "supcon, \"J\"", "map", "0.700", "0.750", "+0.050",
                                    "+0.010 … +0.090", "0.010", "B is better"));
}

TEST(StudyTablesTest, TheDocumentHoldsAllAndSaysWhatTheRowsMean) {
  EXPECT_THAT(StudyToMarkdown(SmallStudy()),
              AllOf(StartsWith("# Study on data/outfits, holdout\n"), HasSubstr("40 queries"),
                    HasSubstr("30 share more than three classes with nothing"),
                    HasSubstr("3 have nothing of Jaccard index 0.5"),
                    HasSubstr("network small_cnn, pictures of 64 pixels."), HasSubstr("## T1"),
                    HasSubstr("## Pairs"), HasSubstr("## T2"), HasSubstr("## T3")));
  Study alone = SmallStudy();
  alone.pairs.clear();
  EXPECT_THAT(StudyToMarkdown(alone), Not(HasSubstr("## Pairs")));
}

TEST(StudyTablesTest, ATerminalSeesTheMainColumns) {
  const std::string text = StudyText(SmallStudy());
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_THAT(lines[3], AllOf(StartsWith("bce "), HasSubstr("0.700 [0.680, 0.720]"),
                              HasSubstr("0.51"), HasSubstr("green")));
}

}  // namespace
}  // namespace lookbook
