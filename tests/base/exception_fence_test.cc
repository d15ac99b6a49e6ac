#include "base/exception_fence.h"

#include <stdexcept>

#include "absl/status/statusor.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(CatchToStatusTest, HandsOnWhatTheFunctionReturns) {
  EXPECT_THAT(CatchToStatus("work", [] { return absl::StatusOr<int>(3); }), IsOkAndHolds(3));
  EXPECT_THAT(CatchToStatus("work", [] { return absl::NotFoundError("x"); }),
              StatusIs(absl::StatusCode::kNotFound, "x"));
}

TEST(CatchToStatusTest, AnExceptionBecomesInternalWithTheNameInFront) {
  EXPECT_THAT(CatchToStatus("decode", []() -> absl::Status { throw std::runtime_error("bad"); }),
              StatusIs(absl::StatusCode::kInternal, "decode: bad"));
}

TEST(CatchToStatusTest, OutOfMemoryIsResourceExhausted) {
  EXPECT_THAT(CatchToStatus("embed", []() -> absl::StatusOr<int> { throw std::bad_alloc(); }),
              StatusIs(absl::StatusCode::kResourceExhausted, "embed: out of memory"));
}

TEST(CatchToStatusTest, WhatIsNoExceptionIsCaughtToo) {
  EXPECT_THAT(CatchToStatus("embed", []() -> absl::Status { throw 7; }),
              StatusIs(absl::StatusCode::kInternal, "embed: unknown exception"));
}

TEST(CatchToStatusTest, LibTorchsStackTraceIsLeftOut) {
  auto fail = []() -> absl::Status {
    throw std::runtime_error("shapes differ\nException raised from add at x.cpp:1\nframe #0: …");
  };
  EXPECT_THAT(CatchToStatus("embed", fail), StatusIs(absl::StatusCode::kInternal, "embed: shapes differ"));
}

}  // namespace
}  // namespace lookbook
