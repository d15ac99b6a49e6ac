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

SmallCnnImpl::SmallCnnImpl(const NetworkSpec& spec) : EmbedderNetImpl(kBlocks.back().channels) {
  int in = 3;
  for (const Block& block : kBlocks) {
    features_->push_back(MakeConvNorm({.in = in, .out = block.channels, .stride = block.stride}));
    in = block.channels;
  }
  register_module("features", features_);
  InitializeHe(*this);
  UseClassHead(register_module("classifier", torch::nn::Linear(dim(), spec.classes)));
  AddAttributeHead(spec.attributes);
}

torch::Tensor SmallCnnImpl::Pooled(const torch::Tensor& images) {
  return features_->forward(images).mean({2, 3});
}

}  // namespace lookbook
