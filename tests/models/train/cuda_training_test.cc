// The trainer on a GPU, against the CPU's. Skipped where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "base/files.h"
#include "engine/embed/torch_cuda.h"
#include "models/dataset/device_pixels.h"
#include "models/recipe/compute_keys.h"
#include "models/train/checkpoint.h"
#include "models/train/compute_plan.h"
#include "models/train/feature_cache.h"
#include "models/train/tensor_file.h"
#include "models/train/trainer.h"
#include "models/train/weights.h"
#include "tests/models/train/tiny_set.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kText[] = "name = \"tiny\"\n[[stage]]\nname = \"all\"\nsteps = 12\n";

class CudaTrainingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const absl::Status status = LoadTorchCuda(); !status.ok()) GTEST_SKIP() << status;
    set_ = std::make_unique<TinySet>(30);
    for (int i = 0; i < 24; ++i) split_.train.push_back(i);
    for (int i = 24; i < 30; ++i) split_.validation.push_back(i);
  }

  // The same pixels on both devices: the batch back end, some of everything.
  static Recipe RecipeOn(const std::string& device, const std::string& precision) {
    Recipe recipe = TinyRecipe(12);
    recipe.data.augment = {0.5, 0.8, 1.0, 0.2, 0.3, 5};
    recipe.data.augment.backend = "batch";
    recipe.device = device;
    recipe.precision = precision;
    recipe.text = WithComputeKeys(kText, device, precision);
    recipe.stages[0].losses = {LossRecipe{}, LossRecipe{}};
    recipe.stages[0].losses[1].name = "supcon";
    recipe.network.embedding_dim = 16;
    return recipe;
  }

  TrainOptions Options(const TempDir& dir) {
    TrainOptions options;
    options.directory = dir.path();
    options.on_step = [this](const StepReport& report) { losses_.push_back(report.loss); };
    return options;
  }

  std::vector<double> Losses(const Recipe& recipe, const TrainOptions& options) {
    losses_.clear();
    EXPECT_THAT(Train(recipe, set_->set(split_), options), IsOk());
    return losses_;
  }

  static void ExpectClose(const std::vector<double>& got, const std::vector<double>& want,
                          double share) {
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(got[i], want[i], share * std::abs(want[i])) << "step " << i + 1;
  }

  // Sums in another order make two trainings of so few pictures part after a while.
  static void ExpectCloseAtFirst(std::vector<double> got, std::vector<double> want) {
    ASSERT_EQ(got.size(), want.size());
    const auto mean = [](const std::vector<double>& values) {
      return std::accumulate(values.begin(), values.end(), 0.0) /
             static_cast<double>(values.size());
    };
    EXPECT_NEAR(mean(got), mean(want), 0.15 * mean(want));
    got.resize(5);
    want.resize(5);
    ExpectClose(got, want, 0.05);
  }

  std::unique_ptr<TinySet> set_;
  Split split_;
  std::vector<double> losses_;
};

TEST_F(CudaTrainingTest, Float32FollowsTheCpu) {
  TempDir on_cpu, on_gpu;
  const std::vector<double> want = Losses(RecipeOn("cpu", "fp32"), Options(on_cpu));
  const std::vector<double> got = Losses(RecipeOn("cuda", "fp32"), Options(on_gpu));
  ASSERT_THAT(want, SizeIs(12));
  EXPECT_NEAR(got[0], want[0], 1e-4 * want[0]) << "the same weights and pixels";
  ExpectCloseAtFirst(got, want);
}

TEST_F(CudaTrainingTest, TheImageBackEndWorksBesideAGpu) {
  TempDir on_cpu, on_gpu;
  Recipe cpu = RecipeOn("cpu", "fp32"), gpu = RecipeOn("cuda", "fp32");
  cpu.data.augment.backend = gpu.data.augment.backend = "image";
  const std::vector<double> want = Losses(cpu, Options(on_cpu));
  const std::vector<double> got = Losses(gpu, Options(on_gpu));
  EXPECT_NEAR(got[0], want[0], 1e-4 * want[0]);
  ExpectCloseAtFirst(got, want);
}

TEST_F(CudaTrainingTest, Bfloat16AndTf32Learn) {
  const TinySet set(32, 32, 5);
  for (const char* precision : {"bf16", "tf32"}) {
    SCOPED_TRACE(precision);
    Recipe recipe = TinyRecipe(150, 16);
    recipe.device = "cuda";
    recipe.precision = precision;
    recipe.data.augment.backend = "batch";
    TempDir dir;
    losses_.clear();
    LB_ASSERT_OK_AND_ASSIGN(const TrainResult result,
                            Train(recipe, set.set(AllTrain(32)), Options(dir)));
    EXPECT_LT(losses_.back(), losses_.front() / 2);
    EXPECT_GT(result.history.back().validation.map, 0.95);
  }
}

TEST_F(CudaTrainingTest, EveryLossTrains) {
  for (const char* name : {"bce", "asl", "triplet", "graded", "angular", "supcon", "ntxent", "dcl",
                           "vicreg", "rotation"}) {
    SCOPED_TRACE(name);
    Recipe recipe = RecipeOn("cuda", "bf16");
    recipe.stages[0].steps = 3;
    recipe.stages[0].losses = {LossRecipe{}};
    recipe.stages[0].losses[0].name = name;
    TempDir dir;
    for (const double loss : Losses(recipe, Options(dir))) EXPECT_TRUE(std::isfinite(loss));
  }
}

// Left on the device with the terms until it is read.
TEST_F(CudaTrainingTest, RotationAccuracyIsAShareOfTheTurns) {
  Recipe recipe = RecipeOn("cuda", "fp32");
  recipe.stages[0].steps = 3;  // Of eight pictures: four are turned.
  recipe.stages[0].losses = {LossRecipe{}};
  recipe.stages[0].losses[0].name = "rotation";
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Train(recipe, set_->set(split_), Options(dir)));
  const HistoryEntry& entry = result.history.back();
  const double right = 12 * entry.figures.at("rotation_accuracy");
  EXPECT_NEAR(right, std::round(right), 1e-4);
  EXPECT_GE(right, 0);
  EXPECT_LE(right, 12);
  EXPECT_EQ(entry.validation.figures.count("rotation_accuracy"), 1u);
  EXPECT_EQ(entry.looks.size(), 1u);
}

TEST_F(CudaTrainingTest, StoppedAndResumedGoesOnUpToRounding) {
  TempDir whole, parts;
  const std::vector<double> want = Losses(RecipeOn("cuda", "fp32"), Options(whole));
  TrainOptions options = Options(parts);
  int asked = 0;
  options.should_stop = [&asked] { return ++asked == 5; };
  losses_.clear();
  ASSERT_THAT(Train(RecipeOn("cuda", "fp32"), set_->set(split_), options),
              StatusIs(absl::StatusCode::kCancelled));
  options = Options(parts);
  options.resume = true;
  ASSERT_THAT(Train(RecipeOn("cuda", "fp32"), set_->set(split_), options), IsOk());
  ExpectClose(losses_, want, 0.05);
}

TEST_F(CudaTrainingTest, ACheckpointGoesFromTheCpuToTheGpuAndBack) {
  TempDir whole, parts;
  const std::vector<double> want = Losses(RecipeOn("cpu", "fp32"), Options(whole));
  losses_.clear();
  for (const char* device : {"cpu", "cuda", "cpu"}) {
    TrainOptions options = Options(parts);
    options.resume = !losses_.empty();
    int asked = 0;
    options.should_stop = [&asked] { return ++asked == 4; };
    // The last part ends with the run's last step; a stop is asked for there as well.
    const absl::Status status =
        Train(RecipeOn(device, "fp32"), set_->set(split_), options).status();
    ASSERT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    LB_ASSERT_OK_AND_ASSIGN(const TensorFile file, ReadTensorFile(parts / "checkpoint.pt"));
    for (const auto& [name, tensor] : file.tensors) EXPECT_TRUE(tensor.is_cpu()) << name;
  }
  ExpectClose(losses_, want, 0.05);
}

TEST_F(CudaTrainingTest, DivergenceIsNoticedAndTheCheckpointStays) {
  TempDir dir;
  Recipe recipe = RecipeOn("cuda", "fp32");
  recipe.stages[0].losses = {LossRecipe{}};
  recipe.stages[0].optimizer.lr = 1e30;
  recipe.stages[0].clip_norm = 0;
  EXPECT_THAT(Train(recipe, set_->set(split_), Options(dir)),
              StatusIs(absl::StatusCode::kAborted,
                       AllOf(HasSubstr("diverged: at step"), HasSubstr("optimizer.lr"))));
  EXPECT_FALSE(PathExists(dir / "checkpoint.pt"));
}

TEST_F(CudaTrainingTest, WeightsAreTheCpusToRead) {
  TempDir dir;
  Losses(RecipeOn("cuda", "bf16"), Options(dir));
  LB_ASSERT_OK_AND_ASSIGN(const LoadedNetwork loaded, LoadWeights(dir / "weights.pt"));
  for (const torch::Tensor& parameter : loaded.net->parameters()) {
    EXPECT_TRUE(parameter.is_cpu());
    EXPECT_EQ(parameter.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(parameter.isfinite().all().item<bool>());
  }
}

TEST_F(CudaTrainingTest, PicturesOnTheDeviceGiveTheSameBatches) {
  LoaderOptions options;
  options.batch_size = 7;
  options.augment = {0.5, 0.6, 1.0, 0.2, 0.5, 10};
  options.augment.backend = "batch";
  std::vector<int64_t> rows(30);
  std::iota(rows.begin(), rows.end(), 0);
  const auto batches = [&](torch::Device device, int64_t most_bytes) {
    options.device = device;
    options.pixels = DevicePixels::Create(set_->cache(), device, most_bytes);
    EXPECT_EQ(options.pixels->resident(), most_bytes > 0);
    auto loader = Loader::Create(set_->data(), set_->cache(), set_->spec(), rows, options);
    EXPECT_THAT(loader, IsOk());
    (*loader)->StartEpoch(3);
    std::vector<Batch> out;
    while (auto batch = (*loader)->Next()) out.push_back(*std::move(batch));
    return out;
  };
  const std::vector<Batch> resident = batches(torch::kCUDA, 1 << 30);
  const std::vector<Batch> copied = batches(torch::kCUDA, 0);
  const std::vector<Batch> on_cpu = batches(torch::kCPU, 1 << 30);
  ASSERT_THAT(resident, SizeIs(4));
  for (size_t i = 0; i < resident.size(); ++i) {
    EXPECT_TRUE(resident[i].images.is_cuda());
    EXPECT_TRUE(resident[i].targets.is_cuda());
    EXPECT_EQ(resident[i].rows, copied[i].rows);
    EXPECT_TRUE(torch::equal(resident[i].images, copied[i].images));
    EXPECT_TRUE(torch::equal(resident[i].targets.cpu(), on_cpu[i].targets));
    EXPECT_LT((resident[i].images.cpu() - on_cpu[i].images).abs().max().item<double>(), 1e-3);
  }
}

TEST_F(CudaTrainingTest, CachedFeaturesAreNearlyTheCpus) {
  ASSERT_THAT(MakeComputePlan(RecipeOn("cuda", "fp32")), IsOk()) << "no TF32";
  torch::manual_seed(1);
  NetworkSpec spec;
  spec.classes = 3;
  LB_ASSERT_OK_AND_ASSIGN(const EmbedderNet net, MakeNetwork(spec));
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet want,
                          CachedFeatures(dir / "cpu.pt", net, set_->set(split_), 1));
  net->to(torch::kCUDA);
  LB_ASSERT_OK_AND_ASSIGN(const FeatureSet got,
                          CachedFeatures(dir / "gpu.pt", net, set_->set(split_), 1));
  EXPECT_TRUE(got.features.is_cpu());
  EXPECT_TRUE(torch::allclose(got.features, want.features, 1e-3, 1e-4));
}

TEST_F(CudaTrainingTest, AHeadOnCachedFeaturesTrains) {
  Recipe recipe = TinyRecipe(6);
  recipe.device = "cuda";
  recipe.stages[0].freeze = "backbone";
  recipe.stages[0].cache_features = true;
  TempDir dir;
  for (const double loss : Losses(recipe, Options(dir))) EXPECT_TRUE(std::isfinite(loss));
}

}  // namespace
}  // namespace lookbook
