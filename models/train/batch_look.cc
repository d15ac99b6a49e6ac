#include "models/train/batch_look.h"

#include <torch/torch.h>

#include <cmath>
#include <string>

namespace lookbook {
namespace {

// Of unit rows.
double StdSqrtD(const torch::Tensor& rows) {
  return rows.std(0, /*unbiased=*/false).mean().item<double>() *
         std::sqrt(static_cast<double>(rows.size(1)));
}

// Counted on the CPU or, as a term, on the device.
std::optional<double> ShareOf(const ObjectiveValue& value, const std::string& name) {
  if (const auto share = value.shares.find(name); share != value.shares.end())
    return ValueOf(share->second);
  if (const auto term = value.terms.find(name); term != value.terms.end())
    return term->second.item<double>();
  return std::nullopt;
}

}  // namespace

BatchLook LookAtBatch(int64_t step, const ObjectiveValue& value) {
  return {.step = step,
          .std_sqrt_d = StdSqrtD(value.output.embedding.detach()),
          .triplet_active = ShareOf(value, "triplet_active"),
          .triplet_accuracy = ShareOf(value, "triplet_accuracy")};
}

}  // namespace lookbook
