#include "engine/embed/torch_error.h"

#include <torch/torch.h>

#include <new>
#include <stdexcept>

#include "absl/status/statusor.h"
#include "tests/engine/embed/script_models.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

template <typename Fn>
absl::Status Caught(Fn&& fn) {
  return CatchTorchToStatus("model", [&] {
    fn();
    return absl::OkStatus();
  });
}

TEST(TorchErrorTest, AnOperatorsErrorIsInternalOnOneLine) {
  EXPECT_THAT(Caught([] {
                torch::matmul(torch::ones({2, 3}), torch::ones({2, 3}));
              }),
              StatusIs(absl::StatusCode::kInternal,
                       AllOf(StartsWith("model: "), HasSubstr("2x3"), Not(HasSubstr("\n")),
                             Not(HasSubstr("Exception raised")))));
}

TEST(TorchErrorTest, TheInterpretersReportIsCutToItsCause) {
  torch::jit::Module module =
      MakeScriptModule("def forward(self, x):\n  return torch.matmul(x, x)\n");
  EXPECT_THAT(Caught([&] {
                module.forward({torch::ones({2, 3})});
              }),
              StatusIs(absl::StatusCode::kInternal,
                       AllOf(HasSubstr("2x3"), Not(HasSubstr("Traceback")), Not(HasSubstr("\n")))));
}

TEST(TorchErrorTest, RunningOutOfMemoryIsResourceExhaustedInAndOutOfTheInterpreter) {
  EXPECT_THAT(Caught([] { torch::empty({int64_t{1} << 50}); }),
              StatusIs(absl::StatusCode::kResourceExhausted));
  torch::jit::Module module =
      MakeScriptModule("def forward(self, x):\n  return torch.zeros([1125899906842624])\n");
  EXPECT_THAT(Caught([&] { module.forward({torch::ones({1})}); }),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Caught([] { throw std::bad_alloc(); }),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Caught([] { throw std::runtime_error("Traceback\nRuntimeError: std::bad_alloc\n"); }),
              StatusIs(absl::StatusCode::kResourceExhausted))
      << "what the interpreter makes of one";
  EXPECT_THAT(Caught([] { throw c10::OutOfMemoryError({}, "CUDA"); }),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(TorchErrorTest, OtherExceptionsAndResultsPass) {
  EXPECT_THAT(Caught([] { throw std::runtime_error("odd"); }),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("odd")));
  EXPECT_THAT(Caught([] { throw 7; }), StatusIs(absl::StatusCode::kInternal));
  const absl::StatusOr<int> value =
      CatchTorchToStatus("model", []() -> absl::StatusOr<int> { return 3; });
  EXPECT_THAT(value, IsOkAndHolds(3));
}

}  // namespace
}  // namespace lookbook
