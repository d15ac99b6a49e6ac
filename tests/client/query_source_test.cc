#include "client/query_source.h"

#include <filesystem>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class QuerySourceTest : public ::testing::Test {
 protected:
  std::string Touch(const std::string& name, const std::string& bytes = "x") {
    const std::string path = JoinPath(dir_.path(), name);
    EXPECT_THAT(MakeDirectories(std::filesystem::path(path).parent_path().string()), IsOk());
    EXPECT_THAT(WriteFile(path, bytes), IsOk());
    return path;
  }

  // Names below the folder, in order.
  std::vector<std::string> Expanded(const std::vector<std::string>& arguments) {
    std::vector<std::string> names;
    for (const QuerySource& source : ExpandPictures(arguments)) {
      EXPECT_THAT(source.status, IsOk());
      names.push_back(std::filesystem::relative(source.name, dir_.path()).string());
    }
    return names;
  }

  TempDir dir_;
};

TEST_F(QuerySourceTest, AFolderBecomesItsPicturesSortedAndRecursively) {
  for (const char* name :
       {"b.png", "a.jpg", "c.JPEG", "sub/deep/d.jpg", "notes.txt", "e.gif", "jpg"}) {
    Touch(name);
  }
  EXPECT_THAT(Expanded({dir_.path()}), ElementsAre("a.jpg", "b.png", "c.JPEG", "sub/deep/d.jpg"));
}

TEST_F(QuerySourceTest, ArgumentsKeepTheirOrderAndFilesNeedNoExtension) {
  const std::string odd = Touch("z/picture");
  const std::string other = Touch("y.png");
  Touch("folder/1.jpg");
  EXPECT_THAT(Expanded({odd, JoinPath(dir_.path(), "folder"), other}),
              ElementsAre("z/picture", "folder/1.jpg", "y.png"));
}

TEST_F(QuerySourceTest, AFolderNamedLikeAPictureIsNoPicture) {
  Touch("shoot.jpg/1.png");
  EXPECT_THAT(Expanded({dir_.path()}), ElementsAre("shoot.jpg/1.png"));
}

TEST_F(QuerySourceTest, LinkedFoldersAreNotFollowed) {
  Touch("a.jpg");
  std::filesystem::create_directory_symlink(dir_.path(), JoinPath(dir_.path(), "loop"));
  EXPECT_THAT(Expanded({dir_.path()}), ElementsAre("a.jpg"));
}

TEST_F(QuerySourceTest, WhatLeadsNowhereStaysInTheListWithItsReason) {
  const std::string missing = JoinPath(dir_.path(), "missing.jpg");
  const std::string good = Touch("good.jpg");
  ASSERT_THAT(MakeDirectories(JoinPath(dir_.path(), "empty")), IsOk());
  const auto sources = ExpandPictures({missing, JoinPath(dir_.path(), "empty"), good});
  ASSERT_THAT(sources, SizeIs(3));
  EXPECT_EQ(sources[0].name, missing);
  EXPECT_THAT(sources[0].status, StatusIs(absl::StatusCode::kNotFound, "no such file or folder"));
  EXPECT_THAT(sources[1].status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("holds no *.jpg")));
  EXPECT_THAT(sources[2].status, IsOk());
}

TEST_F(QuerySourceTest, ADashIsStandardInput) {
  const auto sources = ExpandPictures({"-"});
  ASSERT_THAT(sources, SizeIs(1));
  EXPECT_EQ(sources[0].kind, QuerySource::Kind::kStdin);
  EXPECT_EQ(sources[0].name, "(stdin)");
}

TEST_F(QuerySourceTest, ReadsAPictureUpToTheServersLimit) {
  const std::string largest(kMaxImageBytes, 'x');
  EXPECT_THAT(ReadPicture({.name = Touch("largest.jpg", largest)}), IsOkAndHolds(largest));
  EXPECT_THAT(ReadPicture({.name = Touch("larger.jpg", largest + "x")}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(ReadPicture({.name = JoinPath(dir_.path(), "missing.jpg")}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(QuerySourceTest, ItemsComeAfterPictures) {
  const std::string picture = Touch("a.jpg");
  const auto sources = ListSources({picture}, {"train/1", "train/2"});
  ASSERT_THAT(sources, SizeIs(3));
  EXPECT_EQ(sources[0].name, picture);
  EXPECT_EQ(sources[1].kind, QuerySource::Kind::kItem);
  EXPECT_EQ(sources[2].name, "train/2");
}

TEST_F(QuerySourceTest, BecomesARequestsQuery) {
  v1::SearchRequest picture, item, itself, none;
  EXPECT_THAT(FillQuery({.name = Touch("a.jpg", "AAA")}, false, picture), IsOk());
  EXPECT_EQ(picture.image(), "AAA");
  const QuerySource source = {.kind = QuerySource::Kind::kItem, .name = "train/1"};
  EXPECT_THAT(FillQuery(source, /*include_self=*/false, item), IsOk());
  EXPECT_EQ(item.item_id(), "train/1");
  EXPECT_TRUE(item.exclude_self());
  EXPECT_THAT(FillQuery(source, /*include_self=*/true, itself), IsOk());
  EXPECT_FALSE(itself.exclude_self());
  EXPECT_THAT(FillQuery({.status = absl::NotFoundError("nowhere")}, false, none),
              StatusIs(absl::StatusCode::kNotFound, "nowhere"));
}

}  // namespace
}  // namespace lookbook
