#include "models/train/preprocess_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(PreprocessRecipeTest, TakesSizeAndResize) {
  DataRecipe recipe;
  recipe.image_size = 96;
  const std::pair<const char*, ResizeMode> modes[] = {
      {"squish", ResizeMode::kSquish}, {"pad", ResizeMode::kPad}, {"crop", ResizeMode::kCrop}};
  for (const auto& [name, mode] : modes) {
    recipe.resize = name;
    LB_ASSERT_OK_AND_ASSIGN(const PreprocessSpec spec, MakePreprocessSpec(recipe));
    EXPECT_EQ(spec.size, 96);
    EXPECT_EQ(spec.resize, mode);
    EXPECT_TRUE(spec.orientation);
    EXPECT_EQ(spec.min_scale_factor, 2);
  }
  recipe.resize = "fit";
  EXPECT_THAT(MakePreprocessSpec(recipe),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("\"fit\"")));
}

}  // namespace
}  // namespace lookbook
