#include "models/train/network_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "absl/strings/str_cat.h"
#include "models/train/weights.h"
#include "tests/models/nn/formula.h"
#include "tests/models/train/weights_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

NetworkRecipe Narrow(const std::string& init) {
  return {.backbone = "mobilenet_v2", .width = 0.1, .init = init};
}

TEST(NetworkSetupTest, EveryKeyOfTheRecipeReachesTheNetwork) {
  const NetworkRecipe recipe{.backbone = "mobilenet_v2",
                             .width = 0.35,
                             .init = "he",
                             .head = "stacked",
                             .embedding_dim = 24};
  const NetworkSpec spec = SpecOf(recipe, 5, 3);
  EXPECT_EQ(spec.backbone, "mobilenet_v2");
  EXPECT_EQ(spec.classes, 5);
  EXPECT_EQ(spec.attributes, 3);
  EXPECT_EQ(spec.width, 0.35);
  EXPECT_EQ(spec.head, "stacked");
  EXPECT_EQ(spec.embedding_dim, 24);
}

TEST(NetworkSetupTest, HeChangesNothing) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(SpecOf(Narrow("he"), 8, 0)));
  const auto before = CopyOfState(*net);
  LB_ASSERT_OK_AND_ASSIGN(const InitReport report, InitializeWeights(Narrow("he"), "", net));
  EXPECT_THAT(report.loaded, IsEmpty());
  for (const auto& [name, tensor] : State(*net))
    EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
}

TEST(NetworkSetupTest, APathIsLoadedAndABundlesModelTakesTheRecipesPlace) {
  for (const bool bundle : {false, true}) {
    const NetworkRecipe recipe =
        Narrow(bundle ? "bundle:some/bundle" : WeightsFixture("state_dict.pth"));
    LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(SpecOf(recipe, 8, 0)));
    LB_ASSERT_OK_AND_ASSIGN(
        const InitReport report,
        InitializeWeights(recipe, bundle ? WeightsFixture("scripted.ts") : "", net));
    EXPECT_THAT(report.loaded, SizeIs(314));
  }
}

TEST(NetworkSetupTest, ErrorsNameWhatIsMissing) {
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(SpecOf(Narrow("he"), 8, 0)));
  EXPECT_THAT(InitializeWeights(Narrow("bundle:abc"), "", net),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bundle:abc")));
  EXPECT_THAT(InitializeWeights(Narrow("no/such.pth"), "", net),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(StartsWith("network.init: "), HasSubstr("no/such.pth"))));
}

TEST(NetworkSetupTest, FirstWeightsAreCheckedBeforeThereIsANetwork) {
  const auto recipe = [](const NetworkRecipe& network) { return Recipe{.network = network}; };
  EXPECT_THAT(CheckInitialWeights(recipe(Narrow("he")), "", 8), IsOk());
  EXPECT_THAT(CheckInitialWeights(recipe(Narrow(WeightsFixture("state_dict.pth"))), "", 8), IsOk());
  NetworkRecipe wide = Narrow(WeightsFixture("state_dict.pth"));
  wide.width = 0.35;
  EXPECT_THAT(CheckInitialWeights(recipe(wide), "", 8),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(StartsWith("network.init: "), HasSubstr("do not fit"))));
  EXPECT_THAT(CheckInitialWeights(recipe(Narrow("no/such.pth")), "", 8),
              StatusIs(absl::StatusCode::kNotFound, StartsWith("network.init: ")));
}

// A stage with nothing but `loss`.
Recipe WithEmbedding(const std::string& init, int dim, const std::string& loss) {
  const absl::StatusOr<Recipe> recipe =
      ParseRecipe(absl::StrCat("name = \"r\"\n[[stage]]\nname = \"s\"\nsteps = 1\nloss = [\"", loss,
                               "\"]\n[network]\nbackbone = \"mobilenet_v2\"\nwidth = 0.1\n"
                               "embedding = { dim = ",
                               dim, " }\ninit = \"", init, "\"\n"),
                  "r.toml");
  EXPECT_THAT(recipe, IsOk());
  return recipe.ok() ? *recipe : Recipe();
}

TEST(NetworkSetupTest, AnEmbeddingThatNeitherTheWeightsNorAStageBringIsRefused) {
  TempDir dir;
  const std::string weights = dir / "weights.pt";
  NetworkSpec spec = FixtureSpec();
  spec.embedding_dim = 12;
  LB_ASSERT_OK_AND_ASSIGN(EmbedderNet net, MakeNetwork(spec));
  ASSERT_THAT(SaveWeights(weights, spec, net), IsOk());
  EXPECT_THAT(CheckInitialWeights(WithEmbedding(weights, 12, "bce"), "", 8), IsOk())
      << "the file brings it";
  const auto refused = [](const std::string& init) {
    return StatusIs(absl::StatusCode::kInvalidArgument,
                    AllOf(StartsWith("network.embedding: "), HasSubstr(init),
                          HasSubstr("embedding.0.weight"), HasSubstr("would stay random")));
  };
  EXPECT_THAT(CheckInitialWeights(WithEmbedding(weights, 16, "bce"), "", 8), refused(weights))
      << "of another shape";
  const std::string without = WeightsFixture("state_dict.pth");
  EXPECT_THAT(CheckInitialWeights(WithEmbedding(without, 12, "bce"), "", 8), refused(without));
  EXPECT_THAT(CheckInitialWeights(WithEmbedding(without, 12, "supcon"), "", 8), IsOk())
      << "a stage trains it";
  EXPECT_THAT(
      CheckInitialWeights(WithEmbedding("bundle:b", 12, "bce"), WeightsFixture("scripted.ts"), 8),
      refused("bundle:b"));
}

}  // namespace
}  // namespace lookbook
