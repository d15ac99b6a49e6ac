#include "models/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <utility>

#include "base/files.h"
#include "models/train/tensor_file.h"
#include "models/train/weights.h"
#include "tests/models/train/tiny_set.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Two stages, validation, augmentation, an average: everything that a checkpoint must bring back.
class TrainerTest : public ::testing::Test {
 protected:
  TrainerTest() {
    split_.train.resize(24);
    for (int i = 0; i < 24; ++i) split_.train[i] = i;
    for (int i = 24; i < 30; ++i) split_.validation.push_back(i);
    recipe_ = TinyRecipe(7);
    recipe_.data.augment.flip = 0.5;
    recipe_.data.augment.crop_scale_min = 0.8;
    StageRecipe second = recipe_.stages[0];
    second.name = "more";
    second.steps = 0;
    second.epochs = 2;
    second.batch_size = 5;  // 4 batches an epoch, 4 images left out.
    recipe_.stages.push_back(second);
  }

  TrainOptions Options(const TempDir& dir) {
    TrainOptions options;
    options.directory = dir.path();
    options.on_step = [this](const StepReport& report) { losses_.push_back(report.loss); };
    return options;
  }

  // Stops after `stop_after` steps of this call.
  TrainOptions StoppingOptions(const TempDir& dir, int stop_after) {
    TrainOptions options = Options(dir);
    options.should_stop = [this, goal = losses_.size() + stop_after] {
      return losses_.size() >= goal;
    };
    return options;
  }

  std::map<std::string, torch::Tensor> Weights(const TempDir& dir) {
    auto file = ReadTensorFile(dir / "weights.pt");
    EXPECT_THAT(file, IsOk());
    return file->tensors;
  }

  TinySet set_{30};
  Split split_;
  Recipe recipe_;
  std::vector<double> losses_;
};

void ExpectEqual(const std::map<std::string, torch::Tensor>& a,
                 const std::map<std::string, torch::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(torch::equal(tensor, b.at(name))) << name;
}

// 7 steps of stage one (epochs of 3: ends within an epoch), 8 of stage two.
TEST_F(TrainerTest, StoppedAtAnyStepAndResumedEqualsUninterrupted) {
  TempDir whole;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult want, Train(recipe_, set_.set(split_), Options(whole)));
  EXPECT_EQ(want.steps, 15);
  const std::vector<double> want_losses = losses_;
  ASSERT_THAT(want_losses, SizeIs(15));
  for (int stop = 1; stop <= 15; ++stop) {
    SCOPED_TRACE(stop);
    TempDir parts;
    losses_.clear();
    ASSERT_THAT(
        Train(recipe_, set_.set(split_), StoppingOptions(parts, stop)),
        StatusIs(absl::StatusCode::kCancelled, AllOf(HasSubstr("of 15"), HasSubstr("--resume"))));
    TrainOptions options = Options(parts);
    options.resume = true;
    LB_ASSERT_OK_AND_ASSIGN(const TrainResult got, Train(recipe_, set_.set(split_), options));
    EXPECT_EQ(losses_, want_losses);
    EXPECT_EQ(got.best, want.best);
    ASSERT_EQ(got.history.size(), want.history.size());
    for (size_t i = 0; i < got.history.size(); ++i) {
      EXPECT_EQ(got.history[i].validation.map, want.history[i].validation.map);
      EXPECT_EQ(got.history[i].train_loss, want.history[i].train_loss);
    }
    ExpectEqual(Weights(parts), Weights(whole));
  }
}

TEST_F(TrainerTest, InterruptedManyTimesEqualsUninterrupted) {
  TempDir whole, parts;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(whole)), IsOk());
  losses_.clear();
  TrainOptions options = StoppingOptions(parts, 2);
  int rounds = 1;
  while (Train(recipe_, set_.set(split_), options).status().code() ==
         absl::StatusCode::kCancelled) {
    options = StoppingOptions(parts, 2);
    options.resume = true;
    ++rounds;
  }
  EXPECT_EQ(rounds, 8);
  ExpectEqual(Weights(parts), Weights(whole));
}

TEST_F(TrainerTest, ResumingAFinishedRunTrainsNothingMore) {
  TempDir dir;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(dir)), IsOk());
  const auto want = Weights(dir);
  losses_.clear();
  TrainOptions options = Options(dir);
  options.resume = true;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Train(recipe_, set_.set(split_), options));
  EXPECT_EQ(result.steps, 15);
  EXPECT_TRUE(losses_.empty());
  ExpectEqual(Weights(dir), want);
}

// Epochs of 3, 3 and 1 steps, then two of 4.
TEST_F(TrainerTest, EveryEpochStaysWhereTheRecipeAsksForIt) {
  TempDir plain, kept;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(plain)), IsOk());
  EXPECT_FALSE(PathExists(plain / "epoch_0001.pt"));
  const std::vector<double> all_losses = std::exchange(losses_, {});
  recipe_.keep_every_epoch = true;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(kept)), IsOk());
  const auto want = Weights(kept);
  ExpectEqual(want, Weights(plain));
  for (int epoch = 1; epoch <= 5; ++epoch)
    EXPECT_TRUE(PathExists(kept / ("epoch_000" + std::to_string(epoch) + ".pt"))) << epoch;
  EXPECT_FALSE(PathExists(kept / "epoch_0006.pt"));
  // Each is the state it is named after: from the second on, nine steps are left.
  LB_ASSERT_OK_AND_ASSIGN(const std::string second, ReadFile(kept / "epoch_0002.pt"));
  ASSERT_THAT(WriteFile(kept / "checkpoint.pt", second), IsOk());
  losses_.clear();
  TrainOptions options = Options(kept);
  options.resume = true;
  ASSERT_THAT(Train(recipe_, set_.set(split_), options), IsOk());
  EXPECT_EQ(losses_, std::vector<double>(all_losses.begin() + 6, all_losses.end()));
  ExpectEqual(Weights(kept), want);
}

TEST_F(TrainerTest, SameSeedSameWeightsOtherSeedOthers) {
  TempDir a, b, c;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(a)), IsOk());
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(b)), IsOk());
  ExpectEqual(Weights(a), Weights(b));
  recipe_.seed = 8;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(c)), IsOk());
  EXPECT_FALSE(
      torch::equal(Weights(a).at("classifier.weight"), Weights(c).at("classifier.weight")));
}

TEST_F(TrainerTest, KeepsTheWeightsOfTheBestValidation) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Train(recipe_, set_.set(split_), Options(dir)));
  double best = -1;
  std::string stage = "all";
  for (const HistoryEntry& entry : result.history) {
    if (std::exchange(stage, entry.stage) != entry.stage) best = -1;  // Each stage has its own.
    EXPECT_EQ(entry.validation.part, "validation");
    EXPECT_EQ(entry.validation.images, 6);
    ASSERT_TRUE(entry.train.has_value());
    EXPECT_EQ(entry.train->images, 24) << "all of a small training part";
    EXPECT_EQ(entry.best, entry.validation.map > best);
    best = std::max(best, entry.validation.map);
  }
  EXPECT_EQ(result.best, best);
  EXPECT_EQ(result.best_metric, "map");
  // The kept network gives that very mAP.
  LB_ASSERT_OK_AND_ASSIGN(LoadedNetwork loaded, LoadWeights(dir / "weights.pt"));
  LoaderOptions options;
  options.shuffle = false;
  options.drop_last = false;
  LB_ASSERT_OK_AND_ASSIGN(const auto loader, Loader::Create(set_.data(), set_.cache(), set_.spec(),
                                                            split_.validation, options));
  TrainedModule module(loaded.net, LossHeads(StageRecipe{}, loaded.net->feature_dim()));
  LB_ASSERT_OK_AND_ASSIGN(const ValidationResult again, Validate("validation", *module, *loader,
                                                                 Objective(StageRecipe{}, {}, {})));
  EXPECT_NEAR(again.map, best, 1e-9);
  LB_ASSERT_OK_AND_ASSIGN(const std::string history, ReadFile(dir / "history.json"));
  LB_ASSERT_OK_AND_ASSIGN(const auto entries, HistoryFromJson(history));
  EXPECT_EQ(entries.size(), result.history.size());
}

// Averaging changes no step, so that a training without it has the very weights.
TEST_F(TrainerTest, TheRawWeightsAreMeasuredBesideTheirAverage) {
  recipe_.stages.resize(1);
  TempDir averaged, plain;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult both,
                          Train(recipe_, set_.set(split_), Options(averaged)));
  recipe_.stages[0].ema = 0;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult raw, Train(recipe_, set_.set(split_), Options(plain)));
  ASSERT_EQ(both.history.size(), raw.history.size());
  for (size_t i = 0; i < raw.history.size(); ++i) {
    EXPECT_EQ(both.history[i].raw_map, raw.history[i].validation.map);
    EXPECT_FALSE(raw.history[i].raw_map.has_value()) << "it would be the same once more";
  }
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(averaged / "history.json"));
  LB_ASSERT_OK_AND_ASSIGN(const auto history, HistoryFromJson(text));
  EXPECT_EQ(history.back().raw_map, both.history.back().raw_map);
}

TEST_F(TrainerTest, OverfitsThirtyTwoImages) {
  const TinySet set(32, 32, 5);
  Recipe recipe = TinyRecipe(150, 16);
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result,
                          Train(recipe, set.set(AllTrain(32)), Options(dir)));
  EXPECT_EQ(result.best, -1) << "there is no validation part";
  EXPECT_EQ(result.history.back().validation.part, "train sample");
  EXPECT_FALSE(result.history.back().train.has_value()) << "it would be the same once more";
  EXPECT_GT(result.history.back().validation.map, 0.99);
  EXPECT_LT(losses_.back(), losses_.front() / 3);
}

TEST_F(TrainerTest, DivergenceStopsWithAdviceAndKeepsTheCheckpoint) {
  TempDir dir;
  ASSERT_THAT(Train(recipe_, set_.set(split_), StoppingOptions(dir, 2)),
              StatusIs(absl::StatusCode::kCancelled));
  LB_ASSERT_OK_AND_ASSIGN(const std::string before, ReadFile(dir / "checkpoint.pt"));
  recipe_.stages[0].optimizer.lr = 1e30;
  recipe_.stages[0].clip_norm = 0;
  TrainOptions options = Options(dir);
  EXPECT_THAT(Train(recipe_, set_.set(split_), options),
              StatusIs(absl::StatusCode::kAborted,
                       AllOf(HasSubstr("diverged"), HasSubstr("optimizer.lr"))));
  LB_ASSERT_OK_AND_ASSIGN(const std::string after, ReadFile(dir / "checkpoint.pt"));
  EXPECT_EQ(before, after);
}

TEST_F(TrainerTest, BadInputIsRefused) {
  TempDir dir;
  recipe_.stages[0].batch_size = 25;
  EXPECT_THAT(Train(recipe_, set_.set(split_), Options(dir)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("stage all"), HasSubstr("25 is more than the 24"))));
  TrainOptions options = Options(dir);
  options.resume = true;
  EXPECT_THAT(Train(recipe_, set_.set(split_), options),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("checkpoint.pt")));
  recipe_.network.backbone = "vgg";
  EXPECT_THAT(Train(recipe_, set_.set(split_), Options(dir)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("vgg")));
}

TEST_F(TrainerTest, AttributesOfNoWeightGetNoHead) {
  TempDir dir;
  for (StageRecipe& stage : recipe_.stages) stage.losses[0].classification.attribute_weight = 0;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(dir)), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const LoadedNetwork loaded, LoadWeights(dir / "weights.pt"));
  EXPECT_EQ(loaded.spec.attributes, 0);
}

TEST_F(TrainerTest, DataWithoutAttributesTrainsWithoutTheirHead) {
  const TinySet set(24, 32, 2, /*attributes=*/false);
  TempDir dir;
  Recipe recipe = TinyRecipe(3);
  ASSERT_THAT(Train(recipe, set.set(AllTrain(24)), Options(dir)), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const LoadedNetwork loaded, LoadWeights(dir / "weights.pt"));
  EXPECT_EQ(loaded.spec.attributes, 0);
  EXPECT_EQ(loaded.spec.classes, 3);
}

}  // namespace
}  // namespace lookbook
