#include "models/nn/embedder_net.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "models/nn/mobilenet_v2.h"
#include "models/nn/resnet.h"
#include "models/nn/small_cnn.h"

namespace lookbook {
namespace {

constexpr int kTorchvisionClasses = 1000;

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

// Whether `name` is one of `modules` or lies in one.
bool IsWithin(const std::vector<std::string>& modules, const std::string& name) {
  return std::any_of(modules.begin(), modules.end(), [&](const std::string& module) {
    return absl::StartsWith(name, module) &&
           (name.size() == module.size() || name[module.size()] == '.');
  });
}

template <typename T>
absl::Status CheckWithin(const char* key, T value, T low, T high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("network.", key, " ", value, " is not within ", low, " to ", high));
}

absl::Status CheckSpec(const NetworkSpec& spec) {
  if (spec.classes < 1) return absl::InvalidArgumentError("a network needs at least one class");
  const std::vector<std::string> heads = KnownHeads();
  if (std::find(heads.begin(), heads.end(), spec.head) == heads.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("network.head \"", spec.head, "\" is none of ", absl::StrJoin(heads, ", ")));
  }
  LB_RETURN_IF_ERROR(CheckWithin("width", spec.width, 0.1, 4.0));
  if (spec.width != 1.0 && spec.backbone != "mobilenet_v2") {
    return absl::InvalidArgumentError(absl::StrCat("network.width ", spec.width, ": ",
                                                   spec.backbone, " has none; mobilenet_v2 does"));
  }
  LB_RETURN_IF_ERROR(CheckWithin("attributes", spec.attributes, 0, 1'000'000));
  LB_RETURN_IF_ERROR(CheckWithin("head_hidden", spec.head_hidden, 1, 65536));
  LB_RETURN_IF_ERROR(CheckWithin("head_dropout", spec.head_dropout, 0.0, 0.99));
  return CheckWithin("embedding.dim", spec.embedding_dim, 0, 65536);
}

absl::StatusOr<EmbedderNet> Make(const NetworkSpec& spec) {
  if (spec.backbone == "small_cnn") return std::make_shared<SmallCnnImpl>(spec);
  if (spec.backbone == "mobilenet_v2") return std::make_shared<MobileNetV2Impl>(spec);
  if (spec.backbone == "resnet18") return std::make_shared<ResNetImpl>(spec, kResNet18);
  if (spec.backbone == "resnet50") return std::make_shared<ResNetImpl>(spec, kResNet50);
  return absl::InvalidArgumentError(absl::StrCat("network.backbone \"", spec.backbone,
                                                 "\" is none of ",
                                                 absl::StrJoin(KnownBackbones(), ", ")));
}

}  // namespace

torch::Tensor UnitRows(const torch::Tensor& rows) {
  return rows / rows.norm(2, /*dim=*/{1}, /*keepdim=*/true).clamp_min(1e-12);
}

EmbedderNetImpl::EmbedderNetImpl(int feature_dim, std::vector<BackboneBlock> blocks)
    : feature_dim_(feature_dim), blocks_(std::move(blocks)), embedding_dim_(feature_dim) {}

NetworkOutput EmbedderNetImpl::forward(const torch::Tensor& images) {
  return Heads(Features(images));
}

torch::Tensor EmbedderNetImpl::Features(const torch::Tensor& images) {
  if (!backbone_frozen_) return Pooled(images);
  torch::NoGradGuard no_grad;
  return Pooled(images);
}

NetworkOutput EmbedderNetImpl::Heads(const torch::Tensor& feature) {
  NetworkOutput out;
  const torch::Tensor input =
      head_mean_.defined() ? (feature - head_mean_) / head_deviation_ : feature;
  out.feature = feature;
  out.logits = ClassLogits(input);
  if (attribute_head_) out.attribute_logits = attribute_head_->forward(input);
  out.embedding_raw = (embedding_ ? embedding_->forward(input) : feature).to(torch::kFloat32);
  out.embedding = UnitRows(out.embedding_raw);
  return out;
}

// Replaces the heads' input x by (x - shift) / scale without changing what comes out of them.
void EmbedderNetImpl::ScaleHeads(const torch::Tensor& shift, const torch::Tensor& scale) {
  torch::NoGradGuard no_grad;
  // W x + b = (W s) ((x - m) / s) + (b + W m). A layer without bias is followed by a BatchNorm,
  // whose running mean takes the shift.
  const auto change = [&](torch::nn::LinearImpl* layer, torch::nn::BatchNorm1dImpl* norm) {
    const torch::Tensor moved = layer->weight.mv(shift);
    if (layer->bias.defined()) layer->bias.add_(moved);
    if (norm != nullptr) norm->running_mean.sub_(moved);
    layer->weight.mul_(scale);
  };
  if (classifier_) change(classifier_.get(), nullptr);
  if (attribute_head_) change(attribute_head_.get(), nullptr);
  for (Chain* chain : {&head_, &embedding_}) {
    if (!*chain || (*chain)->size() < 2) continue;  // "stacked" goes on from the classifier.
    const std::vector<std::shared_ptr<torch::nn::Module>> parts = (*chain)->children();
    change(parts[0]->as<torch::nn::Linear>(), parts[1]->as<torch::nn::BatchNorm1d>());
  }
}

void EmbedderNetImpl::StandardizeHeads(const torch::Tensor& mean, const torch::Tensor& deviation,
                                       bool keep_weights) {
  TORCH_CHECK(mean.numel() == feature_dim_ && deviation.numel() == feature_dim_,
              "StandardizeHeads: ", mean.numel(), " means for a feature of ", feature_dim_);
  UnstandardizeHeads();
  head_mean_ = mean;
  head_deviation_ = deviation;
  if (!keep_weights) ScaleHeads(mean, deviation);
}

void EmbedderNetImpl::UnstandardizeHeads() {
  if (!head_mean_.defined()) return;
  // (x - m) / s is undone by y -> (y - (-m / s)) / (1 / s).
  ScaleHeads(-head_mean_ / head_deviation_, 1 / head_deviation_);
  head_mean_ = head_deviation_ = torch::Tensor();
}

torch::Tensor EmbedderNetImpl::ClassLogits(const torch::Tensor& feature) {
  torch::Tensor x = feature;
  if (whole_classifier_) {
    x = whole_classifier_->forward(x);
  } else if (classifier_) {
    x = classifier_->forward(x);
  }
  return head_ ? head_->forward(x) : x;
}

int EmbedderNetImpl::ClassifierOutputs(const NetworkSpec& spec) {
  if (spec.head == "stacked") return kTorchvisionClasses;
  return spec.head == "mlp" ? 0 : spec.classes;
}

std::vector<std::string> EmbedderNetImpl::Numbered(const std::string& parent, int first, int last) {
  std::vector<std::string> names;
  for (int i = first; i <= last; ++i) names.push_back(absl::StrCat(parent, ".", i));
  return names;
}

void EmbedderNetImpl::AddHeads(const NetworkSpec& spec, torch::nn::Linear classifier,
                               Chain whole_classifier) {
  classifier_ = std::move(classifier);
  whole_classifier_ = std::move(whole_classifier);
  AddClassHead(spec);
  if (spec.attributes > 0) {
    attribute_head_ =
        register_module("attribute_head", torch::nn::Linear(feature_dim_, spec.attributes));
  }
  if (spec.embedding_dim > 0) {
    embedding_dim_ = spec.embedding_dim;
    torch::nn::Linear projection(
        torch::nn::LinearOptions(feature_dim_, embedding_dim_).bias(false));
    embedding_ =
        register_module("embedding", Chain(projection, torch::nn::BatchNorm1d(embedding_dim_)));
  }
}

void EmbedderNetImpl::AddClassHead(const NetworkSpec& spec) {
  class_output_ = classifier_;
  if (spec.head == "mlp") {
    const int hidden = spec.head_hidden;
    torch::nn::Linear first(torch::nn::LinearOptions(feature_dim_, hidden).bias(false));
    torch::nn::init::kaiming_normal_(first->weight, 0, torch::kFanIn, torch::kReLU);
    class_output_ = torch::nn::Linear(hidden, spec.classes);
    head_ = Chain(first, torch::nn::BatchNorm1d(hidden), torch::nn::ReLU(),
                  torch::nn::Dropout(spec.head_dropout), class_output_);
  } else if (spec.head == "stacked") {
    class_output_ = torch::nn::Linear(kTorchvisionClasses, spec.classes);
    head_ = Chain(class_output_);
  }
  if (head_) register_module("head", head_);
}

void EmbedderNetImpl::FreezeBackbone(bool frozen) {
  backbone_frozen_ = frozen;
  ApplyFreezing();
}

void EmbedderNetImpl::FreezeNorms(bool frozen) {
  norms_frozen_ = frozen;
  ApplyFreezing();
}

bool EmbedderNetImpl::IsFrozen(const torch::nn::Module& module) const {
  return backbone_frozen_ || (norms_frozen_ && module.as<torch::nn::BatchNorm2dImpl>() != nullptr);
}

void EmbedderNetImpl::ApplyFreezing() {
  for (const auto& item : named_modules({}, /*include_self=*/false)) {
    if (!IsBackbone(item.key())) continue;
    const bool frozen = IsFrozen(*item.value());
    for (torch::Tensor& parameter : item.value()->parameters(/*recurse=*/false)) {
      parameter.requires_grad_(!frozen);
      // An optimizer skips what has no gradient; a stale one would go on moving the weights.
      if (frozen) parameter.mutable_grad().reset();
    }
  }
  train(is_training());
}

void EmbedderNetImpl::train(bool on) {
  torch::nn::Module::train(on);
  if (!on || !(backbone_frozen_ || norms_frozen_)) return;
  for (const auto& item : named_modules({}, /*include_self=*/false)) {
    if (IsBackbone(item.key()) && IsFrozen(*item.value())) item.value()->eval();
  }
}

bool EmbedderNetImpl::IsBackbone(const std::string& name) const {
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [&](const BackboneBlock& block) { return IsWithin(block.children, name); });
}

std::vector<ParameterBlock> EmbedderNetImpl::Blocks() const {
  std::vector<ParameterBlock> out;
  for (const BackboneBlock& block : blocks_) out.push_back({block.name, {}});
  out.push_back({"head", {}});
  for (const auto& item : named_parameters()) {
    const auto found = std::find_if(
        blocks_.begin(), blocks_.end(),
        [&](const BackboneBlock& block) { return IsWithin(block.children, item.key()); });
    out[found - blocks_.begin()].parameters.emplace_back(item.key(), item.value());
  }
  return out;
}

void EmbedderNetImpl::SetClassPrior(const std::vector<int64_t>& support, int64_t images) {
  SetPrior(class_output_, support, images);
}

void EmbedderNetImpl::SetAttributePrior(const std::vector<int64_t>& support, int64_t images) {
  if (attribute_head_) SetPrior(attribute_head_, support, images);
}

std::vector<std::string> KnownBackbones() {
  return {"small_cnn", "mobilenet_v2", "resnet18", "resnet50"};
}

std::vector<std::string> KnownHeads() { return {"linear", "mlp", "stacked"}; }

absl::StatusOr<EmbedderNet> MakeNetwork(const NetworkSpec& spec) {
  LB_RETURN_IF_ERROR(CheckSpec(spec));
  return CatchToStatus("make network", [&] { return Make(spec); });
}

}  // namespace lookbook
