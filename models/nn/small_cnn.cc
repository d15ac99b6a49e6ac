#include "models/nn/small_cnn.h"

#include <array>

namespace lookbook {
namespace {

struct Block {
  int channels;
  int stride;
};
constexpr std::array<Block, 7> kBlocks = {
    {{24, 2}, {48, 2}, {48, 1}, {96, 2}, {96, 1}, {192, 2}, {192, 1}}};

}  // namespace

SmallCnnImpl::SmallCnnImpl(const NetworkSpec& spec)
    : EmbedderNetImpl(kBlocks.back().channels, {{"stem", Numbered("features", 0, 0)},
                                                {"features.1-2", Numbered("features", 1, 2)},
                                                {"features.3-4", Numbered("features", 3, 4)},
                                                {"features.5-6", Numbered("features", 5, 6)}}) {
  int in = 3;
  for (const Block& block : kBlocks) {
    features_->push_back(MakeConvNorm({.in = in, .out = block.channels, .stride = block.stride}));
    in = block.channels;
  }
  register_module("features", features_);
  InitializeHe(*this);
  torch::nn::Linear classifier{nullptr};
  if (const int outputs = ClassifierOutputs(spec); outputs > 0) {
    classifier = register_module("classifier", torch::nn::Linear(feature_dim(), outputs));
  }
  AddHeads(spec, classifier);
}

torch::Tensor SmallCnnImpl::Pooled(const torch::Tensor& images) {
  return MeanOverPixels(features_->forward(images));
}

}  // namespace lookbook
