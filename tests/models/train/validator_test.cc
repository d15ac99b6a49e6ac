#include "models/train/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/evaluate/alignment.h"
#include "models/evaluate/diagnostics.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/retrieval.h"
#include "models/train/objective.h"
#include "tests/models/train/tiny_set.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class ValidatorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Loader> MakeLoader(int batch) {
    LoaderOptions options;
    options.batch_size = batch;
    options.shuffle = false;
    options.drop_last = false;
    options.workers = 1;
    auto loader =
        Loader::Create(set_.data(), set_.cache(), set_.spec(), AllTrain(21).train, options);
    EXPECT_THAT(loader, IsOk());
    return *std::move(loader);
  }
  TrainedModule MakeModule(int classes = 3) {
    torch::manual_seed(3);
    const EmbedderNet net =
        *MakeNetwork({.backbone = "small_cnn", .classes = classes, .attributes = 1});
    return TrainedModule(net, LossHeads(StageRecipe{}, net->feature_dim()));
  }
  // The classes' BCE.
  Objective ClassesOnly() {
    StageRecipe stage;
    stage.losses[0].classification.attribute_weight = 0;
    return Objective(stage, {}, {});
  }
  TinySet set_{21};
};

TEST_F(ValidatorTest, AgreesWithOneBigBatch) {
  TrainedModule module = MakeModule();
  const auto big = MakeLoader(21);
  big->StartEpoch(0);
  const Batch batch = *big->Next();
  module->eval();
  torch::NoGradGuard no_grad;
  const ObjectiveValue value = ClassesOnly().Compute(*module, batch, 0);
  const NetworkOutput& output = value.output;
  const torch::Tensor scores = torch::sigmoid(output.logits).contiguous();
  LabelMatrix labels{.n = 21, .classes = 3};
  for (int i = 0; i < 63; ++i)
    labels.values.push_back(batch.targets.view({-1})[i].item<float>() > 0.5f);
  const ClassificationMetrics want =
      EvaluateClassification(absl::MakeConstSpan(scores.data_ptr<float>(), 63), labels);

  const auto loader = MakeLoader(8);  // 8 + 8 + 5
  LB_ASSERT_OK_AND_ASSIGN(const ValidationResult got,
                          Validate("validation", *module, *loader, ClassesOnly()));
  EXPECT_EQ(got.part, "validation");
  EXPECT_EQ(got.images, 21);
  EXPECT_NEAR(got.map, want.map, 1e-9);
  EXPECT_NEAR(got.f1_macro, want.f1_macro, 1e-9);
  EXPECT_NEAR(got.loss, value.loss.item<double>(), 1e-5);
  EXPECT_GT(got.std_sqrt_d, 0);
  EXPECT_NEAR(got.feature_norm, output.feature.norm(2, {1}).mean().item<double>(), 1e-4);
  EXPECT_EQ(got.dead_norm_share, 0);
  const torch::Tensor vectors = output.embedding.contiguous();
  const RetrievalResult ranked = EvaluateRetrieval(
      absl::MakeConstSpan(vectors.data_ptr<float>(), vectors.numel()), 192, labels);
  EXPECT_EQ(got.ranked_images, 21);
  const absl::Span<const float> rows =
      absl::MakeConstSpan(vectors.data_ptr<float>(), vectors.numel());
  const EmbeddingDiagnostics diagnostics = DiagnoseEmbeddings(rows, 192);
  EXPECT_NEAR(got.mean_norm, diagnostics.mean_norm, 1e-5);
  EXPECT_NEAR(got.effective_rank, diagnostics.effective_rank, 1e-2);
  EXPECT_NEAR(got.effective_rank_centered, diagnostics.effective_rank_centered, 1e-2);
  EXPECT_NE(got.effective_rank, got.effective_rank_centered);
  const Alignment alignment = MeasureAlignment(rows, 192, labels, Relevance::kMoreThan2);
  ASSERT_GT(alignment.positive_pairs, 0);
  EXPECT_NEAR(got.alignment, alignment.positive, 1e-5);
  EXPECT_NEAR(got.alignment_ratio, alignment.ratio, 1e-3);
  const Hubness hubness = MeasureHubness(ranked.top, ranked.k, 21);
  EXPECT_NEAR(got.hub_skew, hubness.skewness, 1e-9);
  EXPECT_NEAR(got.robin_hood, hubness.robin_hood, 1e-9);
  EXPECT_NEAR(got.anti_hub_share, hubness.anti_hub_share, 1e-9);
  EXPECT_NEAR(got.ndcg_at_10, ranked.metrics.ndcg_at_10_shared, 1e-9);
}

TEST_F(ValidatorTest, LeavesModeAndWeightsAlone) {
  TrainedModule net = MakeModule();
  net->train();
  std::vector<torch::Tensor> before;
  for (const auto& buffer : net->buffers()) before.push_back(buffer.clone());
  const auto loader = MakeLoader(8);
  ASSERT_THAT(Validate("validation", *net, *loader, ClassesOnly()), IsOk());
  EXPECT_TRUE(net->is_training());
  const auto after = net->buffers();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(torch::equal(before[i], after[i])) << i;
}

// The whole set, in eval mode: the very figures of a validation, and no trace of the look.
TEST_F(ValidatorTest, ATrainSampleIsMeasuredLikeAValidationAndLeavesNoTrace) {
  TrainedModule module = MakeModule();
  const auto loader = MakeLoader(8);
  LB_ASSERT_OK_AND_ASSIGN(const ValidationResult want,
                          Validate("validation", *module, *loader, ClassesOnly()));
  module->train();
  std::vector<torch::Tensor> before;
  for (const auto& buffer : module->buffers()) before.push_back(buffer.clone());
  torch::manual_seed(5);
  const torch::Tensor drawn = torch::rand({4});
  torch::manual_seed(5);
  LB_ASSERT_OK_AND_ASSIGN(const TrainSampleResult got, MeasureTrainSample(*module, *loader));
  EXPECT_TRUE(torch::equal(torch::rand({4}), drawn)) << "it draws no random number";
  EXPECT_TRUE(module->is_training());
  const auto after = module->buffers();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(torch::equal(before[i], after[i])) << i;
  EXPECT_EQ(got.images, 21);
  EXPECT_EQ(got.map, want.map);
  EXPECT_EQ(got.f1_macro, want.f1_macro);
}

TEST_F(ValidatorTest, SelfSupervisionIsMeasuredOnTheViewsAndDrawsNothing) {
  StageRecipe stage;
  stage.losses.resize(2);
  ASSERT_TRUE(LossOfName("ntxent", &stage.losses[0]));
  ASSERT_TRUE(LossOfName("rotation", &stage.losses[1]));
  TrainedModule module = MakeModule();
  module = TrainedModule(module->net, LossHeads(stage, module->net->feature_dim()));
  const Objective objective(stage, {}, {});
  LoaderOptions options;
  options.batch_size = 7;
  options.shuffle = false;
  options.views = 2;
  options.uncropped = true;
  options.augment.crop_scale_min = 0.5;
  LB_ASSERT_OK_AND_ASSIGN(const auto views, Loader::Create(set_.data(), set_.cache(), set_.spec(),
                                                           AllTrain(21).train, options));
  module->eval();
  double want = 0;
  views->StartEpoch(0);
  for (uint64_t i = 0; i < 3; ++i)
    want += objective.Compute(*module, *views->Next(), i).loss.item<double>() / 3;
  module->train();

  const auto loader = MakeLoader(8);
  torch::manual_seed(5);
  const torch::Tensor next = torch::rand({4});
  torch::manual_seed(5);
  LB_ASSERT_OK_AND_ASSIGN(const ValidationResult got,
                          Validate("validation", *module, *loader, objective, views.get()));
  EXPECT_TRUE(torch::equal(torch::rand({4}), next)) << "it draws no random number";
  EXPECT_NEAR(got.loss, want, 1e-5);
  EXPECT_NEAR(got.figures.at("ntxent") + got.figures.at("rotation"), want, 1e-5);
  EXPECT_EQ(got.images, 21) << "the other figures are of the plain pictures";
  LB_ASSERT_OK_AND_ASSIGN(const ValidationResult again,
                          Validate("validation", *module, *loader, objective, views.get()));
  EXPECT_EQ(again.loss, got.loss);
}

TEST_F(ValidatorTest, TorchsExceptionsBecomeAStatus) {
  TrainedModule net = MakeModule(/*classes=*/5);  // The data has three.
  const auto loader = MakeLoader(8);
  EXPECT_THAT(Validate("validation", *net, *loader, ClassesOnly()),
              StatusIs(absl::StatusCode::kInternal, ::testing::HasSubstr("validate")));
}

}  // namespace
}  // namespace lookbook
