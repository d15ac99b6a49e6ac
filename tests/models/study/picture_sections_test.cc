#include "models/study/picture_sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/report/render_page.h"
#include "tests/models/study/small_run.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(PictureSectionsTest, AQueryLeadsItsRowAndSharedLabelsStandOut) {
  ReportGallery gallery = RowGallery("rows");
  AppendRow(QueryOf("q", 0.5), "a note", &gallery);
  EXPECT_EQ(gallery.columns, 6);
  ASSERT_THAT(gallery.pictures, SizeIs(6)) << "two answers, three free places";
  EXPECT_TRUE(gallery.pictures[0].leads);
  EXPECT_EQ(gallery.pictures[0].title, "q");
  EXPECT_EQ(gallery.pictures[0].note, "a note");
  EXPECT_THAT(gallery.pictures[0].chips, ElementsAre("shirt", "bag"));
  EXPECT_FALSE(gallery.pictures[1].leads);
  EXPECT_EQ(gallery.pictures[1].title, "near");
  EXPECT_EQ(gallery.pictures[1].note, "0.750");
  EXPECT_THAT(gallery.pictures[1].marked_chips, ElementsAre("bag"));
  EXPECT_THAT(gallery.pictures[1].chips, ElementsAre("hat"));
  EXPECT_THAT(gallery.pictures[2].marked_chips, IsEmpty());
  EXPECT_EQ(gallery.pictures[5].note, "no further item");
}

TEST(PictureSectionsTest, BestWorstAndFixedQueriesSayWhatAnswered) {
  const ReportSection section = NeighborSection(SmallRun().neighbors);
  EXPECT_THAT(section.lead, HasSubstr("the bundle's index of 1,200 items answers to 100"));
  const auto galleries = BlocksOf<ReportGallery>(section);
  ASSERT_THAT(galleries, SizeIs(3));
  EXPECT_EQ(galleries[0].pictures[0].title, "q_best");
  EXPECT_EQ(galleries[1].pictures[0].title, "q_worst");
  EXPECT_EQ(galleries[2].pictures[0].title, "q_fixed");
  EXPECT_EQ(galleries[2].pictures[0].note, "overlap 0.50");
}

TEST(PictureSectionsTest, UnlabelledPicturesCarryPredictionsWithScores) {
  const ReportSection section = UnlabelledSection(SmallRun().unlabelled);
  EXPECT_THAT(section.lead, HasSubstr("2 of the 200 pictures in data/outfits/test"));
  const auto pictures = BlocksOf<ReportGallery>(section)[0].pictures;
  ASSERT_THAT(pictures, SizeIs(2));
  EXPECT_THAT(pictures[0].marked_chips, ElementsAre("shirt 0.90"));
  EXPECT_THAT(pictures[0].chips, ElementsAre("bag 0.20"));
  EXPECT_EQ(pictures[1].note, "not a JPEG");
  EXPECT_EQ(pictures[1].file, "");
}

TEST(PictureSectionsTest, UnlabelledPicturesShowTheirAttributesWhereThereAreSome) {
  UnlabelledStudy study = SmallRun().unlabelled;
  EXPECT_THAT(UnlabelledSection(study).lead, Not(HasSubstr("attributes")));
  study.shown[0].attributes = {{"red", 0.75f}, {"striped, narrow", 0.5f}};
  const ReportSection section = UnlabelledSection(study);
  EXPECT_THAT(section.lead, HasSubstr("the best 3 attributes, which have no thresholds."));
  const auto pictures = BlocksOf<ReportGallery>(section)[0].pictures;
  EXPECT_EQ(pictures[0].note, "red 0.75 · striped, narrow 0.50");
  EXPECT_THAT(pictures[0].chips, ElementsAre("bag 0.20")) << "classes stay as they are";
  EXPECT_EQ(pictures[1].note, "not a JPEG");
}

TEST(PictureSectionsTest, AMissingFolderIsSaid) {
  const ReportSection section =
      UnlabelledSection({.folder = "data/test", .problem = "no folder data/test"});
  ASSERT_THAT(section.blocks, SizeIs(1));
  EXPECT_EQ(std::get<ReportText>(section.blocks[0]).text, "None to show: no folder data/test.");
}

TEST(PictureSectionsTest, HostileNamesAreText) {
  RunStudy run = SmallRun();
  StudyQuery query = QueryOf(kHostile, 1);
  query.picture.labels = {kHostile};
  query.answers[0].picture = {.id = kHostile, .labels = {kHostile}};
  run.neighbors.best = {query};
  run.unlabelled.folder = kHostile;
  run.unlabelled.shown = {{.id = kHostile, .error = kHostile, .labels = {{kHostile, 1, true}}},
                          {.id = "read", .attributes = {{kHostile, 1}}}};
  ReportPage page;
  page.sections = {NeighborSection(run.neighbors), UnlabelledSection(run.unlabelled)};
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, RenderPage(page));
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find("<img src=x"), std::string::npos);
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert"));
}

}  // namespace
}  // namespace lookbook
