#include "models/nn/conv_norm.h"

#include <torch/nn/init.h>

namespace lookbook {

torch::nn::Conv2d MakeConv(const ConvNormOptions& options) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(options.in, options.out, options.kernel)
                               .stride(options.stride)
                               .padding((options.kernel - 1) / 2)
                               .groups(options.groups)
                               .bias(false));
}

Chain MakeConvNorm(const ConvNormOptions& options) {
  Chain block(MakeConv(options), torch::nn::BatchNorm2d(options.out));
  if (options.activation == Activation::kRelu) block->push_back(torch::nn::ReLU());
  if (options.activation == Activation::kRelu6) block->push_back(torch::nn::ReLU6());
  return block;
}

torch::Tensor MeanOverPixels(const torch::Tensor& x) {
  const bool half = x.scalar_type() == torch::kBFloat16;
  return x.mean({2, 3}, /*keepdim=*/false, half ? torch::kFloat32 : x.scalar_type());
}

void InitializeHe(torch::nn::Module& module) {
  torch::NoGradGuard no_grad;
  for (const auto& child : module.modules(/*include_self=*/false)) {
    if (auto* conv = child->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
    } else if (auto* norm = child->as<torch::nn::BatchNorm2d>()) {
      torch::nn::init::ones_(norm->weight);
      torch::nn::init::zeros_(norm->bias);
    }
  }
}

}  // namespace lookbook
