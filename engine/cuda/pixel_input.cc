#include "engine/cuda/pixel_input.h"

#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <array>
#include <cstddef>

namespace lookbook {
namespace {

at::Tensor PerChannel(const std::array<float, 3>& values, at::Device device) {
  return at::tensor(at::ArrayRef<float>(values.data(), values.size()), at::kFloat)
      .view({1, 3, 1, 1})
      .to(device);
}

at::Tensor Factors(const PixelScale& scale, at::Device device) {
  std::array<float, 3> factors = {};
  for (size_t c = 0; c < 3; ++c) factors[c] = 1.0f / (255.0f * scale.std[c]);
  return PerChannel(factors, device);
}

at::Tensor Offsets(const PixelScale& scale, at::Device device) {
  std::array<float, 3> offsets = {};
  for (size_t c = 0; c < 3; ++c) offsets[c] = -scale.mean[c] / scale.std[c];
  return PerChannel(offsets, device);
}

}  // namespace

PixelInput::PixelInput(const PixelScale& scale, at::Device device, at::ScalarType type)
    : type_(type), factor_(Factors(scale, device)), offset_(Offsets(scale, device)) {}

at::Tensor PixelInput::Make(const at::Tensor& pixels) const {
  const at::Tensor planes = pixels.permute({0, 3, 1, 2});  // channels_last by its strides.
  const bool wide = type_ == at::kFloat;
  at::Tensor input =
      at::empty(planes.sizes(), pixels.options().dtype(type_),
                wide ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast);
  at::addcmul_out(input, offset_, planes, factor_);  // Converts on the way in and out.
  return input;
}

}  // namespace lookbook
