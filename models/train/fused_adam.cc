#include "models/train/fused_adam.h"

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/torch.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace lookbook {
namespace {

using torch::optim::Optimizer;

// The tensors of one group's parameters that have a gradient, side by side.
struct Columns {
  std::vector<torch::Tensor> parameters, gradients, first, second, steps;
};

// The kernel walks all four tensors of a parameter as one block of memory.
torch::Tensor LaidOutLike(const torch::Tensor& parameter, const torch::Tensor& gradient) {
  if (gradient.strides() == parameter.strides()) return gradient;
  return torch::empty_like(parameter).copy_(gradient);
}

// Made at a parameter's first step, as torch does.
template <typename State>
State& StateOf(Optimizer& optimizer, const torch::Tensor& parameter) {
  std::unique_ptr<torch::optim::OptimizerParamState>& slot =
      optimizer.state()[parameter.unsafeGetTensorImpl()];
  if (slot == nullptr) {
    auto fresh = std::make_unique<State>();
    fresh->step(0);
    fresh->exp_avg(torch::zeros_like(parameter, torch::MemoryFormat::Preserve));
    fresh->exp_avg_sq(torch::zeros_like(parameter, torch::MemoryFormat::Preserve));
    slot = std::move(fresh);
  }
  return static_cast<State&>(*slot);
}

template <typename State>
Columns Collect(Optimizer& optimizer, const std::vector<torch::Tensor>& parameters) {
  Columns out;
  std::map<int64_t, torch::Tensor> counts;  // Most parameters share theirs.
  for (const torch::Tensor& parameter : parameters) {
    if (!parameter.grad().defined()) continue;
    State& state = StateOf<State>(optimizer, parameter);
    state.step(state.step() + 1);
    torch::Tensor& count = counts[state.step()];
    if (!count.defined()) {
      count = torch::full({}, static_cast<double>(state.step()),
                          parameter.options().dtype(torch::kFloat32).requires_grad(false));
    }
    out.parameters.push_back(parameter);
    out.gradients.push_back(LaidOutLike(parameter, parameter.grad()));
    out.first.push_back(state.exp_avg());
    out.second.push_back(state.exp_avg_sq());
    out.steps.push_back(count);
  }
  return out;
}

template <typename State, typename Options, typename Kernel>
void StepGroups(Optimizer& optimizer, const torch::Tensor& skip, Kernel kernel) {
  const torch::NoGradGuard no_grad;
  for (torch::optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    const auto& options = static_cast<const Options&>(group.options());
    TORCH_CHECK(!options.amsgrad(), "FusedAdamStep: amsgrad is not done here");
    const Columns c = Collect<State>(optimizer, group.params());
    if (c.parameters.empty()) continue;
    const auto [beta1, beta2] = options.betas();
    kernel(c.parameters, c.gradients, c.first, c.second, std::vector<torch::Tensor>{}, c.steps,
           options.lr(), beta1, beta2, options.weight_decay(), options.eps(), /*amsgrad=*/false,
           /*maximize=*/false, /*grad_scale=*/std::optional<torch::Tensor>(),
           /*found_inf=*/std::optional<torch::Tensor>(skip));
  }
}

}  // namespace

bool IsAdam(const Optimizer& optimizer) {
  return dynamic_cast<const torch::optim::AdamW*>(&optimizer) != nullptr ||
         dynamic_cast<const torch::optim::Adam*>(&optimizer) != nullptr;
}

void FusedAdamStep(Optimizer& optimizer, const torch::Tensor& skip) {
  TORCH_CHECK(IsAdam(optimizer), "FusedAdamStep: neither Adam nor AdamW");
  if (dynamic_cast<torch::optim::AdamW*>(&optimizer) != nullptr) {
    StepGroups<torch::optim::AdamWParamState, torch::optim::AdamWOptions>(
        optimizer, skip, [](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    StepGroups<torch::optim::AdamParamState, torch::optim::AdamOptions>(
        optimizer, skip, [](const auto&... arguments) { at::_fused_adam_(arguments...); });
  }
}

}  // namespace lookbook
