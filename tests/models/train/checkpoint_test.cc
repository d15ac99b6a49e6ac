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

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() {
    torch::manual_seed(1);
    state_.net = *MakeNetwork({.backbone = "small_cnn", .classes = 3, .attributes = 0});
    optimizer_ = MakeOptimizer(*state_.net, {});
    average_ = std::make_unique<WeightAverage>(*state_.net, 0.9);
    state_.optimizer = optimizer_.get();
    state_.average = average_.get();
    state_.net->forward(torch::rand({2, 3, 32, 32})).logits.sum().backward();
    optimizer_->step();
    average_->Update();
    state_.position = {.stage = 0,
                       .stage_step = 5,
                       .step = 5,
                       .epoch = 1,
                       .batch = 2,
                       .seconds = 1.5,
                       .best_map = 0.25};
    state_.history.resize(1);
    state_.history[0].stage = "all";
  }
  std::string path() { return dir_ / "checkpoint.pt"; }

  TempDir dir_;
  const RunIdentity identity_{"recipe-hash-0123456789", "data-hash", "split-hash"};
  RunState state_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::unique_ptr<WeightAverage> average_;
};

TEST_F(CheckpointTest, EverythingComesBack) {
  ASSERT_THAT(SaveCheckpoint(path(), identity_, state_), IsOk());
  const torch::Tensor next_random = torch::rand({4});

  torch::manual_seed(99);
  RunState other;
  other.net = *MakeNetwork({.backbone = "small_cnn", .classes = 3, .attributes = 0});
  const auto optimizer = MakeOptimizer(*other.net, {});
  WeightAverage average(*other.net, 0.9);
  other.optimizer = optimizer.get();
  other.average = &average;
  LB_ASSERT_OK_AND_ASSIGN(const auto checkpoint, Checkpoint::Load(path(), identity_));
  ASSERT_THAT(checkpoint->Restore(&other), IsOk());

  EXPECT_TRUE(torch::equal(torch::rand({4}), next_random)) << "torch's random state";
  EXPECT_EQ(other.position.stage_step, 5);
  EXPECT_EQ(other.position.batch, 2);
  EXPECT_EQ(other.position.best_map, 0.25);
  ASSERT_EQ(other.history.size(), 1u);
  EXPECT_EQ(average.updates(), 1);
  for (const auto& item : state_.net->named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), other.net->named_parameters()[item.key()]))
        << item.key();
  }
  for (const auto& [name, tensor] : average_->values())
    EXPECT_TRUE(torch::equal(tensor, average.values().at(name))) << name;
  for (const auto& [name, tensor] : OptimizerState(*state_.net, *optimizer_)) {
    EXPECT_TRUE(torch::equal(tensor, OptimizerState(*other.net, *optimizer).at(name))) << name;
  }
}

TEST_F(CheckpointTest, AnotherRunsCheckpointIsRefused) {
  ASSERT_THAT(SaveCheckpoint(path(), identity_, state_), IsOk());
  RunIdentity other = identity_;
  other.recipe_sha256 = "x";
  EXPECT_THAT(Checkpoint::Load(path(), other),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("recipe"), HasSubstr("--resume"))));
  other = identity_;
  other.data_sha256 = "x";
  EXPECT_THAT(Checkpoint::Load(path(), other),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("data")));
  other = identity_;
  other.split_sha256 = "x";
  EXPECT_THAT(Checkpoint::Load(path(), other),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("split")));
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
  other.net = *MakeNetwork({.backbone = "small_cnn", .classes = 3, .attributes = 0});
  ASSERT_THAT(checkpoint->Restore(&other), IsOk());
  WeightAverage average(*other.net, 0.9);
  other.average = &average;
  EXPECT_THAT(checkpoint->Restore(&other),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no average")));
}

}  // namespace
}  // namespace lookbook
