#include "base/prefix.h"

#include "base/reason.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(PrefixTest, KeepsCodeAndReason) {
  const absl::Status status = WithPrefix("a.png", InvalidArgument("truncated", "it ends early"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "a.png: it ends early"));
  EXPECT_EQ(GetReason(status), "truncated");
  EXPECT_EQ(GetReason(WithPrefix("a.png", absl::NotFoundError("gone"))), "");
}

TEST(PrefixTest, OkStaysOk) {
  EXPECT_THAT(WithPrefix("a.png", absl::OkStatus()), IsOk());
  EXPECT_THAT(WithPrefixOnce("a.png", absl::OkStatus()), IsOk());
}

TEST(PrefixTest, OnceIsEnough) {
  const absl::Status named = WithPrefixOnce("a.png", absl::NotFoundError("gone"));
  EXPECT_THAT(named, StatusIs(absl::StatusCode::kNotFound, "a.png: gone"));
  EXPECT_EQ(WithPrefixOnce("a.png", named), named);
}

}  // namespace
}  // namespace lookbook
