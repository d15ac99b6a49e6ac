#include "models/explore/explore_page.h"

#include "models/report/render_page.h"
#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ExplorePageTest : public ::testing::Test {
 protected:
  ReportPage Run() {
    ExploreOptions options;
    options.root = set_.path();
    options.split = "all";
    const absl::StatusOr<Exploration> explored = Explore(options);
    EXPECT_THAT(explored, IsOk());
    return ExplorationPage(*explored);
  }
  SmallSet set_;
};

TEST_F(ExplorePageTest, HasEverySectionAndTheCountsInItsHead) {
  const ReportPage page = Run();
  std::vector<std::string> titles;
  for (const ReportSection& section : page.sections) titles.push_back(section.title);
  EXPECT_THAT(titles, ElementsAre("Samples", "Labels", "What comes together", "Pairs", "Sizes",
                                  "Near-duplicates", "Files and rows"));
  EXPECT_EQ(page.facts[0].value, "4");
  EXPECT_EQ(page.facts[1].value, "2");
  EXPECT_EQ(page.facts[5].value, "0");
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(page));
  EXPECT_THAT(html, HasSubstr("In all: no problems."));
  EXPECT_THAT(html, HasSubstr("for instance extra.jpg"));
}

TEST_F(ExplorePageTest, ProblemsAreListedByKindWithTheirPlaces) {
  set_.WriteRows(SmallSet::Rows() + "a,9 9,30,40,77,\nb,9 9\nb,8\n");
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(Run()));
  EXPECT_THAT(html, HasSubstr("3 problems: 1 unknown class id, 2 malformed row"));
  EXPECT_THAT(html, HasSubstr("<td>train.csv:8: 77</td>"));
  EXPECT_THAT(html, HasSubstr("<td>malformed row</td><td class=\"n\">2</td><td>train.csv:9: "));
}

TEST_F(ExplorePageTest, TheFirstPlacesOfAKindAreShown) {
  std::string rows = SmallSet::Rows();
  for (int i = 0; i < 30; ++i) rows += "a,9 9,30,40,77,\n";
  set_.WriteRows(rows);
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(Run()));
  EXPECT_THAT(html, AllOf(HasSubstr("<td>train.csv:27: 77</td>"),
                          Not(HasSubstr("<td>train.csv:28: 77</td>"))));
}

TEST_F(ExplorePageTest, HostileNamesOfTheSetAreText) {
  set_.Write("label_descriptions.json", R"({"categories": [
      {"id": 6, "name": "<script>alert(1)</script>"}, {"id": 0, "name": "\"><img src=x onerror=y>"}, {"id": 13, "name": "g"}]})");
  set_.WriteImage("train/<b onclick=x>.jpg", 10, 10, 4);
  set_.WriteRows(SmallSet::Rows() + "<b onclick=x>,1 1,10,10,6,\n");
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(Run()));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(html, Not(HasSubstr("<b onclick")));
  EXPECT_THAT(html, HasSubstr("&lt;b onclick=x&gt;"));
}

}  // namespace
}  // namespace lookbook
