#include "models/train/objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "models/loss/asl.h"
#include "models/loss/bce.h"
#include "models/loss/class_weights.h"
#include "models/loss/supcon.h"
#include "models/loss/triplet.h"

namespace lookbook {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

double Softplus(double x) { return std::log1p(std::exp(x)); }

StageRecipe StageOf(std::vector<LossRecipe> losses) {
  StageRecipe stage;
  stage.name = "all";
  stage.losses = std::move(losses);
  return stage;
}

LossRecipe Named(const std::string& name, double weight = 1) {
  LossRecipe loss;
  EXPECT_TRUE(LossOfName(name, &loss)) << name;
  loss.weight = weight;
  return loss;
}

class ClassificationTermsTest : public ::testing::Test {
 protected:
  ClassificationTermsTest() {
    output_.logits = torch::tensor({{2.0f, -1.0f}, {0.5f, 0.0f}});
    output_.attribute_logits = torch::tensor({{3.0f}, {-2.0f}});
    batch_.targets = torch::tensor({{1.0f, 0.0f}, {0.0f, 1.0f}});
    batch_.attribute_targets = torch::tensor({{0.0f}, {0.0f}});
    batch_.attribute_mask =
        torch::tensor({{1.0f}, {0.0f}});  // The second image's attributes are unknown.
  }
  double Value(const LossRecipe& loss) {
    const Objective objective(StageOf({loss}), {{30, 10}, 100}, {{5}, 50});
    ObjectiveValue value;
    value.output = output_;
    objective.AddLabelTerms(batch_, 0, &value);
    return value.loss.item<double>();
  }
  const double classes_ = (Softplus(-2) + Softplus(-1) + Softplus(0.5) + Softplus(0)) / 4;
  const double attributes_ = Softplus(3);
  NetworkOutput output_;
  Batch batch_;
};

TEST_F(ClassificationTermsTest, AddsClassesAndKnownAttributes) {
  EXPECT_NEAR(Value(Named("bce")), classes_ + attributes_, 1e-6);
}

TEST_F(ClassificationTermsTest, WeightsApply) {
  LossRecipe loss = Named("bce", 2);
  loss.classification.attribute_weight = 0.5;
  EXPECT_NEAR(Value(loss), 2 * (classes_ + 0.5 * attributes_), 1e-6);
  loss.classification.attribute_weight = 0;
  EXPECT_NEAR(Value(loss), 2 * classes_, 1e-6);
}

TEST_F(ClassificationTermsTest, NetworkWithoutAttributesHasOnlyClasses) {
  output_.attribute_logits = torch::Tensor();
  EXPECT_NEAR(Value(Named("bce")), classes_, 1e-6);
}

TEST_F(ClassificationTermsTest, SmoothingMovesTargetsTowardsOneHalf) {
  const double e = 0.1;
  double want = 0;
  const double logits[] = {2, -1, 0.5, 0}, targets[] = {1, 0, 0, 1};
  for (int i = 0; i < 4; ++i) {
    const double y = targets[i] * (1 - e) + e / 2;
    want += (y * Softplus(-logits[i]) + (1 - y) * Softplus(logits[i])) / 4;
  }
  LossRecipe loss = Named("bce");
  loss.classification.smoothing = e;
  loss.classification.attribute_weight = 0;
  EXPECT_NEAR(Value(loss), want, 1e-6);
}

TEST_F(ClassificationTermsTest, RareClassesWeighMoreWhereAsked) {
  LossRecipe loss = Named("bce");
  loss.classification.attribute_weight = 0;
  loss.classification.pos_weight = true;
  BceOptions options;
  options.pos_weight = PosWeight({30, 10}, 100).to(torch::kFloat32);
  EXPECT_NEAR(Value(loss), BceLoss(output_.logits, batch_.targets, {}, options).item<double>(),
              1e-6);
  EXPECT_GT(Value(loss), classes_);
  loss.classification.pos_weight = false;
  loss.classification.class_balanced = 0.999;
  options = {};
  options.class_weights = EffectiveNumberWeights({30, 10}, 0.999).to(torch::kFloat32);
  EXPECT_NEAR(Value(loss), BceLoss(output_.logits, batch_.targets, {}, options).item<double>(),
              1e-6);
}

TEST_F(ClassificationTermsTest, AslTakesItsThreeNumbersFromTheRecipe) {
  LossRecipe loss = Named("asl");
  loss.classification.attribute_weight = 0;
  loss.classification.gamma_neg = 2;
  loss.classification.gamma_pos = 0;
  loss.classification.clip = 0.1;
  const AslOptions options = {.gamma_negative = 2, .gamma_positive = 0, .clip = 0.1};
  EXPECT_NEAR(Value(loss), AslLoss(output_.logits, batch_.targets, {}, options).item<double>(),
              1e-6);
}

class MetricTermsTest : public ::testing::Test {
 protected:
  MetricTermsTest() {
    torch::manual_seed(5);
    value_.output.embedding_raw = torch::randn({6, 4});
    value_.output.embedding = UnitRows(value_.output.embedding_raw);
    batch_.targets = torch::tensor({{1.0f, 1.0f, 0.0f},
                                    {1.0f, 1.0f, 0.0f},
                                    {0.0f, 0.0f, 1.0f},
                                    {0.0f, 0.0f, 1.0f},
                                    {1.0f, 0.0f, 0.0f},
                                    {0.0f, 1.0f, 0.0f}});
  }
  ObjectiveValue Value(const LossRecipe& loss) {
    ObjectiveValue value;
    value.output = value_.output;
    Objective(StageOf({loss}), {{3, 3, 2}, 6}, {}).AddLabelTerms(batch_, 9, &value);
    return value;
  }
  PairRelation Relate(PairRule rule, int64_t shared) {
    PairOptions options;
    options.rule = rule;
    options.positive_shared = shared;
    options.idf = IdfWeights({3, 3, 2}, 6).to(torch::kFloat32);
    return RelatePairs(batch_.targets, options);
  }
  Batch batch_;
  ObjectiveValue value_;
};

TEST_F(MetricTermsTest, TripletCountsAndLossAreThoseOfTheLibrary) {
  LossRecipe loss = Named("triplet", 3);
  loss.pairs = {.rule = "strict", .positive_shared = 1};
  loss.triplet.margin = 0.5;
  TripletOptions options;
  options.margin = 0.5;
  const TripletResult want =
      TripletLoss(value_.output.embedding_raw, Relate(PairRule::kStrict, 1), options);
  const ObjectiveValue got = Value(loss);
  EXPECT_NEAR(got.loss.item<double>(), 3 * want.loss.item<double>(), 1e-6);
  EXPECT_NEAR(got.figures.at("triplet"), want.loss.item<double>(), 1e-6);
  EXPECT_EQ(got.shares.at("triplet_active").part, want.active);
  EXPECT_EQ(got.shares.at("triplet_active").whole, want.total);
  EXPECT_EQ(got.shares.at("triplet_accuracy").part, want.right);
  EXPECT_EQ(got.shares.at("triplet_accuracy").whole, want.total);
  loss.triplet.accuracy_margin = 10;  // No distance of unit rows is as large.
  EXPECT_EQ(Value(loss).shares.at("triplet_accuracy").part, want.total);
  EXPECT_EQ(Value(loss).loss.item<float>(), got.loss.item<float>()) << "it is no part of the loss";
}

TEST_F(MetricTermsTest, TheStudysRuleSaysAtWhichLevelAnchorsFoundPartners) {
  LossRecipe loss = Named("triplet");
  loss.pairs = {.rule = "study", .positive_shared = 3};
  const ObjectiveValue got = Value(loss);
  EXPECT_EQ(got.figures.at("anchors_shared>3"), 0);
  EXPECT_EQ(got.figures.at("anchors_shared>1"), 2);  // The two tops with both labels.
  EXPECT_EQ(got.figures.at("anchors_shared>0"), 4);
  EXPECT_EQ(got.figures.at("anchors_dropped"), 0);
}

TEST_F(MetricTermsTest, SupConByJaccardIsTheLibrarys) {
  const double want =
      SupConLoss(value_.output.embedding, Relate(PairRule::kStrict, 3), {}).loss.item<double>();
  EXPECT_NEAR(Value(Named("supcon")).loss.item<double>(), want, 1e-6);
}

// Each of them moves with the embedding, and by itself.
TEST_F(MetricTermsTest, EveryMetricLossHasAGradient) {
  for (const char* name : {"triplet", "graded", "angular", "supcon"}) {
    LossRecipe loss = Named(name);
    loss.pairs.positive_shared = 0;
    loss.pairs.rule = "strict";
    value_.output.embedding_raw = torch::randn({6, 4}).requires_grad_();
    value_.output.embedding = UnitRows(value_.output.embedding_raw);
    const ObjectiveValue value = Value(loss);
    value.loss.backward();
    EXPECT_GT(value_.output.embedding_raw.grad().abs().sum().item<double>(), 1e-4) << name;
  }
}

class SelfSupervisedTermsTest : public ::testing::Test {
 protected:
  SelfSupervisedTermsTest() {
    torch::manual_seed(3);
    net_ = *MakeNetwork({.backbone = "small_cnn", .classes = 3});
    batch_.images = torch::rand({8, 3, 32, 32});
    batch_.second_view = batch_.images + 0.01 * torch::rand({8, 3, 32, 32});
    batch_.targets = torch::zeros({8, 3});
  }
  ObjectiveValue Value(std::vector<LossRecipe> losses, uint64_t seed = 1) {
    const StageRecipe stage = StageOf(std::move(losses));
    module_ = TrainedModule(net_, LossHeads(stage, net_->feature_dim()));
    return Objective(stage, {}, {}).Compute(*module_, batch_, seed);
  }
  EmbedderNet net_;
  TrainedModule module_{nullptr};
  Batch batch_;
};

TEST_F(SelfSupervisedTermsTest, EachMovesTheBackboneAndItsOwnHead) {
  for (const char* name : {"ntxent", "dcl", "vicreg", "rotation"}) {
    net_->zero_grad();
    const ObjectiveValue value = Value({Named(name)});
    value.loss.backward();
    EXPECT_THAT(value.figures, Contains(Key(name)));
    for (const auto& item : module_->named_parameters()) {
      const bool of_head = item.key().find("heads.") == 0;
      if (of_head || item.key() == "net.features.0.0.weight") {
        ASSERT_TRUE(item.value().grad().defined()) << name << " " << item.key();
        EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << name << " " << item.key();
      }
    }
  }
}

TEST_F(SelfSupervisedTermsTest, ABatchOfOneViewLeavesComparisonsOut) {
  batch_.second_view = torch::Tensor();
  const ObjectiveValue value = Value({Named("dcl"), Named("rotation", 0.5)});
  EXPECT_THAT(value.figures, Not(Contains(Key("dcl"))));
  EXPECT_NEAR(value.loss.item<double>(), 0.5 * value.figures.at("rotation"), 1e-6);
}

TEST_F(SelfSupervisedTermsTest, TurnsAreDrawnByTheSeedAlone) {
  net_->eval();
  module_ = TrainedModule(net_, LossHeads(StageOf({Named("rotation")}), net_->feature_dim()));
  const Objective objective(StageOf({Named("rotation")}), {}, {});
  const auto loss = [&](uint64_t seed) {
    return objective.Compute(*module_, batch_, seed).loss.item<double>();
  };
  torch::manual_seed(5);
  const torch::Tensor next = torch::rand({4});
  torch::manual_seed(5);
  const double first = loss(1);
  EXPECT_TRUE(torch::equal(torch::rand({4}), next)) << "the global generator is left alone";
  EXPECT_EQ(loss(1), first);
  bool other = false;
  for (uint64_t seed = 2; seed < 6; ++seed) other = other || loss(seed) != first;
  EXPECT_TRUE(other);
}

// A head of one answer: the pictures that were turned so are the ones that it names rightly.
TEST_F(SelfSupervisedTermsTest, TheShareOfTurnsThatAreNamedRightly) {
  const StageRecipe stage = StageOf({Named("rotation")});
  module_ = TrainedModule(net_, LossHeads(stage, net_->feature_dim()));
  double right = 0;
  for (int answer = 0; answer < 4; ++answer) {
    {
      const torch::NoGradGuard no_grad;
      for (torch::Tensor& parameter : module_->heads->parameters()) parameter.zero_();
      for (const auto& item : module_->heads->named_parameters()) {
        torch::Tensor bias = item.value();
        if (bias.dim() == 1) bias[answer] = 1;
      }
    }
    const Share share =
        Objective(stage, {}, {}).Compute(*module_, batch_, 1).shares.at("rotation_accuracy");
    EXPECT_EQ(share.whole, 4) << "half of the batch";
    right += share.part;
  }
  EXPECT_EQ(right, 4) << "each picture has one turn";
  EXPECT_EQ(Value({Named("dcl")}).shares.count("rotation_accuracy"), 0u);
}

// A crop may hide which way is up: where the loader brings whole pictures, those are turned.
TEST_F(SelfSupervisedTermsTest, WholePicturesAreTurnedWhereThereAreSome) {
  net_->eval();
  const double cropped = Value({Named("rotation")}).figures.at("rotation");
  const LossHeads heads = module_->heads;
  const auto with = [&](const torch::Tensor& uncropped) {
    batch_.uncropped = uncropped;
    module_ = TrainedModule(net_, heads);
    return Objective(StageOf({Named("rotation")}), {}, {})
        .Compute(*module_, batch_, 1)
        .figures.at("rotation");
  };
  EXPECT_NEAR(with(batch_.images.slice(0, 0, 4)), cropped, 1e-6) << "of half of the batch";
  EXPECT_GT(std::abs(with(torch::rand({4, 3, 32, 32})) - cropped), 1e-6);
}

TEST(MixupTest, BlendsImagesAndTargetsAlike) {
  torch::manual_seed(1);
  Batch batch;
  batch.images = torch::arange(4, torch::kFloat32).reshape({4, 1, 1, 1});
  batch.targets = torch::arange(4, torch::kFloat32).reshape({4, 1});
  batch.attribute_targets = torch::zeros({4, 1});
  batch.attribute_mask = torch::tensor({{1.0f}, {0.0f}, {1.0f}, {1.0f}});
  bool moved = false;
  for (int i = 0; i < 10; ++i) {
    const Batch mixed = Mixup(batch, 1.0);
    EXPECT_TRUE(torch::allclose(mixed.images.reshape({4}), mixed.targets.reshape({4})));
    EXPECT_NEAR(mixed.targets.sum().item<double>(), 6, 1e-5) << "a permutation keeps the sum";
    EXPECT_EQ(mixed.attribute_mask[1].item<float>(), 0);
    moved = moved || !torch::allclose(mixed.targets, batch.targets);
  }
  EXPECT_TRUE(moved);
}

}  // namespace
}  // namespace lookbook
