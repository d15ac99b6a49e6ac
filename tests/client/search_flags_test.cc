#include "client/search_flags.h"

#include "tests/client/sample_replies.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

SearchFlags Parse(std::vector<std::string> arguments) {
  SearchFlags flags;
  CLI::App app;
  AddSearchFlags(app, flags);
  std::reverse(arguments.begin(), arguments.end());  // As CLI11 takes a vector.
  app.parse(arguments);
  return flags;
}

v1::SearchRequest Request(const std::vector<std::string>& arguments) {
  const auto request = MakeSearchRequest(Parse(arguments), SampleNames());
  EXPECT_THAT(request, IsOk());
  return request.ok() ? *request : v1::SearchRequest();
}

TEST(SearchFlagsTest, DefaultsAskForTenNeighboursAndFiveScores) {
  const v1::SearchRequest request = Request({"a.jpg"});
  EXPECT_EQ(request.top_k(), 10u);
  EXPECT_EQ(request.top_classes(), 5u);
  EXPECT_EQ(request.top_attributes(), 5u);
  EXPECT_TRUE(request.with_timings());
  EXPECT_FALSE(request.has_min_similarity());
  EXPECT_FALSE(request.has_class_filter());
  EXPECT_FALSE(request.has_attribute_filter());
}

TEST(SearchFlagsTest, EveryFlagReachesTheRequest) {
  const v1::SearchRequest request =
      Request({"a.jpg", "-k", "7", "--top-classes", "0", "--top-attributes", "3",
               "--min-similarity", "-0.5", "--bundle", "resnet50"});
  EXPECT_EQ(request.top_k(), 7u);
  EXPECT_EQ(request.top_classes(), 0u);
  EXPECT_EQ(request.top_attributes(), 3u);
  EXPECT_THAT(request.min_similarity(), FloatEq(-0.5F));
  EXPECT_EQ(request.bundle(), "resnet50");
}

TEST(SearchFlagsTest, FiltersTakeIdsAndNames) {
  const v1::SearchRequest request =
      Request({"--class", "dress", "a.jpg", "--class", "t-shirt", "--any-class", "3", "--any-class",
               "dress", "--not-class", "BAG", "--attribute", "red", "--not-attribute", "7",
               "--any-attribute", "7"});
  EXPECT_THAT(request.class_filter().all(), ElementsAre(1, 2));
  EXPECT_THAT(request.class_filter().any(), ElementsAre(3, 1));
  EXPECT_THAT(request.class_filter().none(), ElementsAre(3));
  EXPECT_THAT(request.attribute_filter().all(), ElementsAre(7));
  EXPECT_THAT(request.attribute_filter().any(), ElementsAre(7));
  EXPECT_THAT(request.attribute_filter().none(), ElementsAre(7));
}

TEST(SearchFlagsTest, AFilterTakesOneValueAndLeavesThePicturesAlone) {
  const SearchFlags flags = Parse({"--class", "dress", "a.jpg", "--item", "train/1", "b.jpg", "-"});
  EXPECT_THAT(flags.classes.all, ElementsAre("dress"));
  EXPECT_THAT(flags.items, ElementsAre("train/1"));
  EXPECT_THAT(flags.pictures, ElementsAre("a.jpg", "b.jpg", "-"));
}

TEST(SearchFlagsTest, AnUnknownClassIsNamed) {
  EXPECT_THAT(MakeSearchRequest(Parse({"--not-class", "hat"}), SampleNames()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no class 'hat'")));
  EXPECT_THAT(MakeSearchRequest(Parse({"--attribute", "hat"}), SampleNames()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no attribute 'hat'")));
}

TEST(SearchFlagsTest, ValuesOutOfRangeAreRefused) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--top-k", "0"},
                                             {"--top-k", "1001"},
                                             {"--top-k", "ten"},
                                             {"--min-similarity", "1.5"},
                                             {"--concurrency", "0"},
                                             {"--concurrency", "65"},
                                             {"--top-classes", "-1"},
                                             {"--top-attributes", "-1"}}) {
    EXPECT_THROW(Parse(arguments), CLI::ParseError) << arguments[0] << " " << arguments[1];
  }
}

}  // namespace
}  // namespace lookbook
