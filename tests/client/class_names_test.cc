#include "client/class_names.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ClassNames Names() {
  v1::ListClassesResponse response;
  response.set_bundle_id("b1");
  const auto add = [&](uint32_t id, const char* name) {
    auto* entry = response.add_classes();
    entry->set_class_id(id);
    entry->set_name(name);
  };
  add(0, "shirt, blouse");
  add(1, "top, t-shirt, sweatshirt");
  add(10, "dress");
  add(11, "dress, evening");
  add(12, "7");
  auto* attribute = response.add_attributes();
  attribute->set_attribute_id(3);
  attribute->set_name("red");
  return ClassNames(response);
}

TEST(ClassNamesTest, NamesIdsAndSaysSoWhereItCannot) {
  EXPECT_EQ(Names().bundle_id(), "b1");
  EXPECT_EQ(Names().ClassName(10), "dress");
  EXPECT_EQ(Names().ClassName(99), "class 99");
  EXPECT_EQ(Names().AttributeName(3), "red");
  EXPECT_EQ(Names().AttributeName(99), "attribute 99");
}

TEST(ClassNamesTest, FindsByIdByNameInAnyCaseAndByAnAlternative) {
  EXPECT_THAT(Names().FindClass("10"), IsOkAndHolds(10u));
  EXPECT_THAT(Names().FindClass("Dress"), IsOkAndHolds(10u));
  EXPECT_THAT(Names().FindClass("shirt, BLOUSE"), IsOkAndHolds(0u));
  EXPECT_THAT(Names().FindClass("T-shirt"), IsOkAndHolds(1u));
  EXPECT_THAT(Names().FindClass("evening"), IsOkAndHolds(11u));
  EXPECT_THAT(Names().FindAttribute("RED"), IsOkAndHolds(3u));
}

TEST(ClassNamesTest, DigitsThatAreNoIdMayStillBeAName) {
  EXPECT_THAT(Names().FindClass("7"), IsOkAndHolds(12u));
}

TEST(ClassNamesTest, AnUnknownNameComesWithWhatItCouldHaveBeen) {
  EXPECT_THAT(Names().FindClass("dres"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("no class 'dres'"), HasSubstr("did you mean 'dress' or"))));
  EXPECT_THAT(Names().FindClass("99"),
              StatusIs(absl::StatusCode::kInvalidArgument, "no class '99' in this bundle"));
  EXPECT_THAT(Names().FindAttribute("dress"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no attribute 'dress'")));
}

TEST(ClassNamesTest, AnAlternativeOfTwoClassesIsAmbiguous) {
  v1::ListClassesResponse response;
  for (const char* name : {"coat, long", "dress, long"}) {
    auto* entry = response.add_classes();
    entry->set_class_id(static_cast<uint32_t>(response.classes_size()));
    entry->set_name(name);
  }
  EXPECT_THAT(ClassNames(response).FindClass("long"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than one class")));
}

TEST(JaccardTest, IsSharedOverUnited) {
  EXPECT_DOUBLE_EQ(Jaccard({1, 2}, {2, 1}), 1.0);
  EXPECT_DOUBLE_EQ(Jaccard({1, 2, 3}, {3, 4}), 0.25);
  EXPECT_DOUBLE_EQ(Jaccard({1}, {2}), 0.0);
  EXPECT_DOUBLE_EQ(Jaccard({}, {}), 0.0);
  EXPECT_DOUBLE_EQ(Jaccard({1, 1, 2}, {1, 2, 2}), 1.0);
}

}  // namespace
}  // namespace lookbook
