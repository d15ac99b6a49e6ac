#include "engine/device/cuda_plugin.h"

#include "base/files.h"
#include "engine/embed/torch_cuda.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CudaPluginTest, OpensOrSaysInOneLineWhatIsMissing) {
  const auto backend = OpenCudaBackend({});
  if (backend.ok()) {
    EXPECT_THAT((*backend)->Describe(), HasSubstr("fp16"));
    return;
  }
  EXPECT_THAT(backend, StatusIs(absl::StatusCode::kFailedPrecondition,
                                AnyOf(HasSubstr("lookbook_cuda.so"), HasSubstr("libtorch_cuda.so"),
                                      HasSubstr("no device"))));
  EXPECT_THAT(std::string(backend.status().message()), Not(HasSubstr("\n")));
}

TEST(CudaPluginTest, WhatIsNoPluginIsRefusedByName) {
  if (const absl::Status cuda = LoadTorchCuda(); !cuda.ok()) GTEST_SKIP() << cuda;
  const TempDir directory;
  EXPECT_THAT(OpenCudaBackend({}, directory / "none.so"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("none.so")));
  ASSERT_THAT(WriteFile(directory / "text.so", "text"), IsOk());
  EXPECT_THAT(OpenCudaBackend({}, directory / "text.so"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("text.so")));
}

TEST(CudaPluginTest, ADeviceThatThereIsNotIsNamed) {
  if (const auto backend = OpenCudaBackend({}); !backend.ok()) GTEST_SKIP() << backend.status();
  CudaOptions options;
  options.devices = {0, 99};
  EXPECT_THAT(OpenCudaBackend(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no device 99")));
}

}  // namespace
}  // namespace lookbook
