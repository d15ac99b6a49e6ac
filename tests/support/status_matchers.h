// IsOk, IsOkAndHolds, StatusIs and HasReason: the packaged GoogleTest and Abseil have none.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/reason.h"

namespace absl {
// Without this GoogleTest prints a failed status as bytes.
inline void PrintTo(const Status& status, std::ostream* os) { *os << status.ToString(); }
template <typename T>
void PrintTo(const StatusOr<T>& value, std::ostream* os) {
  *os << (value.ok() ? "OK with a value" : value.status().ToString());
}
}  // namespace absl

namespace lookbook {

inline const absl::Status& ToStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& ToStatus(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << ToStatus(arg).ToString();
  return ToStatus(arg).ok();
}

// StatusIs(absl::StatusCode::kNotFound, HasSubstr("item"))
MATCHER_P2(StatusIs, code, message, "has the status code and a message that matches") {
  *result_listener << ToStatus(arg).ToString();
  return ToStatus(arg).code() == code &&
         ::testing::Matches(message)(std::string(ToStatus(arg).message()));
}
MATCHER_P(StatusIs, code, "has the status code") {
  *result_listener << ToStatus(arg).ToString();
  return ToStatus(arg).code() == code;
}

// HasReason("truncated"): the machine-readable reason of base/reason.h.
MATCHER_P(HasReason, reason, "carries the reason") {
  *result_listener << ToStatus(arg).ToString() << ", reason " << GetReason(ToStatus(arg));
  return GetReason(ToStatus(arg)) == reason;
}

MATCHER_P(IsOkAndHolds, matcher, "is OK and holds a value that matches") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(matcher, *arg, result_listener);
}

#define LB_ASSERT_OK_AND_ASSIGN(declaration, expression) \
  LB_ASSERT_OK_AND_ASSIGN_IMPL_(LB_TEST_CONCAT_(lb_value_, __LINE__), declaration, expression)
#define LB_ASSERT_OK_AND_ASSIGN_IMPL_(value, declaration, expression) \
  auto value = (expression);                                          \
  ASSERT_TRUE(value.ok()) << value.status().ToString();               \
  declaration = *std::move(value)
#define LB_TEST_CONCAT_(a, b) LB_TEST_CONCAT_IMPL_(a, b)
#define LB_TEST_CONCAT_IMPL_(a, b) a##b

}  // namespace lookbook
