#include "models/dataset/label_space.h"

#include <string>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kDescriptions[] = R"json({
  "info": {"year": 2020},
  "categories": [
    {"id": 5, "name": "pants", "supercategory": "lowerbody", "level": 2},
    {"id": 0, "name": "shirt, blouse", "supercategory": "upperbody", "level": 2}],
  "attributes": [
    {"id": 0, "name": "classic (t-shirt)", "supercategory": "nickname", "level": 1},
    {"id": 340, "name": "bejeweled", "supercategory": "non-textile material type", "level": 1}]})json";

TEST(LabelSpaceTest, ColumnsFollowTheFileAndIdsMayHaveGaps) {
  LB_ASSERT_OK_AND_ASSIGN(const LabelSpace labels, ParseLabelDescriptions(kDescriptions, "labels"));
  ASSERT_THAT(labels.classes, SizeIs(2));
  EXPECT_EQ(labels.classes[0].id, 5u);
  EXPECT_EQ(labels.classes[0].name, "pants");
  EXPECT_EQ(labels.classes[0].supercategory, "lowerbody");
  EXPECT_EQ(labels.classes[1].name, "shirt, blouse");
  ASSERT_THAT(labels.attributes, SizeIs(2));

  const ColumnIndex attributes(labels.attributes);
  EXPECT_EQ(attributes.Find(340), 1);
  EXPECT_EQ(attributes.Find(1), std::nullopt);
}

TEST(LabelSpaceTest, AttributesAndSupercategoryMayBeMissing) {
  LB_ASSERT_OK_AND_ASSIGN(
      const LabelSpace labels,
      ParseLabelDescriptions(R"({"categories": [{"id": 1, "name": "a"}]})", "labels"));
  EXPECT_THAT(labels.attributes, IsEmpty());
  EXPECT_EQ(labels.classes[0].supercategory, "");
}

TEST(LabelSpaceTest, RefusesWhatItCannotUse) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "not a JSON object"},
      {"[]", "not a JSON object"},
      {"{\"categories\": [", "not a JSON object"},
      {"{}", "no \"categories\""},
      {R"({"categories": []})", "no \"categories\""},
      {R"({"categories": {"a": 1}})", "not a list"},
      {R"({"categories": [1]})", "categories[0] is not an object"},
      {R"({"categories": [{"name": "a"}]})", "no id"},
      {R"({"categories": [{"id": -1, "name": "a"}]})", "no id"},
      {R"({"categories": [{"id": "1", "name": "a"}]})", "no id"},
      {R"({"categories": [{"id": 1.5, "name": "a"}]})", "no id"},
      {R"({"categories": [{"id": 4294967296, "name": "a"}]})", "no id"},
      {R"({"categories": [{"id": 1}]})", "no name"},
      {R"({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]})",
       "categories[1]: id 1 comes twice"},
      {R"({"categories": [{"id": 1, "name": "a"}], "attributes": 3})", "attributes is not a list"},
  };
  for (const auto& [json, message] : cases) {
    EXPECT_THAT(ParseLabelDescriptions(json, "labels"),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << json;
  }
}

TEST(LabelSpaceTest, ErrorsBeginWithTheName) {
  EXPECT_THAT(ParseLabelDescriptions("{}", "x/labels.json"),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith("x/labels.json")));
}

}  // namespace
}  // namespace lookbook
