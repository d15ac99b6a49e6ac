#include "models/nn/embedder_net.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/exception_fence.h"
#include "models/nn/mobilenet_v2.h"
#include "models/nn/resnet.h"
#include "models/nn/small_cnn.h"

namespace lookbook {
namespace {

void SetPrior(torch::nn::Linear& head, const std::vector<int64_t>& support, int64_t images) {
  TORCH_CHECK(static_cast<int64_t>(support.size()) == head->bias.size(0), "prior: ", support.size(),
              " counts for a head of ", head->bias.size(0));
  torch::NoGradGuard no_grad;
  for (size_t c = 0; c < support.size(); ++c) {
    const double n = std::clamp<double>(support[c], 1, std::max<double>(images - 1, 1));
    const double rest = std::max<double>(images - n, 1);
    head->bias[c].fill_(std::log(n / rest));
  }
}

}  // namespace

torch::Tensor UnitRows(const torch::Tensor& rows) {
  return rows / rows.norm(2, /*dim=*/{1}, /*keepdim=*/true).clamp_min(1e-12);
}

NetworkOutput EmbedderNetImpl::forward(const torch::Tensor& images) {
  NetworkOutput out;
  out.feature = Pooled(images);
  out.logits = ClassLogits(out.feature);
  if (attribute_head_) out.attribute_logits = attribute_head_->forward(out.feature);
  out.embedding = UnitRows(out.feature.to(torch::kFloat32));
  return out;
}

torch::Tensor EmbedderNetImpl::ClassLogits(const torch::Tensor& feature) {
  return class_head_->forward(feature);
}

void EmbedderNetImpl::AddAttributeHead(int attributes) {
  if (attributes <= 0) return;
  attribute_head_ = register_module("attribute_head", torch::nn::Linear(dim_, attributes));
}

void EmbedderNetImpl::SetClassPrior(const std::vector<int64_t>& support, int64_t images) {
  SetPrior(class_head_, support, images);
}

void EmbedderNetImpl::SetAttributePrior(const std::vector<int64_t>& support, int64_t images) {
  if (attribute_head_) SetPrior(attribute_head_, support, images);
}

std::vector<std::string> KnownBackbones() { return {"small_cnn", "mobilenet_v2", "resnet50"}; }

absl::StatusOr<EmbedderNet> MakeNetwork(const NetworkSpec& spec) {
  if (spec.classes < 1) return absl::InvalidArgumentError("a network needs at least one class");
  return CatchToStatus("make network", [&]() -> absl::StatusOr<EmbedderNet> {
    if (spec.backbone == "small_cnn") return std::make_shared<SmallCnnImpl>(spec);
    if (spec.backbone == "mobilenet_v2") return std::make_shared<MobileNetV2Impl>(spec);
    if (spec.backbone == "resnet50") return std::make_shared<ResNet50Impl>(spec);
    return absl::InvalidArgumentError(absl::StrCat("network.backbone \"", spec.backbone,
                                                   "\" is none of ",
                                                   absl::StrJoin(KnownBackbones(), ", ")));
  });
}

}  // namespace lookbook
