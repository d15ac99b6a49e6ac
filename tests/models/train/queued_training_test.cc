// Train() where steps are queued and their figures read later, as on a GPU, but on the CPU; and
// with the parts that only a GPU's training has by default.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "base/files.h"
#include "models/recipe/compute_keys.h"
#include "models/train/tensor_file.h"
#include "models/train/trainer.h"
#include "tests/models/train/tiny_set.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class QueuedTrainingTest : public ::testing::Test {
 protected:
  QueuedTrainingTest() {
    for (int i = 0; i < 24; ++i) split_.train.push_back(i);
    for (int i = 24; i < 30; ++i) split_.validation.push_back(i);
    recipe_ = TinyRecipe(7);
    recipe_.data.augment.flip = 0.5;
    recipe_.data.augment.crop_scale_min = 0.8;
  }

  TrainOptions Options(const TempDir& dir, int64_t read_every) {
    TrainOptions options;
    options.directory = dir.path();
    options.read_every = read_every;
    options.on_step = [this](const StepReport& report) {
      steps_.push_back(report.step);
      losses_.push_back(report.loss);
    };
    return options;
  }

  TinySet set_{30};
  Split split_;
  Recipe recipe_;
  std::vector<int64_t> steps_;
  std::vector<double> losses_;
};

// 7 steps in epochs of 3 and readings of 4: every epoch's end reads what is left.
TEST_F(QueuedTrainingTest, TellsTheSameStepsAndFiguresUpToRounding) {
  TempDir one, many;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult want,
                          Train(recipe_, set_.set(split_), Options(one, 1)));
  const std::vector<int64_t> steps = std::exchange(steps_, {});
  const std::vector<double> losses = std::exchange(losses_, {});
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult got,
                          Train(recipe_, set_.set(split_), Options(many, 4)));
  EXPECT_EQ(steps_, steps);
  ASSERT_EQ(losses_.size(), losses.size());
  for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses_[i], losses[i], 1e-3 * losses[i]);
  ASSERT_EQ(got.history.size(), want.history.size());
  for (size_t i = 0; i < want.history.size(); ++i) {
    const HistoryEntry& a = want.history[i];
    const HistoryEntry& b = got.history[i];
    EXPECT_EQ(b.stage_step, a.stage_step);
    EXPECT_NEAR(b.train_loss, a.train_loss, 1e-3 * a.train_loss);
    EXPECT_NEAR(b.gradient_norm, a.gradient_norm, 1e-2 * a.gradient_norm);
    EXPECT_NEAR(b.figures.at("bce"), a.figures.at("bce"), 1e-3 * a.figures.at("bce"));
  }
  EXPECT_GT(got.seconds, 0);
}

TEST_F(QueuedTrainingTest, StoppedAndResumedEqualsUninterrupted) {
  TempDir whole, parts;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(whole, 4)), IsOk());
  const std::vector<double> losses = std::exchange(losses_, {});
  TrainOptions options = Options(parts, 4);
  int asked = 0;
  options.should_stop = [&asked] { return ++asked == 5; };
  ASSERT_THAT(Train(recipe_, set_.set(split_), options),
              StatusIs(absl::StatusCode::kCancelled, HasSubstr("after step 5 of 7")));
  EXPECT_THAT(losses_, SizeIs(5)) << "what was queued is read before the state is kept";
  options = Options(parts, 4);
  options.resume = true;
  ASSERT_THAT(Train(recipe_, set_.set(split_), options), IsOk());
  EXPECT_EQ(losses_, losses);
  LB_ASSERT_OK_AND_ASSIGN(const TensorFile a, ReadTensorFile(whole / "weights.pt"));
  LB_ASSERT_OK_AND_ASSIGN(const TensorFile b, ReadTensorFile(parts / "weights.pt"));
  for (const auto& [name, tensor] : a.tensors)
    EXPECT_TRUE(torch::equal(tensor, b.tensors.at(name))) << name;
}

TEST_F(QueuedTrainingTest, DivergenceIsNoticedWithItsStepAndNothingOfItIsKept) {
  TempDir dir;
  recipe_.stages[0].optimizer.lr = 1e30;
  recipe_.stages[0].clip_norm = 0;
  recipe_.stages[0].schedule.warmup = 0;
  const absl::Status status = Train(recipe_, set_.set(split_), Options(dir, 100)).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted,
                               AllOf(HasSubstr("diverged: at step 2 (stage all"),
                                     HasSubstr("optimizer.lr"))));
  EXPECT_FALSE(PathExists(dir / "checkpoint.pt"));
  EXPECT_THAT(steps_, SizeIs(1)) << "the step before it was in order";
}

// Where it computes is not what it trains: a checkpoint serves every device and precision.
TEST_F(QueuedTrainingTest, GoesOnInAnotherPrecision) {
  TempDir dir;
  recipe_.text = "name = \"tiny\"\n[[stage]]\nname = \"all\"\nsteps = 7\n";
  TrainOptions options = Options(dir, 1);
  options.should_stop = [this] { return losses_.size() == 2; };
  ASSERT_THAT(Train(recipe_, set_.set(split_), options), StatusIs(absl::StatusCode::kCancelled));
  recipe_.precision = "bf16";
  recipe_.text = WithComputeKeys(recipe_.text, "", "bf16");
  options = Options(dir, 4);
  options.resume = true;
  ASSERT_THAT(Train(recipe_, set_.set(split_), options), IsOk());
  EXPECT_THAT(losses_, SizeIs(7));
  EXPECT_THAT(losses_, Each(::testing::Gt(0)));
}

TEST_F(QueuedTrainingTest, TheBatchBackEndTrainsAlikeAndResumes) {
  TempDir by_image, by_batch, parts;
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(by_image, 1)), IsOk());
  const std::vector<double> want = std::exchange(losses_, {});
  recipe_.data.augment.backend = "batch";
  ASSERT_THAT(Train(recipe_, set_.set(split_), Options(by_batch, 1)), IsOk());
  const std::vector<double> got = std::exchange(losses_, {});
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 0.05 * want[i]);
  TrainOptions options = Options(parts, 1);
  options.should_stop = [this] { return losses_.size() == 4; };
  ASSERT_THAT(Train(recipe_, set_.set(split_), options), StatusIs(absl::StatusCode::kCancelled));
  options = Options(parts, 1);
  options.resume = true;
  ASSERT_THAT(Train(recipe_, set_.set(split_), options), IsOk());
  EXPECT_EQ(losses_, got);
}

TEST_F(QueuedTrainingTest, Bfloat16LearnsToo) {
  const TinySet set(32, 32, 5);
  Recipe recipe = TinyRecipe(80, 16);
  recipe.precision = "bf16";
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result,
                          Train(recipe, set.set(AllTrain(32)), Options(dir, 16)));
  EXPECT_LT(losses_.back(), losses_.front() / 2);
  EXPECT_GT(result.history.back().validation.map, 0.9);
}

TEST_F(QueuedTrainingTest, ADeviceThatIsNotThereIsNamed) {
  TempDir dir;
  recipe_.device = "tpu";
  EXPECT_THAT(Train(recipe_, set_.set(split_), Options(dir, 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"tpu\"")));
}

}  // namespace
}  // namespace lookbook
