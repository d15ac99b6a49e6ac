#include "models/explore/explore_text.h"

#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ExploreTextTest, SaysWhatMattersInAFewLines) {
  SmallSet set;
  ExploreOptions options;
  options.root = set.path();
  options.split = "all";
  LB_ASSERT_OK_AND_ASSIGN(const Exploration explored, Explore(options));
  const std::string text = ExplorationText(explored);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  for (const char* part :
       {"4 labelled (6 rows of train.csv), 2 unlabelled, 1 other files beside them",
        "3 classes, 2 attributes; 1.50 classes an image (at most 2), attributes known of 50.0 %",
        "share no class 50.0 %", "more than 3 0.0 %", "smallest 40x30", "largest 400x200",
        "1 pairs of nearly the same picture across parts, 1 within one"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("unreadable")));
}

TEST(ExploreTextTest, SaysWhatIsMissing) {
  SmallSet set;
  set.WriteRows("a,1 3,30,40,6,\n");
  for (const char* name : {"train/a.jpg", "test/u1.jpg", "test/u2.jpg"}) set.Write(name, "broken");
  ExploreOptions options;
  options.root = set.path();
  options.split = "all";
  LB_ASSERT_OK_AND_ASSIGN(Exploration explored, Explore(options));
  EXPECT_THAT(ExplorationText(explored), HasSubstr("3 unreadable"));
  EXPECT_THAT(ExplorationText(explored), HasSubstr("no picture is readable"));
  EXPECT_THAT(ExplorationText(explored), HasSubstr("2 classes never occur"));
  explored.options.hashes = false;
  EXPECT_THAT(ExplorationText(explored), HasSubstr("not looked for"));
}

}  // namespace
}  // namespace lookbook
