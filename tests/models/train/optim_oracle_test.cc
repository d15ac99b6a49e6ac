// Every reference value of the section "optim" of tests/models/oracles/vectors.json.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/train/optimizer.h"
#include "models/train/schedule.h"
#include "tests/models/evaluate/oracle.h"
#include "tests/models/evaluate/oracle_section.h"

namespace lookbook {
namespace {

using Json = nlohmann::json;

void CheckSchedule(OracleSection& want) {
  const double base = want.Input("/warmup_cosine/base").get<double>();
  const int64_t total = want.Input("/warmup_cosine/total").get<int64_t>();
  const double warmup = want.Input("/warmup_cosine/warmup").get<double>();
  want.Near("/warmup_cosine/final", kFinalLearningRate, 1e-15);
  const ScheduleRecipe schedule{.name = "warmup_cosine",
                                .warmup = warmup / static_cast<double>(total)};
  std::vector<double> rates;
  for (int64_t step = 0; step < total; ++step)
    rates.push_back(LearningRate(schedule, base, step, total));
  want.NearAll("/warmup_cosine/lr_by_step", rates, 1e-15);
}

void CheckDecay(OracleSection& want) {
  std::vector<double> decays;
  for (const int64_t update : {0, 1, 10, 100, 100000})
    decays.push_back(AverageDecay(0.999, update));
  want.NearAll("/ema_decay_warm", decays, 1e-15);
}

// Two entries of a weight matrix follow the trace; nothing else has a gradient.
void CheckAdamW(OracleSection& want) {
  const EmbedderNet net = *MakeNetwork({.backbone = "small_cnn", .classes = 3, .attributes = 0});
  TrainedModule module(net, LossHeads(StageRecipe{}, net->feature_dim()));
  module->to(torch::kFloat64);
  StageOptimizer optimizer =
      MakeOptimizer(*module, {.lr = want.Input("/adamw_trace/lr").get<double>(),
                              .weight_decay = want.Input("/adamw_trace/wd").get<double>()});
  const Json& start = want.Input("/adamw_trace/w0");
  const Json& gradients = want.Input("/adamw_trace/grads");
  torch::Tensor row = module->named_parameters()["net.classifier.weight"];
  {
    torch::NoGradGuard no_grad;
    for (int i = 0; i < 2; ++i) row[0][i] = start[i].get<double>();
  }
  for (size_t step = 0; step < gradients.size(); ++step) {
    row.mutable_grad() = torch::zeros_like(row);
    for (int i = 0; i < 2; ++i) row.mutable_grad()[0][i] = gradients[step][i].get<double>();
    optimizer.optimizer->step();
    want.NearAll("/adamw_trace/w/" + std::to_string(step),
                 std::vector<double>{row[0][0].item<double>(), row[0][1].item<double>()});
  }
}

class OptimOracleTest : public ::testing::Test {
 protected:
  const Json oracle_ = ReadOracle();
};

TEST_F(OptimOracleTest, EveryValueIsTheReferences) {
  OracleSection want(oracle_, "optim");
  CheckSchedule(want);
  CheckDecay(want);
  CheckAdamW(want);
}

}  // namespace
}  // namespace lookbook
