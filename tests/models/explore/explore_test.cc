#include "models/explore/explore.h"

#include <set>

#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExploreTest : public ::testing::Test {
 protected:
  ExploreTest() {
    options_.root = set_.path();
    options_.split = "all";
    options_.samples = 3;
    options_.extremes = 2;
  }
  Exploration Run() {
    absl::StatusOr<Exploration> explored = Explore(options_);
    EXPECT_THAT(explored, IsOk());
    return *std::move(explored);
  }
  // The only kind of problem, and its first place.
  void ExpectIssue(const Exploration& explored, const char* what, const char* example) {
    ASSERT_THAT(explored.issues, SizeIs(1)) << IssueSummary(explored.issues);
    EXPECT_EQ(explored.issues[0].what, what);
    EXPECT_THAT(explored.issues[0].examples[0], HasSubstr(example));
  }

  SmallSet set_;
  ExploreOptions options_;
};

TEST_F(ExploreTest, CountsWhatIsThere) {
  const Exploration explored = Run();
  EXPECT_EQ(explored.labelled(), 4);
  EXPECT_EQ(explored.unlabelled(), 2);
  EXPECT_EQ(explored.unreadable(), 0);
  EXPECT_EQ(explored.data.rows, 6);
  EXPECT_THAT(explored.unlisted, ElementsAre("extra.jpg"));
  EXPECT_THAT(explored.issues, IsEmpty());
  EXPECT_EQ(explored.labels.class_images[0], 3);
  EXPECT_EQ(explored.pairs.pairs(), 6);
  EXPECT_EQ(explored.pairs.by_shared[2], 1);
  EXPECT_EQ(explored.sizes.images, 6);
  EXPECT_EQ(explored.images[explored.sizes.largest[0]].path, set_ / "test/u1.jpg");
  ASSERT_THAT(explored.samples, SizeIs(3));
}

TEST_F(ExploreTest, FindsNearDuplicatesWithinAndAcrossParts) {
  const Exploration explored = Run();
  ASSERT_THAT(explored.parts, SizeIs(2));
  EXPECT_EQ(explored.parts[1].name, "unlabelled");
  ASSERT_THAT(explored.copies.within_pairs, SizeIs(1));
  EXPECT_EQ(explored.images[explored.copies.within_pairs[0].a].id, "a");
  EXPECT_EQ(explored.images[explored.copies.within_pairs[0].b].id, "d");
  ASSERT_THAT(explored.copies.across_pairs, SizeIs(1));
  EXPECT_EQ(explored.images[explored.copies.across_pairs[0].a].id, "c");
  EXPECT_EQ(explored.images[explored.copies.across_pairs[0].b].id, "u1.jpg");
}

TEST_F(ExploreTest, PairsNameTheirRowsWhenSomePicturesAreUnreadable) {
  set_.Write("train/b.jpg", "broken");
  const Exploration explored = Run();
  ASSERT_THAT(explored.copies.within_pairs, SizeIs(1));
  EXPECT_EQ(explored.images[explored.copies.within_pairs[0].b].id, "d");
  EXPECT_EQ(explored.unreadable(), 1);
  ExpectIssue(explored, "unreadable image", "train.csv:4: ");
}

TEST_F(ExploreTest, PartsFollowTheSplitAndTheHoldout) {
  set_.MakeFolder("holdout");
  set_.WriteImage("holdout/h.jpg", 40, 30, 1);
  set_.WriteRows("h,1 3,30,40,6,\n", "holdout.csv");
  options_.split = "random 50/50";
  const Exploration explored = Run();
  std::vector<std::string> names;
  for (const ExploredPart& part : explored.parts) names.push_back(part.name);
  EXPECT_THAT(names, ElementsAre("train", "validation", "holdout", "unlabelled"));
  EXPECT_EQ(explored.labelled(), 5);
  EXPECT_EQ(explored.copies.across + explored.copies.within, 4) << "a, d and h alike; c and u1";
  EXPECT_GE(explored.copies.across, 3) << "h is across from both";
}

TEST_F(ExploreTest, AMaskForAnotherSizeIsTold) {
  set_.WriteRows("a,1 300,30,40,6,\nc,1 5,999,200,13,\nb,1 1,40,30,6,\n");
  ExpectIssue(Run(), "mask does not fit its image", "train.csv:3: 200x999, but ");
}

TEST_F(ExploreTest, BadPicturesAnywhereDoNotEndIt) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(set_ / "train/c.jpg"));
  set_.Write("test/u2.jpg", good.substr(0, good.size() / 2));
  const Exploration explored = Run();
  ExpectIssue(explored, "unreadable image", "u2.jpg: ");
  EXPECT_EQ(explored.parts[1].unreadable, 1);
  EXPECT_EQ(explored.sizes.images, 5);
}

TEST_F(ExploreTest, AHoldoutThatCannotBeReadIsAProblemOfItsOwn) {
  set_.Write("holdout.csv", "Id,Label\n1,2\n");
  ExpectIssue(Run(), "unusable holdout", "no column");
}

TEST_F(ExploreTest, WithoutHashesNothingIsDecoded) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(set_ / "train/c.jpg"));
  set_.Write("train/c.jpg", good.substr(0, good.size() - 60));
  options_.hashes = false;
  const Exploration explored = Run();
  EXPECT_THAT(explored.issues, IsEmpty());
  EXPECT_EQ(explored.copies.within + explored.copies.across, 0);
}

TEST_F(ExploreTest, TheSameSeedShowsTheSameSamples) {
  const auto samples = [&] {
    std::vector<int64_t> rows;
    for (const MaskSample& sample : Run().samples) rows.push_back(sample.image);
    return rows;
  };
  options_.samples = 2;
  const std::vector<int64_t> first = samples();
  EXPECT_EQ(samples(), first);
  std::set<std::vector<int64_t>> seen;
  for (options_.seed = 0; options_.seed < 20; ++options_.seed) seen.insert(samples());
  EXPECT_GT(seen.size(), 1u);
}

TEST_F(ExploreTest, ReportsItsPhases) {
  std::set<std::string> phases;
  options_.progress = [&](absl::string_view phase, int64_t, int64_t) { phases.emplace(phase); };
  Run();
  EXPECT_THAT(phases, ElementsAre("copies", "labels", "pictures"));
}

TEST_F(ExploreTest, AnUnusableSetIsAnError) {
  set_.Write("train.csv", "Id,Label\n1,2\n");
  EXPECT_THAT(Explore(options_), StatusIs(absl::StatusCode::kInvalidArgument,
                                          AllOf(HasSubstr("train.csv"), HasSubstr("no column"))));
  options_.csv = "other.csv";
  EXPECT_THAT(Explore(options_), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace lookbook
