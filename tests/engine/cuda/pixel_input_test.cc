#include "engine/cuda/pixel_input.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace lookbook {
namespace {

constexpr PixelScale kScale = {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};

at::Tensor Pixels() {
  torch::manual_seed(5);
  return torch::randint(0, 256, {2, 5, 7, 3}, torch::kByte);
}

// (pixel / 255 - mean) / std in double.
at::Tensor Reference(const at::Tensor& pixels) {
  at::Tensor planes = pixels.permute({0, 3, 1, 2}).to(torch::kDouble) / 255;
  for (int64_t c = 0; c < 3; ++c) {
    planes.select(1, c).sub_(double{kScale.mean[c]}).div_(double{kScale.std[c]});
  }
  return planes;
}

TEST(PixelInputTest, IsTheFormulaOfTheManifest) {
  const at::Tensor pixels = Pixels();
  const at::Tensor input = PixelInput(kScale, torch::kCPU, torch::kFloat).Make(pixels);
  EXPECT_EQ(input.sizes(), (std::vector<int64_t>{2, 3, 5, 7}));
  EXPECT_EQ(input.scalar_type(), torch::kFloat);
  EXPECT_TRUE(input.is_contiguous());
  EXPECT_LT((input.to(torch::kDouble) - Reference(pixels)).abs().max().item<double>(), 1e-6);
}

TEST(PixelInputTest, In16BitsItIsTheNearestValueInThePixelsLayout) {
  const at::Tensor pixels = Pixels();
  for (at::ScalarType type : {torch::kHalf, torch::kBFloat16}) {
    const at::Tensor input = PixelInput(kScale, torch::kCPU, type).Make(pixels);
    EXPECT_EQ(input.scalar_type(), type);
    EXPECT_TRUE(input.is_contiguous(at::MemoryFormat::ChannelsLast));
    const double half_a_step = type == torch::kHalf ? 0x1p-11 : 0x1p-8;
    const at::Tensor error = (input.to(torch::kDouble) - Reference(pixels)).abs();
    EXPECT_TRUE(
        (error <= (Reference(pixels).abs() + 1e-3) * half_a_step * 1.01).all().item<bool>());
  }
}

}  // namespace
}  // namespace lookbook
