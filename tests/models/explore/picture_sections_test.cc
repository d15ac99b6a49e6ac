#include "models/explore/picture_sections.h"

#include "engine/image/decode.h"
#include "models/report/render_page.h"
#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class PictureSectionsTest : public ::testing::Test {
 protected:
  PictureSectionsTest() {
    options_.root = set_.path();
    options_.split = "all";
    options_.extremes = 2;
  }
  Exploration Run() {
    absl::StatusOr<Exploration> explored = Explore(options_);
    EXPECT_THAT(explored, IsOk());
    return *std::move(explored);
  }
  static std::vector<ReportGallery> Galleries(const ReportSection& section) {
    std::vector<ReportGallery> out;
    for (const ReportBlock& block : section.blocks) {
      if (std::holds_alternative<ReportGallery>(block))
        out.push_back(std::get<ReportGallery>(block));
    }
    return out;
  }
  SmallSet set_;
  ExploreOptions options_;
};

TEST_F(PictureSectionsTest, SamplesShowEveryChosenPicture) {
  const ReportSection section = SampleSection(Run());
  const auto galleries = Galleries(section);
  ASSERT_THAT(galleries, SizeIs(1));
  ASSERT_THAT(galleries[0].pictures, SizeIs(4));
  for (const ReportPicture& picture : galleries[0].pictures)
    EXPECT_NE(PictureUri(picture.file), "");
}

TEST_F(PictureSectionsTest, ExtremesAreNamedAndShown) {
  const auto galleries = Galleries(SizeSection(Run()));
  ASSERT_THAT(galleries, SizeIs(2));
  EXPECT_EQ(galleries[0].title, "Smallest");
  ASSERT_THAT(galleries[1].pictures, SizeIs(2));
  EXPECT_EQ(galleries[1].pictures[0].title, "u1.jpg");
  EXPECT_THAT(galleries[1].pictures[0].note, HasSubstr("400 × 200"));
  EXPECT_THAT(galleries[1].pictures[0].note, HasSubstr("unlabelled"));
  EXPECT_NE(PictureUri(galleries[1].pictures[0].file), "");
}

TEST_F(PictureSectionsTest, APictureThatIsGoneIsLeftBlank) {
  const Exploration explored = Run();
  ASSERT_THAT(RemoveAll(set_ / "test/u1.jpg"), IsOk());
  EXPECT_EQ(Galleries(SizeSection(explored))[1].pictures[0].file, "");
  ASSERT_THAT(RemoveAll(set_ / "train/a.jpg"), IsOk());
  int blank = 0;
  const auto samples = Galleries(SampleSection(explored));
  for (const ReportPicture& picture : samples[0].pictures) blank += picture.file.empty();
  EXPECT_EQ(blank, 1);
  EXPECT_EQ(Galleries(CopySection(explored))[0].pictures[0].file, "") << "half of a pair";
}

TEST_F(PictureSectionsTest, NearDuplicatesStandSideBySide) {
  const ReportSection section = CopySection(Run());
  const auto galleries = Galleries(section);
  ASSERT_THAT(galleries, SizeIs(2));
  EXPECT_THAT(galleries[0].title, HasSubstr("across"));
  ASSERT_THAT(galleries[0].pictures, SizeIs(1));
  EXPECT_EQ(galleries[0].pictures[0].title, "c · u1.jpg");
  EXPECT_THAT(galleries[0].pictures[0].note, HasSubstr("train · unlabelled, "));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage both, DecodeImage(galleries[0].pictures[0].file, {}));
  EXPECT_EQ(both.image.width, 200 + 6 + 220);
  EXPECT_EQ(both.image.height, 110);
  const auto pixel = [&](int x, int y) { return int{both.image.rgb[3 * (426 * y + x) + 2]}; };
  EXPECT_NEAR(pixel(100, 55), 3 * 37, 12) << "the blue that both pictures have";
  EXPECT_NEAR(pixel(310, 55), 3 * 37, 12);
  EXPECT_NEAR(pixel(100, 1), 128, 12) << "above the lower one";
  EXPECT_EQ(galleries[1].pictures[0].title, "a · d");
  const auto& table = std::get<ReportTable>(section.blocks[1]);
  EXPECT_THAT(table.rows,
              ElementsAre(ElementsAre("train", "1", "1"), ElementsAre("unlabelled", "1", "0")));
}

TEST_F(PictureSectionsTest, WhatWasNotLookedForIsSaid) {
  options_.hashes = false;
  const ReportSection section = CopySection(Run());
  ASSERT_THAT(section.blocks, SizeIs(1));
  EXPECT_EQ(std::get<ReportText>(section.blocks[0]).text, "Not looked for.");
}

TEST_F(PictureSectionsTest, ManyPicturesAreThinnedInTheScatterChart) {
  Exploration explored = Run();
  explored.images.resize(10'000, explored.images[0]);
  const ReportSection section = SizeSection(explored);
  const auto& chart = std::get<ReportChart>(section.blocks[1]);
  size_t points = 0;
  for (const ReportSeries& series : chart.series) points += series.x.size();
  EXPECT_LE(points, 4000u);
  EXPECT_GE(points, 3000u);
}

TEST_F(PictureSectionsTest, NothingReadableStillRenders) {
  for (const char* name :
       {"train/a.jpg", "train/b.jpg", "train/c.jpg", "train/d.jpg", "test/u1.jpg", "test/u2.jpg"}) {
    set_.Write(name, "broken");
  }
  const Exploration explored = Run();
  ReportPage page;
  page.sections = {SampleSection(explored), SizeSection(explored), CopySection(explored)};
  EXPECT_THAT(RenderPage(page), IsOk());
}

}  // namespace
}  // namespace lookbook
