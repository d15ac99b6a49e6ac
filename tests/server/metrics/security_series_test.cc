#include "server/metrics/security_series.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace lookbook {
namespace {

TEST(SecuritySeriesTest, EverySeriesExistsFromTheStart) {
  prometheus::Registry registry;
  SecuritySeries series(registry);
  std::map<std::string, size_t> counts;
  for (const auto& family : registry.Collect()) counts[family.name] = family.metric.size();
  EXPECT_EQ(counts["lookbook_auth_failures_total"], kAuthFailures.size());
  EXPECT_EQ(counts["lookbook_secret_reloads_total"], 2 * kSecretFiles.size());
  EXPECT_EQ(counts["lookbook_certificate_expiry_timestamp_seconds"], 1u);
}

TEST(SecuritySeriesTest, EachIsItsOwn) {
  prometheus::Registry registry;
  SecuritySeries series(registry);
  series.auth_failures[1].Add();
  series.reloads[0].failed.Add();
  EXPECT_EQ(series.auth_failures[0].Value(), 0);
  EXPECT_EQ(series.auth_failures[1].Value(), 1);
  EXPECT_EQ(series.reloads[0].succeeded.Value(), 0);
  EXPECT_EQ(series.reloads[0].failed.Value(), 1);
  EXPECT_EQ(series.reloads[1].failed.Value(), 0);
}

}  // namespace
}  // namespace lookbook
