#include "models/commands/prediction_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

LabelSpace Labels() { return {{{1, "dress", ""}, {2, "top, \"t-shirt\"", ""}}, {{7, "red", ""}}}; }

std::vector<ImageRecord> Images() { return {{.id = "a.jpg"}, {.id = "b,c.png"}, {.id = "d.jpg"}}; }

TEST(PredictionCsvTest, OneLineAPicture) {
  const EmbeddedCorpus corpus{.images = {0, 2},
                              .scores = {0.75f, 0.5f, 0.125f, 0.25f},
                              .unreadable = {"b,c.png: it is \"broken\",\nsays libpng"}};
  EXPECT_EQ(PredictionsToCsv(Labels(), {0.5f, 0.25f}, Images(), corpus),
            "file,error,predicted,class: dress,\"class: top, \"\"t-shirt\"\"\"\n"
            "a.jpg,,\"dress|top, \"\"t-shirt\"\"\",0.75,0.5\n"
            "\"b,c.png\",\"it is \"\"broken\"\",\nsays libpng\",,,\n"
            "d.jpg,,,0.125,0.25\n");
}

TEST(PredictionCsvTest, AttributesStandBesideClasses) {
  const EmbeddedCorpus corpus{.images = {0, 1},
                              .scores = {0.75f, 0, 0, 0},
                              .attribute_scores = {0.625f, 0.5f},
                              .unreadable = {"d.jpg: empty"}};
  EXPECT_EQ(PredictionsToCsv({{{1, "dress", ""}, {2, "bag", ""}}, {{7, "red", ""}}}, {0.5f, 0.5f},
                             Images(), corpus),
            "file,error,predicted,predicted attributes,class: dress,class: bag,attribute: red\n"
            "a.jpg,,dress,red,0.75,0,0.625\n"
            "\"b,c.png\",,,,0,0,0.5\n"
            "d.jpg,empty,,,,,\n");
}

TEST(PredictionCsvTest, NamesOfAnyKindStayTellableAndNoCellIsAFormula) {
  const LabelSpace labels = {{{1, "=1+1|\"q\",", ""}, {2, "a\\", ""}, {3, "b", ""}}, {}};
  const EmbeddedCorpus corpus{.images = {0, 1},
                              .scores = {0.75f, 0.75f, 0.75f, 0, 0.75f, 0.75f},
                              .unreadable = {"+.jpg: @home"}};
  EXPECT_EQ(PredictionsToCsv(labels, {0.5f, 0.5f, 0.5f},
                             {{.id = "-a.jpg"}, {.id = "'b.jpg"}, {.id = "+.jpg"}}, corpus),
            "file,error,predicted,\"class: =1+1|\"\"q\"\",\",class: a\\,class: b\n"
            "'-a.jpg,,\"'=1+1\\|\"\"q\"\",|a\\\\|b\",0.75,0.75,0.75\n"
            "''b.jpg,,a\\\\|b,0,0.75,0.75\n"
            "'+.jpg,'@home,,,,\n");
}

TEST(ListPicturesTest, FindsPicturesInFoldersBelowInOrder) {
  TempDir dir;
  ASSERT_THAT(MakeDirectories(dir / "photos/more"), IsOk());
  for (const char* name :
       {"photos/b.JPG", "photos/a.png", "photos/more/c.jpeg", "photos/notes.txt", "photos/jpg"}) {
    ASSERT_THAT(WriteFile(dir / name, "x"), IsOk());
  }
  std::filesystem::create_symlink("nowhere", (dir / "photos/gone.jpg"));
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<ImageRecord> found, ListPictures(dir / "photos"));
  std::vector<std::string> ids;
  for (const ImageRecord& image : found) ids.push_back(image.id);
  EXPECT_THAT(ids, ElementsAre("a.png", "b.JPG", "more/c.jpeg"));
  EXPECT_EQ(found[2].path, dir / "photos/more/c.jpeg");
}

TEST(ListPicturesTest, NoFolderAndNoPictureAreSaid) {
  TempDir dir;
  EXPECT_THAT(ListPictures(dir / "absent"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent")));
  ASSERT_THAT(MakeDirectories(dir / "empty"), IsOk());
  EXPECT_THAT(ListPictures(dir / "empty"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("holds no .jpg")));
}

}  // namespace
}  // namespace lookbook
