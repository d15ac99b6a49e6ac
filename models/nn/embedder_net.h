// The network that is trained: a backbone with torchvision's parameter names, a class head on the pooled feature,
// and an attribute head where the data has attributes.
#pragma once

#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lookbook {

struct NetworkSpec {
  std::string backbone = "small_cnn";  // small_cnn (D = 192) | mobilenet_v2 (D = 1280) | resnet50 (D = 2048)
  int classes = 1;
  int attributes = 0;
};

struct NetworkOutput {
  torch::Tensor logits;            // float32[B, classes]; never passed through a sigmoid
  torch::Tensor attribute_logits;  // float32[B, attributes]; undefined when there are none
  torch::Tensor feature;           // float32[B, D], pooled
  torch::Tensor embedding;         // float32[B, D], rows of unit length
};

// What every backbone shares. A backbone registers its own layers and its class head under torchvision's names;
// the attribute head, which torchvision does not have, is registered here as "attribute_head".
class EmbedderNetImpl : public torch::nn::Module {
 public:
  // `images`: float32[B, 3, S, S], S a multiple of nothing in particular but at least 32.
  NetworkOutput forward(const torch::Tensor& images);

  int dim() const { return dim_; }

  // Sets the class head's bias to the prior log(n / (N - n)), n clamped to [1, N - 1]
  // (Lin et al. 2017, Focal Loss, arXiv 1708.02002, section 4.1).
  void SetClassPrior(const std::vector<int64_t>& support, int64_t images);
  // The same for the attribute head, over the images whose attributes are known. No head: nothing happens.
  void SetAttributePrior(const std::vector<int64_t>& support, int64_t images);

 protected:
  explicit EmbedderNetImpl(int dim) : dim_(dim) {}

  // float32[B, D]: the globally pooled feature.
  virtual torch::Tensor Pooled(const torch::Tensor& images) = 0;
  // float32[B, classes]. A backbone whose torchvision classifier has more than the Linear overrides it.
  virtual torch::Tensor ClassLogits(const torch::Tensor& feature);
  // Backbones call both from their constructor.
  void UseClassHead(torch::nn::Linear head) { class_head_ = std::move(head); }
  void AddAttributeHead(int attributes);

 private:
  const int dim_;
  torch::nn::Linear class_head_{nullptr};      // Registered by the backbone.
  torch::nn::Linear attribute_head_{nullptr};
};
// Shared like every torch module; never null where the project passes one.
using EmbedderNet = std::shared_ptr<EmbedderNetImpl>;

// Rows divided by their L2 norm, at least 1e-12.
torch::Tensor UnitRows(const torch::Tensor& rows);

// A network with He-initialised weights (He et al. 2015, arXiv 1502.01852) from torch's global generator.
// InvalidArgument: an unknown backbone (the message lists those known), or no classes.
absl::StatusOr<EmbedderNet> MakeNetwork(const NetworkSpec& spec);

// The backbones that MakeNetwork knows.
std::vector<std::string> KnownBackbones();

}  // namespace lookbook
