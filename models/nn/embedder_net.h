// The network that is trained: a backbone with torchvision's parameter names, a class head on the
// pooled feature, an attribute head where the data has attributes, and an embedding that is the
// pooled feature or a layer of its own.
#pragma once

#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "models/nn/conv_norm.h"

namespace lookbook {

struct NetworkSpec {
  // small_cnn (feature of 192) | resnet18 (512) | resnet50 (2048) | mobilenet_v2 (1280, more where
  // width > 1).
  std::string backbone = "small_cnn";
  int classes = 1;
  int attributes = 0;
  double width = 1.0;  // Channel multiplier in [0.1, 4]; other than 1 only with mobilenet_v2.
  // linear: one Linear, under torchvision's name.
  // mlp:    Linear(head_hidden) without bias, BatchNorm, ReLU, Dropout(head_dropout), Linear.
  // stacked: torchvision's classifier with its 1000 outputs, then Linear(1000, classes).
  std::string head = "linear";
  int head_hidden = 512;
  double head_dropout = 0.3;
  // 0: the embedding is the pooled feature. Else a Linear without bias and a BatchNorm of so many
  // outputs ("BNNeck", Luo et al. 2019, arXiv 1903.07071), which only a loss on the embedding
  // trains.
  int embedding_dim = 0;
};

struct NetworkOutput {
  torch::Tensor logits;            // float32[B, classes]; never passed through a sigmoid
  torch::Tensor attribute_logits;  // float32[B, attributes]; undefined when there are none
  torch::Tensor feature;           // float32[B, feature_dim()], pooled
  torch::Tensor embedding_raw;     // float32[B, dim()], before the division by its length
  torch::Tensor embedding;         // float32[B, dim()], rows of unit length
};

// Parameters that share a learning rate.
struct ParameterBlock {
  std::string name;
  std::vector<std::pair<std::string, torch::Tensor>> parameters;  // The network's own tensors.
};

// What every backbone shares. A backbone registers its own layers and torchvision's classifier
// under torchvision's names; what torchvision does not have is registered here: "head" (mlp,
// stacked), "attribute_head" and "embedding". Not thread-safe.
class EmbedderNetImpl : public torch::nn::Module {
 public:
  // `images`: float32[B, 3, S, S], S a multiple of nothing in particular but at least 32.
  NetworkOutput forward(const torch::Tensor& images);

  // float32[B, feature_dim()]: the pooled feature alone. Without a graph while the backbone is
  // frozen.
  torch::Tensor Features(const torch::Tensor& images);
  // The rest of forward(): what the heads make of pooled features, computed now or kept on disk.
  NetworkOutput Heads(const torch::Tensor& feature);

  // From now on the heads (and the embedding layer) take (feature - mean) / deviation, with their
  // weights changed so that forward() says what it said before: training them is then as easy as on
  // standardised features. mean, deviation: float32[feature_dim()], deviation > 0. With
  // `keep_weights` the weights are already those (a checkpoint brought them). A pooled embedding is
  // not concerned.
  void StandardizeHeads(const torch::Tensor& mean, const torch::Tensor& deviation,
                        bool keep_weights = false);
  // Back to plain features, in weights and in forward(). Without effect where it is so already.
  void UnstandardizeHeads();

  int feature_dim() const { return feature_dim_; }
  int dim() const { return embedding_dim_; }  // Of the embedding.

  // Frozen: the backbone's parameters take no gradient, and its modules stay in eval mode whatever
  // train() is told, so that neither parameters nor BatchNorm statistics move. The heads and the
  // embedding layer are not part of the backbone.
  void FreezeBackbone(bool frozen = true);
  // The same for the backbone's BatchNorms alone. Either call keeps what the other one froze.
  void FreezeNorms(bool frozen = true);
  bool backbone_frozen() const { return backbone_frozen_; }

  // From input to output: "stem", "layer1" to "layer4" (or torchvision's "features.<range>"),
  // "head". Every parameter, frozen or not, is in exactly one; none is empty.
  std::vector<ParameterBlock> Blocks() const;
  // Whether parameter or buffer `name` belongs to the backbone.
  bool IsBackbone(const std::string& name) const;

  // Sets the class head's bias to the prior log(n / (N - n)), n clamped to [1, N - 1]
  // (Lin et al. 2017, Focal Loss, arXiv 1708.02002, section 4.1).
  void SetClassPrior(const std::vector<int64_t>& support, int64_t images);
  // The same for the attribute head, over the images whose attributes are known. No head: nothing
  // happens.
  void SetAttributePrior(const std::vector<int64_t>& support, int64_t images);

  // torch's, with the frozen modules kept in eval mode.
  void train(bool on = true) override;

 protected:
  // A part of the backbone: children by their dotted names.
  struct BackboneBlock {
    std::string name;
    std::vector<std::string> children;
  };

  // "features.2", "features.3" for ("features", 2, 3).
  static std::vector<std::string> Numbered(const std::string& parent, int first, int last);
  // `blocks` from input to output; together they hold the whole backbone.
  EmbedderNetImpl(int feature_dim, std::vector<BackboneBlock> blocks);

  // float32[B, feature_dim()]: the globally pooled feature.
  virtual torch::Tensor Pooled(const torch::Tensor& images) = 0;

  // Outputs of torchvision's classifier; 0 where the network has none (head "mlp").
  static int ClassifierOutputs(const NetworkSpec& spec);
  // Backbones call AddHeads last, with their registered classifier (its last Linear, and all of it
  // where it is more than that), or with null where ClassifierOutputs is 0.
  void AddHeads(const NetworkSpec& spec, torch::nn::Linear classifier,
                Chain whole_classifier = nullptr);

 private:
  torch::Tensor ClassLogits(const torch::Tensor& feature);
  void ScaleHeads(const torch::Tensor& shift, const torch::Tensor& scale);
  void AddClassHead(const NetworkSpec& spec);
  void ApplyFreezing();
  bool IsFrozen(const torch::nn::Module& module) const;

  const int feature_dim_;
  const std::vector<BackboneBlock> blocks_;
  int embedding_dim_;
  bool backbone_frozen_ = false;
  bool norms_frozen_ = false;
  torch::nn::Linear classifier_{nullptr};  // Registered by the backbone, like the next.
  Chain whole_classifier_{nullptr};
  Chain head_{nullptr};
  torch::nn::Linear class_output_{nullptr};  // The Linear that gives the logits.
  torch::nn::Linear attribute_head_{nullptr};
  Chain embedding_{nullptr};
  torch::Tensor head_mean_, head_deviation_;  // Undefined: the heads take plain features.
};
// Shared like every torch module; never null where the project passes one.
using EmbedderNet = std::shared_ptr<EmbedderNetImpl>;

// Rows divided by their L2 norm, at least 1e-12.
torch::Tensor UnitRows(const torch::Tensor& rows);

// A network with He-initialised weights (He et al. 2015, arXiv 1502.01852) from torch's global
// generator.
// InvalidArgument: an unknown backbone or head (the message lists those known), no classes, or a
// width that the backbone does not have.
absl::StatusOr<EmbedderNet> MakeNetwork(const NetworkSpec& spec);

// The backbones and heads that MakeNetwork knows.
std::vector<std::string> KnownBackbones();
std::vector<std::string> KnownHeads();

}  // namespace lookbook
