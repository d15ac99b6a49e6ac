#include "engine/device/device_backend.h"

#include <set>
#include <string>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(DeviceBackendTest, EveryPrecisionIsReadByItsName) {
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16, Precision::kBFloat16}) {
    EXPECT_THAT(ParsePrecision(PrecisionName(precision)), IsOkAndHolds(precision));
  }
  EXPECT_THAT(ParsePrecision("int8"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"int8\" is not \"fp32\"")));
}

TEST(DeviceBackendTest, FallbacksHaveDistinctNames) {
  std::set<std::string> names;
  for (int i = 0; i < kFallbacks; ++i) names.insert(FallbackName(static_cast<Fallback>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(kFallbacks));
  EXPECT_EQ(names.count("unknown"), 0u);
}

}  // namespace
}  // namespace lookbook
