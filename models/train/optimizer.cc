#include "models/train/optimizer.h"

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "models/train/fused_adam.h"

namespace lookbook {
namespace {

using torch::optim::Optimizer;
using torch::optim::OptimizerParamGroup;
using Tensors = std::map<std::string, torch::Tensor>;

std::unique_ptr<torch::optim::OptimizerOptions> MakeOptions(const OptimizerRecipe& recipe,
                                                            double weight_decay) {
  if (recipe.name == "sgd") {
    auto options = std::make_unique<torch::optim::SGDOptions>(recipe.lr);
    options->momentum(recipe.momentum).weight_decay(weight_decay);
    return options;
  }
  if (recipe.name == "adam") {
    auto options = std::make_unique<torch::optim::AdamOptions>(recipe.lr);
    options->betas({0.9, 0.999}).eps(1e-8).weight_decay(weight_decay);
    return options;
  }
  auto options = std::make_unique<torch::optim::AdamWOptions>(recipe.lr);
  options->betas({0.9, 0.999}).eps(1e-8).weight_decay(weight_decay);
  return options;
}

std::unique_ptr<Optimizer> MakeNamed(const OptimizerRecipe& recipe,
                                     std::vector<OptimizerParamGroup> groups) {
  if (recipe.name == "sgd") {
    return std::make_unique<torch::optim::SGD>(std::move(groups),
                                               torch::optim::SGDOptions(recipe.lr));
  }
  if (recipe.name == "adam") {
    return std::make_unique<torch::optim::Adam>(std::move(groups),
                                                torch::optim::AdamOptions(recipe.lr));
  }
  return std::make_unique<torch::optim::AdamW>(std::move(groups),
                                               torch::optim::AdamWOptions(recipe.lr));
}

// Adds up to two groups: decayed and plain.
void AddGroups(const std::vector<torch::Tensor>& parameters, double factor,
               const OptimizerRecipe& recipe, std::vector<OptimizerParamGroup>* groups,
               std::vector<double>* factors) {
  for (const bool decayed : {true, false}) {
    std::vector<torch::Tensor> part;
    for (const torch::Tensor& parameter : parameters) {
      if (parameter.requires_grad() && (parameter.dim() > 1) == decayed) part.push_back(parameter);
    }
    if (part.empty()) continue;
    groups->emplace_back(std::move(part), MakeOptions(recipe, decayed ? recipe.weight_decay : 0));
    factors->push_back(factor);
  }
}

std::vector<torch::Tensor> TensorsOf(const ParameterBlock& block) {
  std::vector<torch::Tensor> out;
  for (const auto& [name, tensor] : block.parameters) out.push_back(tensor);
  return out;
}

template <typename State>
void Save(const State& state, const std::string& name, Tensors* out) {
  (*out)["step." + name] = torch::tensor(state.step(), torch::kInt64);
  (*out)["exp_avg." + name] = state.exp_avg();
  (*out)["exp_avg_sq." + name] = state.exp_avg_sq();
}

// The moment `key` laid out in memory like its parameter, as a fresh one would be.
absl::Status Take(const Tensors& state, const std::string& key, const torch::Tensor& parameter,
                  torch::Tensor* out) {
  const auto found = state.find(key);
  if (found == state.end() || found->second.sizes() != parameter.sizes())
    return absl::DataLossError(absl::StrCat("optimizer state ", key, " is not complete"));
  *out = torch::empty_like(parameter).detach().copy_(found->second);
  return absl::OkStatus();
}

template <typename State>
absl::Status Restore(const Tensors& state, const std::string& name, const torch::Tensor& parameter,
                     int64_t step, Optimizer& optimizer) {
  torch::Tensor first, second;
  if (absl::Status s = Take(state, "exp_avg." + name, parameter, &first); !s.ok()) return s;
  if (absl::Status s = Take(state, "exp_avg_sq." + name, parameter, &second); !s.ok()) return s;
  auto restored = std::make_unique<State>();
  restored->step(step);
  restored->exp_avg(first);
  restored->exp_avg_sq(second);
  optimizer.state()[parameter.unsafeGetTensorImpl()] = std::move(restored);
  return absl::OkStatus();
}

}  // namespace

void StageOptimizer::SetLearningRate(double rate) {
  for (size_t i = 0; i < rate_factors.size(); ++i)
    optimizer->param_groups()[i].options().set_lr(rate * rate_factors[i]);
}

void StageOptimizer::StepUnless(const torch::Tensor& skip) {
  if (IsAdam(*optimizer)) return FusedAdamStep(*optimizer, skip);
  optimizer->step();
}

StageOptimizer MakeOptimizer(const TrainedModuleImpl& module, const OptimizerRecipe& recipe) {
  StageOptimizer out;
  std::vector<OptimizerParamGroup> groups;
  const std::vector<ParameterBlock> blocks = module.net->Blocks();
  for (size_t i = 0; i < blocks.size(); ++i) {
    // The last block is the heads; the one before it the backbone's last.
    const size_t from_end = blocks.size() - 1 - i;
    const double factor =
        from_end == 0 ? 1
                      : recipe.backbone_lr_factor * std::pow(recipe.layer_decay, from_end - 1.0);
    AddGroups(TensorsOf(blocks[i]), factor, recipe, &groups, &out.rate_factors);
  }
  AddGroups(module.heads->parameters(), 1, recipe, &groups, &out.rate_factors);
  TORCH_CHECK(!groups.empty(), "nothing to train: every parameter is frozen");
  out.optimizer = MakeNamed(recipe, std::move(groups));
  return out;
}

std::map<std::string, torch::Tensor> OptimizerState(const torch::nn::Module& module,
                                                    const Optimizer& optimizer) {
  Tensors out;
  for (const auto& item : module.named_parameters()) {
    const auto found = optimizer.state().find(item.value().unsafeGetTensorImpl());
    if (found == optimizer.state().end()) continue;
    const torch::optim::OptimizerParamState& state = *found->second;
    if (const auto* adamw = dynamic_cast<const torch::optim::AdamWParamState*>(&state)) {
      Save(*adamw, item.key(), &out);
    } else if (const auto* adam = dynamic_cast<const torch::optim::AdamParamState*>(&state)) {
      Save(*adam, item.key(), &out);
    } else if (const auto* sgd = dynamic_cast<const torch::optim::SGDParamState*>(&state)) {
      if (sgd->momentum_buffer().defined()) out["momentum." + item.key()] = sgd->momentum_buffer();
    }
  }
  return out;
}

absl::Status RestoreOptimizerState(const torch::nn::Module& module, const Tensors& state,
                                   Optimizer& optimizer) {
  optimizer.state().clear();
  const bool adamw = dynamic_cast<torch::optim::AdamW*>(&optimizer) != nullptr;
  for (const auto& item : module.named_parameters()) {
    absl::Status status;
    if (const auto step = state.find("step." + item.key()); step != state.end()) {
      const int64_t steps = step->second.item<int64_t>();
      status = adamw ? Restore<torch::optim::AdamWParamState>(state, item.key(), item.value(),
                                                              steps, optimizer)
                     : Restore<torch::optim::AdamParamState>(state, item.key(), item.value(), steps,
                                                             optimizer);
    } else if (state.contains("momentum." + item.key())) {
      torch::Tensor momentum;
      status = Take(state, "momentum." + item.key(), item.value(), &momentum);
      auto restored = std::make_unique<torch::optim::SGDParamState>();
      restored->momentum_buffer(momentum);
      optimizer.state()[item.value().unsafeGetTensorImpl()] = std::move(restored);
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace lookbook
