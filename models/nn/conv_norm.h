// Conv2d without bias, BatchNorm2d and an optional activation: torchvision's Conv2dNormActivation.
#pragma once

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include <utility>

namespace lookbook {

enum class Activation { kNone, kRelu, kRelu6 };

struct ConvNormOptions {
  int in = 3;
  int out = 32;
  int kernel = 3;
  int stride = 1;
  int groups = 1;
  Activation activation = Activation::kRelu;
};

// Conv2d with padding (kernel - 1) / 2, so that stride 1 keeps the size.
torch::nn::Conv2d MakeConv(const ConvNormOptions& options);

// A Sequential of Tensor -> Tensor that may stand inside another one, which torch's own cannot.
class ChainImpl : public torch::nn::SequentialImpl {
 public:
  using SequentialImpl::SequentialImpl;
  torch::Tensor forward(torch::Tensor x) { return SequentialImpl::forward(std::move(x)); }
};
TORCH_MODULE(Chain);

// Members "0" (conv), "1" (norm) and, unless kNone, "2" (activation, no parameters).
Chain MakeConvNorm(const ConvNormOptions& options);

// float[B, C] of [B, C, H, W]: the mean over pixels; of bfloat16 it is float32.
torch::Tensor MeanOverPixels(const torch::Tensor& x);

// He initialisation of every convolution (normal, fan_out), BatchNorm to weight 1 and bias 0,
// as torchvision does for both of its networks.
void InitializeHe(torch::nn::Module& module);

}  // namespace lookbook
