#include "models/explore/label_sections.h"

#include <cmath>

#include "models/report/render_page.h"
#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class LabelSectionsTest : public ::testing::Test {
 protected:
  Exploration Run() {
    ExploreOptions options;
    options.root = set_.path();
    options.split = "all";
    absl::StatusOr<Exploration> explored = Explore(options);
    EXPECT_THAT(explored, IsOk());
    return *std::move(explored);
  }
  // The n-th block of a kind.
  template <typename Block>
  static Block Find(const ReportSection& section, int n = 0) {
    for (const ReportBlock& block : section.blocks) {
      if (std::holds_alternative<Block>(block) && n-- == 0) return std::get<Block>(block);
    }
    ADD_FAILURE() << "no such block";
    return {};
  }
  SmallSet set_;
};

TEST_F(LabelSectionsTest, FrequenciesFallFromTheCommonest) {
  const ReportSection section = LabelSection(Run());
  const auto chart = Find<ReportChart>(section, 1);
  EXPECT_THAT(chart.labels, ElementsAre("pants", "shirt", "glasses"));
  EXPECT_THAT(chart.series[0].values, ElementsAre(3, 2, 1));
  const auto table = Find<ReportTable>(section);
  EXPECT_THAT(table.rows[0], ElementsAre("pants", "6", "3", "75.0 %", "3"));
}

TEST_F(LabelSectionsTest, LongDistributionsAreCutInTheChartAlone) {
  Exploration explored = Run();
  explored.data.labels.classes.assign(200, {1, "c"});
  explored.labels.class_images.assign(200, 4);
  explored.labels.class_rows.assign(200, 5);
  const ReportSection section = LabelSection(explored);
  EXPECT_THAT(Find<ReportChart>(section, 1).labels, SizeIs(60));
  EXPECT_NE(Find<ReportChart>(section, 1).note, "");
  EXPECT_THAT(Find<ReportTable>(section).rows, SizeIs(200));
}

TEST_F(LabelSectionsTest, HeatMapsShowSharesOfTheRow) {
  const ReportSection section = TogetherSection(Run());
  const auto classes = Find<ReportHeatmap>(section);
  EXPECT_THAT(classes.rows, ElementsAre("pants", "shirt", "glasses"));
  EXPECT_TRUE(std::isnan(classes.values[0])) << "with itself";
  EXPECT_NEAR(classes.values[1], 66.67, 0.01) << "of 3 pants 2 have a shirt";
  EXPECT_NEAR(classes.values[3], 100, 0.01) << "of 2 shirts 2 have pants";
  const auto attributes = Find<ReportHeatmap>(section, 1);
  EXPECT_THAT(attributes.columns, ElementsAre("plain", "dotted"));
  EXPECT_NEAR(attributes.values[0], 66.67, 0.01);
}

TEST_F(LabelSectionsTest, ASetWithoutAttributesHasNoneToShow) {
  Exploration explored = Run();
  explored.data.labels.attributes.clear();
  EXPECT_THAT(TogetherSection(explored).blocks, SizeIs(1));
  EXPECT_THAT(LabelSection(explored).blocks, SizeIs(4));
}

TEST_F(LabelSectionsTest, PairsAreInPerCentUpToTheMostShared) {
  const ReportSection section = PairSection(Run());
  const auto chart = Find<ReportChart>(section);
  EXPECT_THAT(chart.labels, ElementsAre("0", "1", "2"));
  EXPECT_THAT(chart.series[0].values, ElementsAre(50, ::testing::DoubleNear(100 / 3.0, 1e-9),
                                                  ::testing::DoubleNear(100 / 6.0, 1e-9)));
  const auto table = Find<ReportTable>(section);
  EXPECT_THAT(table.rows[3], ElementsAre("more than 0", "3", "75.0 %"));
  EXPECT_THAT(table.rows[4], ElementsAre("none", "4", "100.0 %"));
}

TEST_F(LabelSectionsTest, AllOfThemRender) {
  const Exploration explored = Run();
  ReportPage page;
  page.sections = {LabelSection(explored), TogetherSection(explored), PairSection(explored)};
  EXPECT_THAT(RenderPage(page), IsOk());
}

}  // namespace
}  // namespace lookbook
