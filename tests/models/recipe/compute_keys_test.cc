#include "models/recipe/compute_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

constexpr char kRecipe[] = R"(# A comment that stays.
name = "r"
seed = 3  # Another.
[data]
root = "d"
)";

TEST(ComputeKeysTest, ValuesComeFirstAndTheRestStays) {
  EXPECT_EQ(WithComputeKeys(kRecipe, "", ""), kRecipe);
  EXPECT_EQ(WithComputeKeys(kRecipe, "cuda", ""), std::string("device = \"cuda\"\n") + kRecipe);
  EXPECT_EQ(WithComputeKeys(kRecipe, "cuda", "bf16"),
            std::string("device = \"cuda\"\nprecision = \"bf16\"\n") + kRecipe);
}

TEST(ComputeKeysTest, AValueThatIsThereIsReplaced) {
  const std::string cuda = WithComputeKeys(kRecipe, "cuda", "bf16");
  EXPECT_EQ(WithComputeKeys(cuda, "cpu", ""),
            std::string("device = \"cpu\"\nprecision = \"bf16\"\n") + kRecipe);
}

TEST(ComputeKeysTest, WithoutThemEveryDeviceHasTheSameRecipe) {
  EXPECT_EQ(WithoutComputeKeys(kRecipe), kRecipe);
  EXPECT_EQ(WithoutComputeKeys(WithComputeKeys(kRecipe, "cuda", "tf32")), kRecipe);
  const std::string inside = "name = \"r\"\ndevice = \"cuda\"  # Where it stands.\nseed = 1\n";
  EXPECT_EQ(WithoutComputeKeys(inside), "name = \"r\"\nseed = 1\n");
}

TEST(ComputeKeysTest, KeysOfTheSameNameElsewhereAndOtherTextStay) {
  const std::string other = "name = \"r\"\n[data]\ndevice = \"d\"\n";
  EXPECT_EQ(WithoutComputeKeys(other), other);
  EXPECT_EQ(WithoutComputeKeys("tiny 7"), "tiny 7");
}

}  // namespace
}  // namespace lookbook
