#include "models/train/optimizer.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using State = torch::optim::AdamWParamState;

torch::optim::OptimizerParamGroup MakeGroup(std::vector<torch::Tensor> parameters,
                                            const OptimizerRecipe& recipe, double weight_decay) {
  auto options = std::make_unique<torch::optim::AdamWOptions>(recipe.lr);
  options->betas({0.9, 0.999}).eps(1e-8).weight_decay(weight_decay);
  return {std::move(parameters), std::move(options)};
}

}  // namespace

std::unique_ptr<torch::optim::AdamW> MakeOptimizer(torch::nn::Module& net,
                                                   const OptimizerRecipe& recipe) {
  std::vector<torch::Tensor> decayed, plain;
  for (const torch::Tensor& parameter : net.parameters())
    (parameter.dim() > 1 ? decayed : plain).push_back(parameter);
  std::vector<torch::optim::OptimizerParamGroup> groups;
  if (!decayed.empty())
    groups.push_back(MakeGroup(std::move(decayed), recipe, recipe.weight_decay));
  if (!plain.empty()) groups.push_back(MakeGroup(std::move(plain), recipe, 0));
  return std::make_unique<torch::optim::AdamW>(std::move(groups),
                                               torch::optim::AdamWOptions(recipe.lr));
}

void SetLearningRate(torch::optim::Optimizer& optimizer, double rate) {
  for (torch::optim::OptimizerParamGroup& group : optimizer.param_groups())
    group.options().set_lr(rate);
}

std::map<std::string, torch::Tensor> OptimizerState(const torch::nn::Module& net,
                                                    const torch::optim::AdamW& optimizer) {
  std::map<std::string, torch::Tensor> out;
  for (const auto& item : net.named_parameters()) {
    const auto found = optimizer.state().find(item.value().unsafeGetTensorImpl());
    if (found == optimizer.state().end()) continue;
    const State& state = static_cast<const State&>(*found->second);
    out[absl::StrCat("step.", item.key())] = torch::tensor(state.step(), torch::kInt64);
    out[absl::StrCat("exp_avg.", item.key())] = state.exp_avg();
    out[absl::StrCat("exp_avg_sq.", item.key())] = state.exp_avg_sq();
  }
  return out;
}

absl::Status RestoreOptimizerState(const torch::nn::Module& net,
                                   const std::map<std::string, torch::Tensor>& state,
                                   torch::optim::AdamW& optimizer) {
  for (const auto& item : net.named_parameters()) {
    const auto step = state.find(absl::StrCat("step.", item.key()));
    if (step == state.end()) continue;
    const auto first = state.find(absl::StrCat("exp_avg.", item.key()));
    const auto second = state.find(absl::StrCat("exp_avg_sq.", item.key()));
    if (first == state.end() || second == state.end() ||
        first->second.sizes() != item.value().sizes() ||
        second->second.sizes() != item.value().sizes()) {
      return absl::DataLossError(
          absl::StrCat("optimizer state of ", item.key(), " is not complete"));
    }
    auto restored = std::make_unique<State>();
    restored->step(step->second.item<int64_t>());
    // Laid out in memory like the parameter, as a fresh moment would be.
    restored->exp_avg(torch::empty_like(item.value()).detach().copy_(first->second));
    restored->exp_avg_sq(torch::empty_like(item.value()).detach().copy_(second->second));
    optimizer.state()[item.value().unsafeGetTensorImpl()] = std::move(restored);
  }
  return absl::OkStatus();
}

}  // namespace lookbook
