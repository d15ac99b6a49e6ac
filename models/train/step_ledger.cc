#include "models/train/step_ledger.h"

#include <torch/torch.h>

#include <utility>

namespace lookbook {

void StepLedger::Add(const StepEntry& entry) {
  const torch::NoGradGuard no_grad;
  Kept kept;
  kept.figures.step = entry.step;
  kept.figures.rate = entry.rate;
  std::vector<torch::Tensor> values = {entry.loss, entry.gradient_norm};
  for (const auto& [name, term] : entry.terms) {
    kept.names.push_back(name);
    values.push_back(term);
  }
  for (torch::Tensor& value : values) value = value.detach().to(torch::kFloat32);
  kept.values = torch::stack(values);
  kept_.push_back(std::move(kept));
}

std::vector<StepFigures> StepLedger::Take() {
  std::vector<StepFigures> out;
  if (kept_.empty()) return out;
  std::vector<torch::Tensor> parts;
  for (const Kept& kept : kept_) parts.push_back(kept.values);
  const torch::Tensor all = torch::cat(parts).to(torch::kCPU);
  const float* value = all.data_ptr<float>();
  for (Kept& kept : kept_) {
    kept.figures.loss = *value++;
    kept.figures.gradient_norm = *value++;
    for (const std::string& name : kept.names) kept.figures.terms[name] = *value++;
    out.push_back(std::move(kept.figures));
  }
  kept_.clear();
  return out;
}

}  // namespace lookbook
