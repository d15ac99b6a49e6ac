#include "models/train/initial_weights.h"

#include <torch/utils.h>

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/prefix.h"
#include "base/status_macros.h"
#include "models/train/weights_file.h"

namespace lookbook {
namespace {

// What is to be copied where, once everything has been looked at.
struct Plan {
  std::vector<std::pair<torch::Tensor, torch::Tensor>> copies;  // To, from.
  std::vector<torch::Tensor> zeros;
  std::vector<std::string> misfits;  // Of the backbone, each with the reason.
  int64_t backbone_tensors = 0;
  InitReport report;
};

std::string Describe(const torch::Tensor& tensor) {
  std::ostringstream out;
  out << tensor.scalar_type() << tensor.sizes();
  return out.str();
}

bool Fits(const torch::Tensor& from, const torch::Tensor& to) {
  return from.sizes() == to.sizes() && from.is_floating_point() == to.is_floating_point();
}

bool IsCounter(const std::string& name) { return absl::EndsWith(name, ".num_batches_tracked"); }

absl::Status CheckValues(const std::string& name, const torch::Tensor& tensor) {
  if (tensor.is_floating_point() && !torch::isfinite(tensor).all().item<bool>())
    return absl::DataLossError(absl::StrCat(name, " holds a value that is not finite"));
  if (absl::EndsWith(name, ".running_var") && tensor.lt(0).any().item<bool>())
    return absl::DataLossError(absl::StrCat(name, " holds a negative variance"));
  return absl::OkStatus();
}

void PlanAbsent(const EmbedderNetImpl& net, const std::string& name, const torch::Tensor& to,
                const torch::Tensor* from, Plan* plan) {
  if (!net.IsBackbone(name)) {
    plan->report.missing.push_back(name);
  } else if (from == nullptr && IsCounter(name)) {
    plan->report.missing.push_back(name);
    plan->zeros.push_back(to);
  } else {
    plan->misfits.push_back(absl::StrCat(name, " is ",
                                         from != nullptr ? Describe(*from) : "missing",
                                         ", the network has ", Describe(to)));
  }
}

absl::Status PlanOne(const EmbedderNetImpl& net, const std::string& name, const torch::Tensor& to,
                     const NamedTensors& tensors, Plan* plan) {
  if (net.IsBackbone(name)) ++plan->backbone_tensors;
  const auto from = tensors.find(name);
  if (from == tensors.end() || !Fits(from->second, to)) {
    PlanAbsent(net, name, to, from == tensors.end() ? nullptr : &from->second, plan);
    return absl::OkStatus();
  }
  LB_RETURN_IF_ERROR(CheckValues(name, from->second));
  plan->copies.emplace_back(to, from->second);
  plan->report.loaded.push_back(name);
  return absl::OkStatus();
}

absl::StatusOr<Plan> MakePlan(const EmbedderNetImpl& net, const NamedTensors& tensors) {
  Plan plan;
  for (const auto& item : net.named_parameters())
    LB_RETURN_IF_ERROR(PlanOne(net, item.key(), item.value(), tensors, &plan));
  for (const auto& item : net.named_buffers())
    LB_RETURN_IF_ERROR(PlanOne(net, item.key(), item.value(), tensors, &plan));
  if (!plan.misfits.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(plan.misfits.size(), " of the backbone's ", plan.backbone_tensors,
                     " tensors do not fit; the first: ", plan.misfits.front()));
  }
  std::sort(plan.report.loaded.begin(), plan.report.loaded.end());
  std::sort(plan.report.missing.begin(), plan.report.missing.end());
  for (const auto& [name, tensor] : tensors) {
    if (!std::binary_search(plan.report.loaded.begin(), plan.report.loaded.end(), name))
      plan.report.left_over.push_back(name);
  }
  return plan;
}

}  // namespace

absl::StatusOr<InitReport> LoadInitialWeights(const std::string& path, EmbedderNet net) {
  LB_ASSIGN_OR_RETURN(const NamedTensors tensors, ReadWeightsFile(path));
  return CatchToStatus(path, [&]() -> absl::StatusOr<InitReport> {
    torch::NoGradGuard no_grad;
    absl::StatusOr<Plan> plan = MakePlan(*net, tensors);
    if (!plan.ok()) return WithPrefix(path, plan.status());
    for (auto& [to, from] : plan->copies) to.copy_(from);
    for (torch::Tensor& counter : plan->zeros) counter.zero_();
    return std::move(plan->report);
  });
}

}  // namespace lookbook
