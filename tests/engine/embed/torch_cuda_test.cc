#include "engine/embed/torch_cuda.h"

#include <torch/torch.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TorchCudaTest, EitherComputesOnTheDeviceOrSaysWhatIsMissing) {
  const absl::Status status = LoadTorchCuda();
  EXPECT_EQ(LoadTorchCuda(), status);
  if (!status.ok()) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                                 AnyOf(HasSubstr("libtorch_cuda.so"), HasSubstr(".so."),
                                       HasSubstr("no device"))));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
    GTEST_SKIP() << status;
  }
  EXPECT_GE(CudaDeviceCount(), 1);
  const torch::Tensor on_device = torch::arange(10, torch::kFloat).to(torch::kCUDA) * 2;
  EXPECT_EQ(on_device.sum().item<float>(), 90);
}

}  // namespace
}  // namespace lookbook
