// Stages of every kind through Train(): what moves, what stays, when it stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "base/files.h"
#include "models/train/tensor_file.h"
#include "models/train/trainer.h"
#include "models/train/validator.h"
#include "models/train/weights.h"
#include "tests/models/train/tiny_set.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Pair;

LossRecipe Named(const std::string& name) {
  LossRecipe loss;
  EXPECT_TRUE(LossOfName(name, &loss)) << name;
  return loss;
}

class TrainerObjectivesTest : public ::testing::Test {
 protected:
  TrainerObjectivesTest() {
    for (int i = 0; i < 32; ++i) split_.train.push_back(i);
    for (int i = 32; i < 40; ++i) split_.validation.push_back(i);
  }

  Recipe RecipeOf(std::vector<LossRecipe> losses, int64_t steps = 8) {
    Recipe recipe = TinyRecipe(steps);
    recipe.stages[0].losses = std::move(losses);
    return recipe;
  }

  // By such a temperature every picture looks alike, and at such a rate none moves: log 7.
  Recipe OnItsLandmark(int64_t steps) {
    Recipe recipe = RecipeOf({Named("supcon")}, steps);
    recipe.stages[0].losses[0].supcon.tau = 100;
    recipe.stages[0].losses[0].supcon.relation = "any";
    recipe.stages[0].optimizer.lr = 1e-9;
    recipe.stages[0].guard.action = "report";
    return recipe;
  }

  absl::StatusOr<TrainResult> Run(const Recipe& recipe, const TempDir& dir) {
    TrainOptions options;
    options.directory = dir.path();
    return Train(recipe, set_.set(split_), options);
  }

  std::map<std::string, torch::Tensor> Tensors(const TempDir& dir) {
    auto file = ReadTensorFile(dir / "weights.pt");
    EXPECT_THAT(file, IsOk());
    return file->tensors;
  }

  TinySet set_{40};
  Split split_;
};

TEST_F(TrainerObjectivesTest, EveryLossTrainsAndIsReported) {
  for (const char* name : {"bce", "asl", "triplet", "graded", "angular", "supcon", "ntxent", "dcl",
                           "vicreg", "rotation"}) {
    SCOPED_TRACE(name);
    Recipe recipe = RecipeOf({Named(name)});
    recipe.stages[0].losses[0].pairs.positive_shared = 0;
    TempDir dir;
    LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
    EXPECT_EQ(result.steps, 8);
    EXPECT_THAT(result.history.back().figures, Contains(Key(name)));
    const ValidationResult& validation = result.history.back().validation;
    ASSERT_THAT(validation.figures, Contains(Key(name))) << "a term that validation leaves out";
    EXPECT_NEAR(validation.loss, validation.figures.at(name), 1e-6);
    EXPECT_TRUE(std::isfinite(result.history.back().train_loss));
    EXPECT_FALSE(result.health.empty());
  }
}

// In batches of four hardly one has triplets. By such a margin each of them is right, so that what
// is less than 1 has counted batches that had none.
TEST_F(TrainerObjectivesTest, SharesOfTripletsAreOverAllTripletsOfTheEpoch) {
  Recipe recipe = RecipeOf({Named("triplet")});
  recipe.stages[0].batch_size = 4;
  recipe.stages[0].losses[0].pairs = {.rule = "strict", .positive_shared = 0};
  recipe.stages[0].losses[0].triplet.accuracy_margin = 10;
  split_.validation = split_.train;  // The eight of the split have no triplet.
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  const HistoryEntry& entry = result.history.back();
  EXPECT_THAT(entry.figures, Contains(Pair("triplet_accuracy", 1)));
  EXPECT_THAT(entry.validation.figures, Contains(Pair("triplet_accuracy", 1)));

  recipe.stages[0].losses[0].pairs.positive_shared = 3;  // There are three labels.
  recipe.stages[0].guard.action = "off";                 // Nothing is learned.
  TempDir none;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult empty, Run(recipe, none));
  EXPECT_EQ(empty.history.back().figures.count("triplet_accuracy"), 0u) << "a share of nothing";
}

std::vector<BatchLook> LooksOf(const TrainResult& result) {
  std::vector<BatchLook> out;
  for (const HistoryEntry& entry : result.history)
    out.insert(out.end(), entry.looks.begin(), entry.looks.end());
  return out;
}

// Four batches an epoch. The run is stopped after the step whose batch was looked at, within an
// epoch, so that the look lies in the checkpoint.
TEST_F(TrainerObjectivesTest, OneBatchInFiftyIsLookedAtStoppedOrNot) {
  Recipe recipe = RecipeOf({Named("bce"), Named("triplet")}, 104);
  recipe.stages[0].losses[1].pairs = {.rule = "strict", .positive_shared = 0};
  recipe.stages[0].guard.action = "report";
  TempDir whole, parts;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult want, Run(recipe, whole));
  const std::vector<BatchLook> looks = LooksOf(want);
  ASSERT_EQ(looks.size(), 3u);
  EXPECT_EQ(looks[0].step, 1);
  EXPECT_EQ(looks[1].step, 51);
  EXPECT_EQ(looks[2].step, 101);
  EXPECT_EQ(want.history[12].step, 52);
  ASSERT_EQ(want.history[12].looks.size(), 1u) << "what belongs to the validation after it";
  EXPECT_GT(looks[1].std_sqrt_d, 0);
  EXPECT_TRUE(looks[1].triplet_active.has_value());
  EXPECT_TRUE(looks[1].triplet_accuracy.has_value());

  TrainOptions options;
  options.directory = parts.path();
  StepReport last;
  options.on_step = [&](const StepReport& report) { last = report; };
  options.should_stop = [&] { return last.step == 51; };
  ASSERT_THAT(Train(recipe, set_.set(split_), options), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(last.look.step, 51);
  EXPECT_EQ(last.look.std_sqrt_d, looks[1].std_sqrt_d);
  options.resume = true;
  options.should_stop = nullptr;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult got, Train(recipe, set_.set(split_), options));
  const std::vector<BatchLook> resumed = LooksOf(got);
  ASSERT_EQ(resumed.size(), looks.size());
  for (size_t i = 0; i < looks.size(); ++i) {
    EXPECT_EQ(resumed[i].step, looks[i].step);
    EXPECT_EQ(resumed[i].std_sqrt_d, looks[i].std_sqrt_d);
    EXPECT_EQ(resumed[i].triplet_active, looks[i].triplet_active);
    EXPECT_EQ(resumed[i].triplet_accuracy, looks[i].triplet_accuracy);
  }
}

// With one view NT-Xent's term would be missing, and its validation loss 0. An untrained network
// puts all views in about one place: log(2B - 1) = 2.71 for batches of eight.
TEST_F(TrainerObjectivesTest, SelfSupervisionIsValidatedOnTwoViews) {
  Recipe recipe = RecipeOf({Named("ntxent"), Named("rotation")});
  recipe.data.augment.crop_scale_min = 0.5;
  recipe.stages[0].steps = 0;
  recipe.stages[0].epochs = 3;
  recipe.stages[0].ema = 0;
  recipe.stages[0].optimizer = {.name = "sgd", .lr = 1e-8, .weight_decay = 0, .momentum = 0};
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  const ValidationResult& last = result.history.back().validation;
  EXPECT_GT(last.figures.at("ntxent"), 1);
  EXPECT_LT(last.figures.at("ntxent"), 4);
  EXPECT_NEAR(last.loss, last.figures.at("ntxent") + last.figures.at("rotation"), 1e-6);
  for (const auto* figures : {&result.history.back().figures, &last.figures}) {
    ASSERT_THAT(*figures, Contains(Key("rotation_accuracy")));
    const double quarters = 4 * figures->at("rotation_accuracy");
    EXPECT_GE(quarters, 0);
    EXPECT_LE(quarters, 4);
  }
}

// Learning 32 pictures by heart puts those of one label set in one place.
TEST_F(TrainerObjectivesTest, AMetricLossLearns32PicturesByHeart) {
  LossRecipe loss = Named("supcon");
  loss.supcon.relation = "exact";
  Recipe recipe = RecipeOf({loss}, 150);
  recipe.stages[0].batch_size = 32;
  recipe.stages[0].schedule.name = "constant";
  split_.validation.clear();  // The pictures that it trains on are judged.
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  EXPECT_EQ(result.history.back().validation.part, "train sample");
  EXPECT_EQ(result.history.back().validation.images, 32);
  EXPECT_LT(result.history.front().validation.recall_at_1, 1) << "nothing to learn";
  EXPECT_EQ(result.history.back().validation.recall_at_1, 1);
}

// A backbone that is frozen moves neither by gradients nor by what its BatchNorms see.
TEST_F(TrainerObjectivesTest, AFrozenBackboneIsTheSameBitForBitAfterAnEpoch) {
  Recipe recipe = RecipeOf({Named("bce")}, 4);
  StageRecipe second = recipe.stages[0];
  second.name = "head";
  second.steps = 0;
  second.epochs = 2;
  second.freeze = "backbone";
  second.ema = 0;
  TempDir first_only, both;
  ASSERT_THAT(Run(recipe, first_only), IsOk());
  recipe.stages.push_back(second);
  ASSERT_THAT(Run(recipe, both), IsOk());
  const auto before = Tensors(first_only), after = Tensors(both);
  int frozen = 0;
  for (const auto& [name, tensor] : before) {
    const bool head = name.find("classifier") == 0 || name.find("attribute_head") == 0;
    EXPECT_EQ(torch::equal(tensor, after.at(name)), !head) << name;
    frozen += !head;
  }
  EXPECT_GE(frozen, 7 * 6) << "seven blocks of a weight, two of the norm, and its three buffers";
}

// The head sees standardised features while it trains; what is kept takes plain ones.
TEST_F(TrainerObjectivesTest, CachedFeaturesTrainAHeadThatNeedsNoCache) {
  Recipe recipe = RecipeOf({Named("bce")}, 3);
  StageRecipe probe = recipe.stages[0];
  probe.name = "probe";
  probe.steps = 30;
  probe.freeze = "backbone";
  probe.cache_features = true;
  probe.optimizer.lr = 1e-2;
  recipe.stages.push_back(probe);
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  EXPECT_TRUE(PathExists(dir / "features.pt"));
  LB_ASSERT_OK_AND_ASSIGN(LoadedNetwork loaded, LoadWeights(dir / "weights.pt"));
  LoaderOptions options;
  options.shuffle = false;
  options.drop_last = false;
  LB_ASSERT_OK_AND_ASSIGN(const auto loader, Loader::Create(set_.data(), set_.cache(), set_.spec(),
                                                            split_.validation, options));
  TrainedModule module(loaded.net, LossHeads(StageRecipe{}, loaded.net->feature_dim()));
  LB_ASSERT_OK_AND_ASSIGN(const ValidationResult again, Validate("validation", *module, *loader,
                                                                 Objective(StageRecipe{}, {}, {})));
  EXPECT_NEAR(again.map, result.best, 1e-6) << "images through the kept network";

  for (const int stop : {2, 3, 4, 20}) {
    SCOPED_TRACE(stop);
    TempDir parts;
    int steps = 0;
    TrainOptions options;
    options.directory = parts.path();
    options.on_step = [&](const StepReport&) { ++steps; };
    options.should_stop = [&] { return steps == stop; };
    ASSERT_THAT(Train(recipe, set_.set(split_), options), StatusIs(absl::StatusCode::kCancelled));
    options.should_stop = nullptr;
    options.resume = true;
    ASSERT_THAT(Train(recipe, set_.set(split_), options), IsOk());
    const auto want = Tensors(dir), got = Tensors(parts);
    for (const auto& [name, tensor] : want) EXPECT_TRUE(torch::equal(tensor, got.at(name))) << name;
  }
}

TEST_F(TrainerObjectivesTest, StopsEarlyWhenValidationNoLongerImproves) {
  Recipe recipe = RecipeOf({Named("bce")});
  recipe.stages[0].steps = 0;
  recipe.stages[0].epochs = 50;
  recipe.stages[0].optimizer.lr = 1e-8;  // Nothing changes, so nothing improves.
  recipe.stages[0].schedule.name = "constant";
  recipe.stages[0].early_stop = {.metric = "map", .patience = 3};
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  EXPECT_LT(result.history.size(), 15u);
  EXPECT_GE(result.history.size(), 4u);
}

// Shrinks every weight to nothing within an epoch.
StageRecipe Collapsing(const StageRecipe& like, const std::string& name) {
  StageRecipe bad = like;
  bad.name = name;
  bad.steps = 0;
  bad.epochs = 1;
  bad.optimizer = {.name = "sgd", .lr = 1, .weight_decay = 1, .momentum = 0};
  bad.schedule.name = "constant";
  bad.ema = 0;
  bad.clip_norm = 1e-6;
  return bad;
}

// No stage has more than two validations.
TEST_F(TrainerObjectivesTest, TheGuardActsInShortStages) {
  Recipe recipe = RecipeOf({Named("triplet")});
  StageRecipe& stage = recipe.stages[0];
  stage.losses[0].pairs = {.rule = "study"};
  stage.losses[0].triplet.margin = 0;
  recipe.stages.assign(3, Collapsing(stage, "short"));
  for (const int epochs : {1, 2}) {
    SCOPED_TRACE(epochs);
    for (StageRecipe& each : recipe.stages) each.epochs = epochs;
    TempDir dir;
    EXPECT_THAT(Run(recipe, dir).status(),
                StatusIs(absl::StatusCode::kAborted,
                         AllOf(HasSubstr("collapsed"), HasSubstr("never green"))));
    LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir / "history.json"));
    LB_ASSERT_OK_AND_ASSIGN(const auto history, HistoryFromJson(text));
    EXPECT_EQ(static_cast<int>(history.size()), epochs) << "in the first stage";
  }
}

TEST_F(TrainerObjectivesTest, AStageThatWouldEndRedIsTriedAgainMoreSlowly) {
  Recipe recipe = RecipeOf({Named("bce")}, 60);
  recipe.stages.push_back(Collapsing(recipe.stages[0], "bad"));
  recipe.stages.back().guard.rate_factor = 0.001;
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  ASSERT_GE(result.history.size(), 2u);
  const HistoryEntry& red = result.history[result.history.size() - 2];
  EXPECT_EQ(red.health, "red");
  EXPECT_THAT(red.event, HasSubstr("red at the end of a stage; back to the last green weights"));
  EXPECT_NE(result.health, "red");
  EXPECT_NE(result.kept_health, "red");
}

// What a stage that is only watched left collapsed counts in the next one, and is no way back.
TEST_F(TrainerObjectivesTest, RedCountsOverTheBoundsOfStages) {
  Recipe recipe = RecipeOf({Named("bce")}, 60);
  recipe.stages.push_back(Collapsing(recipe.stages[0], "watched"));
  recipe.stages.back().guard.action = "report";
  recipe.stages.back().keep = "last";
  recipe.stages.push_back(Collapsing(recipe.stages[0], "guarded"));
  recipe.stages.back().epochs = 5;
  TempDir dir;
  EXPECT_THAT(
      Run(recipe, dir).status(),
      StatusIs(absl::StatusCode::kAborted,
               AllOf(HasSubstr("stage guarded"), HasSubstr("step 68:"), HasSubstr("never green"))));
}

// Margin 0 without classification: every map to one point is a minimum.
TEST_F(TrainerObjectivesTest, TheGuardStopsACollapseThatWasNeverGreen) {
  Recipe recipe = RecipeOf({Named("triplet")});
  StageRecipe& stage = recipe.stages[0];
  stage.losses[0].pairs = {.rule = "study"};
  stage.losses[0].triplet.margin = 0;
  stage.steps = 0;
  stage.epochs = 60;
  stage.optimizer = {.name = "sgd", .lr = 1, .weight_decay = 0.5, .momentum = 0};
  stage.schedule.name = "constant";
  stage.ema = 0;
  TempDir dir;
  const absl::Status status = Run(recipe, dir).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted,
                               AllOf(HasSubstr("collapsed"), HasSubstr("std*sqrt(D)"))));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir / "history.json"));
  LB_ASSERT_OK_AND_ASSIGN(const auto history, HistoryFromJson(text));
  EXPECT_EQ(history.back().health, "red");
  EXPECT_LT(history.size(), 60u);

  // The same, watched only: it runs to its end and says what became of it.
  stage.guard.action = "report";
  stage.epochs = static_cast<int>(history.size()) + 2;
  TempDir watched;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, watched));
  EXPECT_EQ(result.health, "red");
  EXPECT_EQ(result.kept_health, "red");
}

TEST_F(TrainerObjectivesTest, AfterACollapseItGoesOnFromTheLastGreenWeights) {
  Recipe recipe = RecipeOf({Named("bce")}, 60);
  StageRecipe bad = Collapsing(recipe.stages[0], "bad");
  bad.epochs = 8;
  bad.guard = {.patience = 1, .max_restores = 2, .rate_factor = 0.001};
  recipe.stages.push_back(bad);
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  int events = 0;
  for (const HistoryEntry& entry : result.history) {
    if (entry.event.empty()) continue;
    EXPECT_EQ(entry.health, "red");
    EXPECT_FALSE(entry.best) << "though it is the first of the stage";
    EXPECT_THAT(entry.event, HasSubstr("back to the last green weights"));
    ++events;
  }
  EXPECT_EQ(events, 1) << "at a thousandth of the rate nothing collapses";
  EXPECT_NE(result.health, "red");
  EXPECT_NEAR(result.history.back().learning_rate, 1e-3, 1e-9);
}

// What is kept after a way back is the best of what led there, not of what collapsed since.
TEST_F(TrainerObjectivesTest, TheWayBackBringsTheBestWeightsToo) {
  Recipe recipe = RecipeOf({Named("bce")}, 60);
  StageRecipe bad = Collapsing(recipe.stages[0], "bad");
  bad.epochs = 30;
  bad.schedule = {.name = "warmup_cosine", .warmup = 1};  // Slow at first, then ever faster.
  bad.guard = {.patience = 1, .max_restores = 1, .rate_factor = 1e-6};
  recipe.stages.push_back(bad);
  TempDir dir;
  bool green = false, tampered = false;
  TrainOptions options;
  options.directory = dir.path();
  options.on_validation = [&](const HistoryEntry& entry) {
    if (entry.stage != "bad" || tampered) return;
    green |= entry.health == "green";
    if (entry.health != "red") return;
    tampered = true;
    EXPECT_THAT(WriteFile(dir / "best.pt", "of the way that is left"), IsOk());
  };
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Train(recipe, set_.set(split_), options));
  ASSERT_TRUE(green && tampered) << "else this shows nothing";
  EXPECT_NE(result.health, "red");
  EXPECT_THAT(LoadWeights(dir / "weights.pt"), IsOk());
}

// A head can do nothing about the embedding that it finds.
TEST_F(TrainerObjectivesTest, AFrozenBackboneIsNotJudgedByItsEmbedding) {
  Recipe recipe = RecipeOf({Named("bce")}, 60);
  StageRecipe bad = Collapsing(recipe.stages[0], "bad");
  bad.epochs = 8;
  bad.keep = "last";
  bad.guard.action = "report";
  StageRecipe head = recipe.stages[0];
  head.name = "head";
  head.freeze = "backbone";
  recipe.stages = {bad, head};
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  int before = 0, after = 0;
  for (const HistoryEntry& entry : result.history) {
    if (entry.stage == "head") {
      EXPECT_EQ(entry.health, "green");
      EXPECT_LT(entry.validation.std_sqrt_d, 0.05);
      ++after;
    } else {
      before += entry.health == "red";
    }
  }
  EXPECT_GT(before, 0);
  EXPECT_GE(after, 2) << "as many as would make the guard act";
  EXPECT_EQ(result.kept_health, "red") << "what it found, it keeps";
}

TEST_F(TrainerObjectivesTest, ALossThatStaysOnItsLandmarkTurnsRedAtStep200) {
  const Recipe recipe = OnItsLandmark(204);
  const auto sits = [](const HistoryEntry& entry) {
    return std::any_of(entry.health_reasons.begin(), entry.health_reasons.end(), [](auto& reason) {
      return absl::StrContains(reason, "on a constant map's supcon loss");
    });
  };
  for (const bool resumed : {false, true}) {
    SCOPED_TRACE(resumed);
    TempDir dir;
    int steps = 0;
    TrainOptions options;
    options.directory = dir.path();
    if (resumed) {
      options.on_step = [&](const StepReport&) { ++steps; };
      options.should_stop = [&] { return steps == 150; };
      ASSERT_THAT(Train(recipe, set_.set(split_), options), StatusIs(absl::StatusCode::kCancelled));
      options.should_stop = nullptr;
      options.resume = true;
    }
    LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Train(recipe, set_.set(split_), options));
    for (const HistoryEntry& entry : result.history)
      EXPECT_EQ(sits(entry), entry.step >= 200) << "step " << entry.step;
    EXPECT_EQ(result.health, "red");
  }
}

// Another stage counts anew.
TEST_F(TrainerObjectivesTest, LandmarksAreOfAStage) {
  Recipe recipe = OnItsLandmark(120);
  recipe.stages.push_back(recipe.stages[0]);
  recipe.stages[1].name = "again";
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const TrainResult result, Run(recipe, dir));
  for (const HistoryEntry& entry : result.history) {
    for (const std::string& reason : entry.health_reasons)
      EXPECT_FALSE(absl::StrContains(reason, "constant map")) << entry.step << ": " << reason;
  }
}

TEST_F(TrainerObjectivesTest, StoppedAndResumedInASelfSupervisedStageEqualsUninterrupted) {
  Recipe recipe = RecipeOf({Named("dcl"), Named("rotation")}, 6);
  recipe.data.augment.crop_scale_min = 0.6;
  StageRecipe second = recipe.stages[0];
  second.name = "metric";
  second.losses = {Named("bce"), Named("supcon")};
  second.sampler = {.name = "pairs", .partners = 1};
  second.mixup = 0;
  second.optimizer.name = "sgd";
  recipe.stages.push_back(second);
  TempDir whole;
  ASSERT_THAT(Run(recipe, whole), IsOk());
  for (const int stop : {2, 5, 6, 7, 11}) {
    SCOPED_TRACE(stop);
    TempDir parts;
    int steps = 0;
    TrainOptions options;
    options.directory = parts.path();
    options.on_step = [&](const StepReport&) { ++steps; };
    options.should_stop = [&] { return steps == stop; };
    ASSERT_THAT(Train(recipe, set_.set(split_), options), StatusIs(absl::StatusCode::kCancelled));
    options.should_stop = nullptr;
    options.resume = true;
    ASSERT_THAT(Train(recipe, set_.set(split_), options), IsOk());
    const auto want = Tensors(whole), got = Tensors(parts);
    for (const auto& [name, tensor] : want) EXPECT_TRUE(torch::equal(tensor, got.at(name))) << name;
  }
}

TEST_F(TrainerObjectivesTest, MixupTrains) {
  Recipe recipe = RecipeOf({Named("bce")});
  recipe.stages[0].mixup = 0.2;
  TempDir plain, mixed;
  ASSERT_THAT(Run(recipe, mixed), IsOk());
  recipe.stages[0].mixup = 0;
  ASSERT_THAT(Run(recipe, plain), IsOk());
  EXPECT_FALSE(
      torch::equal(Tensors(plain).at("classifier.weight"), Tensors(mixed).at("classifier.weight")));
}

}  // namespace
}  // namespace lookbook
