#include "models/commands/initial_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "models/commands/pipeline.h"
#include "models/dataset/synth.h"
#include "models/train/tensor_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kRecipe[] = R"(name = "test"
threads = 1
[data]
split = "random 80/20"
image_size = 32
workers = 1
[[stage]]
name = "all"
steps = 2
batch_size = 8
)";

class InitialBundleTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = new TempDir();
    SynthOptions options = TinySynthOptions(*root_ / "outfits");
    options.train = 40;
    options.holdout = options.unlabelled = 0;
    ASSERT_THAT(SynthesizeOutfits(options), IsOk());
    ASSERT_THAT(Run(kRecipe, "first"), IsOk());
  }
  static void TearDownTestSuite() { delete root_; }

  static absl::Status Run(const std::string& recipe, const std::string& name) {
    const absl::Status written = WriteFile(*root_ / (name + ".toml"), recipe);
    if (!written.ok()) return written;
    PipelineOptions options;
    options.recipe = *root_ / (name + ".toml");
    options.data = *root_ / "outfits";
    options.work = *root_ / name;
    options.bundles = *root_ / (name + "_bundles");
    auto pipeline = Pipeline::Open(options);
    return pipeline.ok() ? (*pipeline)->Run() : pipeline.status();
  }

  static TempDir* root_;
};
TempDir* InitialBundleTest::root_ = nullptr;

TEST_F(InitialBundleTest, ARootAndABundlesFolderNameTheSameModel) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string by_root,
                          FindInitialModel(absl::StrCat("bundle:", *root_ / "first_bundles")));
  EXPECT_THAT(by_root, EndsWith("/model.ts"));
  const std::string folder = by_root.substr(0, by_root.size() - 9);
  LB_ASSERT_OK_AND_ASSIGN(const std::string by_folder,
                          FindInitialModel(absl::StrCat("bundle:", folder)));
  EXPECT_EQ(by_folder, by_root);
}

TEST_F(InitialBundleTest, OtherStartsNeedNoBundle) {
  EXPECT_THAT(FindInitialModel("he"), IsOkAndHolds(""));
  EXPECT_THAT(FindInitialModel("weights/a.pth"), IsOkAndHolds(""));
}

TEST_F(InitialBundleTest, ATrainingStartsFromItsWeights) {
  // One step at a rate that moves nothing to speak of.
  ASSERT_THAT(Run(absl::StrCat(kRecipe, "optimizer = { lr = 1e-8, weight_decay = 0 }\n",
                               "[network]\ninit = \"bundle:", *root_ / "first_bundles", "\"\n"),
                  "second"),
              IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const TensorFile first,
                          ReadTensorFile(*root_ / "first/train/weights.pt"));
  LB_ASSERT_OK_AND_ASSIGN(const TensorFile second,
                          ReadTensorFile(*root_ / "second/train/weights.pt"));
  for (const char* name : {"features.0.0.weight", "features.6.0.weight"}) {
    EXPECT_TRUE(torch::allclose(first.tensors.at(name), second.tensors.at(name), 1e-4, 1e-6))
        << name;
  }
}

TEST_F(InitialBundleTest, ADamagedBundleIsRefusedBeforeAnythingReadsIt) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string model,
                          FindInitialModel(absl::StrCat("bundle:", *root_ / "first_bundles")));
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(model));
  std::string bad = good;
  bad[bad.size() / 2] ^= 1;
  ASSERT_THAT(WriteFile(model, bad), IsOk());
  EXPECT_THAT(FindInitialModel(absl::StrCat("bundle:", *root_ / "first_bundles")),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("model.ts")));
  ASSERT_THAT(WriteFile(model, good), IsOk());
}

TEST_F(InitialBundleTest, OtherContentUnderTheSameNameIsAnotherStart) {
  EXPECT_EQ(InitialWeightsId("he"), "");
  EXPECT_NE(InitialWeightsId(absl::StrCat("bundle:", *root_ / "first_bundles")), "");
  LB_ASSERT_OK_AND_ASSIGN(const std::string model,
                          FindInitialModel(absl::StrCat("bundle:", *root_ / "first_bundles")));
  EXPECT_NE(InitialWeightsId(absl::StrCat("bundle:", model.substr(0, model.size() - 9))), "");
  ASSERT_THAT(WriteFile(*root_ / "w.pth", "one"), IsOk());
  const std::string one = InitialWeightsId(*root_ / "w.pth");
  ASSERT_THAT(WriteFile(*root_ / "w.pth", "two"), IsOk());
  EXPECT_NE(InitialWeightsId(*root_ / "w.pth"), one);
}

TEST_F(InitialBundleTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(FindInitialModel("bundle:no/such/root"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/such/root")));
}

}  // namespace
}  // namespace lookbook
