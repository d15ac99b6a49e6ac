// The network that is trained: a backbone with torchvision's parameter names, a class head on the pooled feature,
// and an attribute head where the data has attributes.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/recipe/recipe.h"

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
  torch::Tensor embedding;         // float32[B, D], rows of unit length (L2, epsilon 1e-12)
};

// Input float32[B, 3, S, S].
class EmbedderNetImpl : public torch::nn::Module {
 public:
  virtual NetworkOutput forward(const torch::Tensor& images) = 0;
  virtual int dim() const = 0;
  // Sets the class head's bias to the prior log(n / (N - n)), n clamped to [1, N - 1] (RetinaNet, arXiv 1708.02002).
  virtual void SetClassPrior(const std::vector<int64_t>& support, int64_t images) = 0;
  // The same for the attribute head over the images whose attributes are known.
  virtual void SetAttributePrior(const std::vector<int64_t>& support, int64_t images) = 0;
};
TORCH_MODULE(EmbedderNet);

// A network with He-initialised weights from torch's global generator.
// InvalidArgument: an unknown backbone (the message lists those known), or no classes.
absl::StatusOr<EmbedderNet> MakeNetwork(const NetworkSpec& spec);

}  // namespace lookbook
