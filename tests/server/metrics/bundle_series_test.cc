#include "server/metrics/bundle_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> LiveIds(const prometheus::Registry& registry) {
  std::vector<std::string> ids;
  for (const auto& family : registry.Collect()) {
    if (family.name != "lookbook_bundle_info") continue;
    for (const auto& metric : family.metric) {
      for (const auto& label : metric.label) {
        if (label.name == "bundle_id") ids.push_back(label.value);
      }
    }
  }
  return ids;
}

TEST(BundleSeriesTest, InfoOfTheBundleBeforeIsRemoved) {
  prometheus::Registry registry;
  BundleSeries series(registry, {"a", "b"}, "cpu");
  EXPECT_THAT(LiveIds(registry), IsEmpty());
  series.Active("a", "id-1", "resnet50", "Flat");
  series.Active("b", "id-2", "mobilenet_v2", "Flat");
  EXPECT_THAT(LiveIds(registry), UnorderedElementsAre("id-1", "id-2"));
  series.Active("a", "id-3", "resnet50", "Flat");
  EXPECT_THAT(LiveIds(registry), UnorderedElementsAre("id-2", "id-3"));
}

TEST(BundleSeriesTest, ActivatingTheSameBundleAgainKeepsOneSeries) {
  prometheus::Registry registry;
  BundleSeries series(registry, {"a"}, "cpu");
  series.Active("a", "id-1", "resnet50", "Flat");
  series.Active("a", "id-1", "resnet50", "Flat");
  EXPECT_THAT(LiveIds(registry), UnorderedElementsAre("id-1"));
}

TEST(BundleSeriesTest, BundlesCountApart) {
  prometheus::Registry registry;
  BundleSeries series(registry, {"a", "b"}, "cpu");
  series.bundle("a").embeddings_on_cpu_total.Add(3);
  EXPECT_EQ(series.bundle("a").embeddings_on_cpu_total.Value(), 3);
  EXPECT_EQ(series.bundle("b").embeddings_on_cpu_total.Value(), 0);
}

TEST(BundleSeriesTest, WhatTheCpuComputesIsNotCountedAsTheDevices) {
  prometheus::Registry registry;
  BundleSeries series(registry, {"a"}, "other");
  series.bundle("a").embeddings_on_cpu_total.Add(3);
  EXPECT_EQ(series.bundle("a").embeddings_on_cpu_total.Value(), 3);
  EXPECT_EQ(series.bundle("a").embeddings_on_device_total.Value(), 0);
}

}  // namespace
}  // namespace lookbook
