#include "models/dataset/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "models/dataset/random.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Class c occurs with probability 0.5 / (c + 1).
FashionData MakeData(int images, int classes) {
  FashionData data;
  data.labels.classes.resize(classes);
  Random random(5);
  for (int i = 0; i < images; ++i) {
    ImageRecord& image = data.images.emplace_back();
    image.id = absl::StrFormat("image%05d", i);
    for (int c = 0; c < classes; ++c) {
      if (random.Chance(0.5 / (c + 1))) image.classes.push_back(c);
    }
  }
  return data;
}

std::vector<int64_t> AllOf(const Split& split) {
  std::vector<int64_t> all = split.train;
  all.insert(all.end(), split.validation.begin(), split.validation.end());
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  return all;
}

void ExpectAPartition(const Split& split, int64_t images) {
  std::vector<int64_t> wanted(images);
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(AllOf(split), wanted);
  for (const auto* part : {&split.train, &split.validation, &split.test}) {
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
  }
}

TEST(SplitTest, RandomPartsHaveTheirSizes) {
  const FashionData data = MakeData(1003, 5);
  LB_ASSERT_OK_AND_ASSIGN(const Split split, MakeSplit("random 80/20", data, 7));
  ExpectAPartition(split, 1003);
  EXPECT_THAT(split.train, SizeIs(802));
  EXPECT_THAT(split.validation, SizeIs(201));
  EXPECT_THAT(split.test, IsEmpty());
  EXPECT_NE(split.train[801], 801) << "not shuffled";
}

TEST(SplitTest, StratifiedPartsKeepTheClassShares) {
  const FashionData data = MakeData(4000, 30);
  LB_ASSERT_OK_AND_ASSIGN(const Split split, MakeSplit("stratified 80/10/10", data, 7));
  ExpectAPartition(split, 4000);
  EXPECT_NEAR(split.train.size(), 3200, 80);
  EXPECT_NEAR(split.validation.size(), 400, 40);
  for (int c = 0; c < 30; ++c) {
    const auto count = [&](const std::vector<int64_t>& part) {
      return std::count_if(part.begin(), part.end(), [&](int64_t i) {
        const auto& classes = data.images[i].classes;
        return std::find(classes.begin(), classes.end(), c) != classes.end();
      });
    };
    const double total = count(split.train) + count(split.validation) + count(split.test);
    EXPECT_NEAR(count(split.validation), 0.1 * total, std::max(2.0, 0.01 * total)) << "class " << c;
    EXPECT_NEAR(count(split.test), 0.1 * total, std::max(2.0, 0.01 * total)) << "class " << c;
  }
}

TEST(SplitTest, AllTrains) {
  LB_ASSERT_OK_AND_ASSIGN(const Split split, MakeSplit("all", MakeData(10, 2), 7));
  EXPECT_THAT(split.train, SizeIs(10));
  ExpectAPartition(split, 10);
}

TEST(SplitTest, OtherPercentagesWorkForBothMethods) {
  const FashionData data = MakeData(200, 3);
  for (const char* text :
       {"random 70/15/15", "stratified 60/40", "random 1/99", "stratified 98/1/1"}) {
    LB_ASSERT_OK_AND_ASSIGN(const Split split, MakeSplit(text, data, 7));
    ExpectAPartition(split, 200);
  }
}

TEST(SplitTest, SameSeedSameSplit) {
  const FashionData data = MakeData(100, 5);
  for (const char* text : {"random 80/20", "stratified 80/10/10"}) {
    LB_ASSERT_OK_AND_ASSIGN(const Split a, MakeSplit(text, data, 7));
    LB_ASSERT_OK_AND_ASSIGN(const Split b, MakeSplit(text, data, 7));
    LB_ASSERT_OK_AND_ASSIGN(const Split c, MakeSplit(text, data, 8));
    EXPECT_EQ(a.train, b.train);
    EXPECT_NE(a.train, c.train);
  }
}

// Values of a second implementation. A change here would silently change every comparison of runs.
TEST(SplitTest, SplitIsTheSameOnEveryMachine) {
  const FashionData data = MakeData(20, 4);
  LB_ASSERT_OK_AND_ASSIGN(const Split random, MakeSplit("random 80/20", data, 7));
  EXPECT_THAT(random.validation, ElementsAre(6, 8, 10, 15));
  LB_ASSERT_OK_AND_ASSIGN(const Split stratified, MakeSplit("stratified 80/20", data, 7));
  EXPECT_THAT(stratified.validation, ElementsAre(3, 5, 9, 10));
}

TEST(SplitTest, RefusesOtherTexts) {
  const FashionData data = MakeData(10, 2);
  const std::pair<const char*, const char*> cases[] = {
      {"", "expected a method"},
      {"random", "expected a method"},
      {"sorted 80/20", "unknown method"},
      {"random 80", "two or three"},
      {"random 80/30", "add up to 110"},
      {"random 100/0", "from 1 to 99"},
      {"random 80/10/5/5", "two or three"},
      {"random 80/x", "whole percentage"},
      {"random 79.5/20.5", "whole percentage"},
      {"all 100", "unknown method"},
      {"random 80/20 now", "expected a method"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(MakeSplit(text, data, 7),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  }
}

TEST(SplitTest, NeedsImagesToTrainOn) {
  EXPECT_THAT(MakeSplit("all", FashionData(), 7), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(MakeSplit("random 1/99", MakeData(3, 2), 7),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nothing to train on")));
}

TEST(SplitJsonTest, RoundTrip) {
  const FashionData data = MakeData(30, 4);
  LB_ASSERT_OK_AND_ASSIGN(const Split split, MakeSplit("stratified 80/10/10", data, 7));
  const std::string json = SplitToJson(split, data);
  EXPECT_THAT(json, HasSubstr("\"image00007\""));
  LB_ASSERT_OK_AND_ASSIGN(const Split parsed, SplitFromJson(json, data));
  EXPECT_EQ(parsed.train, split.train);
  EXPECT_EQ(parsed.validation, split.validation);
  EXPECT_EQ(parsed.test, split.test);
  EXPECT_EQ(SplitToJson(parsed, data), json);
}

TEST(SplitJsonTest, RefusesWhatDoesNotFitTheData) {
  FashionData data = MakeData(3, 1);
  const std::string good =
      R"({"train": ["image00000", "image00001"], "validation": ["image00002"], "test": []})";
  ASSERT_THAT(SplitFromJson(good, data), IsOk());
  const auto with = [&](const char* from, const char* to) {
    return absl::StrReplaceAll(good, {{from, to}});
  };
  const std::pair<std::string, const char*> cases[] = {
      {"", "not a JSON object"},
      {"[]", "not a JSON object"},
      {good.substr(0, 40), "not a JSON object"},
      {with("\"test\"", "\"rest\""), "no list \"test\""},
      {with("[\"image00002\"]", "3"), "no list \"validation\""},
      {with("\"image00002\"", "7"), "no image id"},
      {with("image00002", "image00009"), "image00009 is not in the data set"},
      {with("image00002", "image00000"), "image00000 comes twice"},
      {with("\"image00002\"", ""), "image00002 is in no part"},
  };
  for (const auto& [json, message] : cases) {
    EXPECT_THAT(SplitFromJson(json, data),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << json;
  }
}

// Groups of one to nine images: every group lies in one part, and parts still have about their
// sizes and their share of each class.
TEST(SplitTest, AGroupStaysInOnePart) {
  const FashionData data = MakeData(1000, 5);
  Random random(3);
  std::vector<int64_t> groups;
  while (groups.size() < 1000) {
    const auto first = static_cast<int64_t>(groups.size());
    groups.insert(groups.end(), std::min<size_t>(1 + random.Below(9), 1000 - groups.size()), first);
  }
  for (const char* text : {"random 80/20", "stratified 70/20/10"}) {
    LB_ASSERT_OK_AND_ASSIGN(const Split split, MakeSplit(text, data, 7, groups));
    ExpectAPartition(split, 1000);
    EXPECT_TRUE(split.near_duplicates_grouped);
    std::vector<int> part(1000);
    for (const int64_t image : split.validation) part[image] = 1;
    for (const int64_t image : split.test) part[image] = 2;
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(part[i], part[groups[i]]) << text << ", " << i;
    EXPECT_NEAR(static_cast<double>(split.validation.size()), 200, 15) << text;
  }
  LB_ASSERT_OK_AND_ASSIGN(const Split split, MakeSplit("stratified 70/20/10", data, 7, groups));
  std::vector<double> all(5), test(5);
  for (const ImageRecord& image : data.images) {
    for (const int c : image.classes) ++all[c];
  }
  for (const int64_t image : split.test) {
    for (const int c : data.images[image].classes) ++test[c];
  }
  for (int c = 0; c < 5; ++c) EXPECT_NEAR(test[c] / all[c], 0.1, 0.05) << c;
}

TEST(SplitTest, GroupsOfOneChangeNothingButTheMark) {
  const FashionData data = MakeData(300, 5);
  std::vector<int64_t> alone(300);
  std::iota(alone.begin(), alone.end(), 0);
  for (const char* text : {"random 80/20", "stratified 70/20/10", "all"}) {
    LB_ASSERT_OK_AND_ASSIGN(const Split plain, MakeSplit(text, data, 7));
    LB_ASSERT_OK_AND_ASSIGN(const Split grouped, MakeSplit(text, data, 7, alone));
    EXPECT_EQ(plain.train, grouped.train);
    EXPECT_EQ(plain.validation, grouped.validation);
    EXPECT_EQ(plain.test, grouped.test);
    const std::string json = SplitToJson(grouped, data);
    EXPECT_NE(json, SplitToJson(plain, data));
    EXPECT_THAT(SplitToJson(plain, data), Not(HasSubstr("near")));
    LB_ASSERT_OK_AND_ASSIGN(const Split read, SplitFromJson(json, data));
    EXPECT_TRUE(read.near_duplicates_grouped);
    EXPECT_EQ(SplitToJson(read, data), json);
  }
  alone.pop_back();
  EXPECT_THAT(MakeSplit("all", data, 7, alone),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("299 groups for 300 images")));
}

}  // namespace
}  // namespace lookbook
