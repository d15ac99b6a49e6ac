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

TEST(DeviceBackendTest, FlatAndListsFitADevice) {
  for (const char* kind : {"Flat", "IVF4,Flat", "IVF4,SQ8"}) {
    EXPECT_TRUE(FitsDevice(*ParseIndexSpec(kind))) << kind;
  }
  for (const char* kind : {"SQ8", "SQfp16", "HNSW8"}) {
    EXPECT_FALSE(FitsDevice(*ParseIndexSpec(kind))) << kind;
  }
}

}  // namespace
}  // namespace lookbook
