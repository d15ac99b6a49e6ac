#include "models/train/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TrainedModule MakeModule() {
  const EmbedderNet net = *MakeNetwork({.backbone = "small_cnn", .classes = 3, .attributes = 0});
  return TrainedModule(net, LossHeads(StageRecipe{}, net->feature_dim()));
}

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() {
    torch::manual_seed(1);
    state_.module = MakeModule();
    optimizer_ = MakeOptimizer(*state_.module, {}).optimizer;
    average_ = std::make_unique<WeightAverage>(*state_.module, 0.9);
    state_.optimizer = optimizer_.get();
    state_.average = average_.get();
    state_.module->net->forward(torch::rand({2, 3, 32, 32})).logits.sum().backward();
    optimizer_->step();
    average_->Update();
    state_.position = {.stage = 0,
                       .stage_step = 5,
                       .step = 5,
                       .epoch = 1,
                       .batch = 2,
                       .seconds = 1.5,
                       .best = 0.25};
    state_.position.guard = {.judged = 3, .restores = 1, .rate_scale = 0.3, .has_green = true};
    state_.position.window_figures = {{"bce", 1.5}};
    state_.position.window_shares = {{"triplet_active", {2, 5}}};
    state_.position.look = {.step = 51, .std_sqrt_d = 0.5, .triplet_active = 0.25};
    state_.position.window_looks = {{.step = 1, .std_sqrt_d = 0.75}, state_.position.look};
    state_.history.resize(1);
    state_.history[0].stage = "all";
  }
  std::string path() { return dir_ / "checkpoint.pt"; }

  TempDir dir_;
  const RunIdentity identity_{"recipe-hash-0123456789", "data-hash", "split-hash", "pictures-hash",
                              "init-hash"};
  RunState state_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::unique_ptr<WeightAverage> average_;
};

TEST_F(CheckpointTest, EverythingComesBack) {
  ASSERT_THAT(SaveCheckpoint(path(), identity_, state_), IsOk());
  const torch::Tensor next_random = torch::rand({4});

  torch::manual_seed(99);
  RunState other;
  other.module = MakeModule();
  const auto optimizer = MakeOptimizer(*other.module, {}).optimizer;
  WeightAverage average(*other.module, 0.9);
  other.optimizer = optimizer.get();
  other.average = &average;
  LB_ASSERT_OK_AND_ASSIGN(const auto checkpoint, Checkpoint::Load(path(), identity_));
  ASSERT_THAT(checkpoint->Restore(&other), IsOk());

  EXPECT_TRUE(torch::equal(torch::rand({4}), next_random)) << "torch's random state";
  EXPECT_EQ(other.position.stage_step, 5);
  EXPECT_EQ(other.position.batch, 2);
  EXPECT_EQ(other.position.best, 0.25);
  EXPECT_EQ(other.position.guard.rate_scale, 0.3);
  EXPECT_TRUE(other.position.guard.has_green);
  EXPECT_EQ(other.position.window_figures.at("bce"), 1.5);
  EXPECT_EQ(other.position.window_shares.at("triplet_active").part, 2);
  EXPECT_EQ(other.position.window_shares.at("triplet_active").whole, 5);
  EXPECT_EQ(other.position.look.step, 51);
  ASSERT_EQ(other.position.window_looks.size(), 2u);
  EXPECT_EQ(other.position.window_looks[0].std_sqrt_d, 0.75);
  EXPECT_EQ(other.position.window_looks[1].triplet_active, 0.25);
  ASSERT_EQ(other.history.size(), 1u);
  EXPECT_EQ(average.updates(), 1);
  for (const auto& item : state_.module->named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), other.module->named_parameters()[item.key()]))
        << item.key();
  }
  for (const auto& [name, tensor] : average_->values())
    EXPECT_TRUE(torch::equal(tensor, average.values().at(name))) << name;
  for (const auto& [name, tensor] : OptimizerState(*state_.module, *optimizer_)) {
    EXPECT_TRUE(torch::equal(tensor, OptimizerState(*other.module, *optimizer).at(name))) << name;
  }
}

TEST_F(CheckpointTest, AnotherRunsCheckpointIsRefused) {
  ASSERT_THAT(SaveCheckpoint(path(), identity_, state_), IsOk());
  const auto expect_refused = [&](std::string RunIdentity::*part, const char* why) {
    RunIdentity other = identity_;
    other.*part = "x";
    EXPECT_THAT(Checkpoint::Load(path(), other),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr(why), HasSubstr("--resume"))));
  };
  expect_refused(&RunIdentity::recipe_sha256, "another recipe");
  expect_refused(&RunIdentity::data_sha256, "other data");
  expect_refused(&RunIdentity::split_sha256, "another split");
  expect_refused(&RunIdentity::pictures, "other pictures");
  expect_refused(&RunIdentity::init, "other first weights");
}

TEST_F(CheckpointTest, DamagedOrMissingFiles) {
  EXPECT_THAT(Checkpoint::Load(path(), identity_), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(SaveCheckpoint(path(), identity_, state_), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path()));
  ASSERT_THAT(WriteFile(path(), bytes.substr(0, bytes.size() / 2)), IsOk());
  EXPECT_THAT(Checkpoint::Load(path(), identity_), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(CheckpointTest, CheckpointBetweenStagesHasOnlyWeights) {
  state_.optimizer = nullptr;
  state_.average = nullptr;
  ASSERT_THAT(SaveCheckpoint(path(), identity_, state_), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const auto checkpoint, Checkpoint::Load(path(), identity_));
  RunState other;
  other.module = MakeModule();
  ASSERT_THAT(checkpoint->Restore(&other), IsOk());
  WeightAverage average(*other.module, 0.9);
  other.average = &average;
  EXPECT_THAT(checkpoint->Restore(&other),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no average")));
}

}  // namespace
}  // namespace lookbook
