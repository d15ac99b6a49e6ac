#include "client/load/rate_search.h"

#include <gtest/gtest.h>

#include <vector>

namespace lookbook {
namespace {

// Runs it against a server that meets the target up to `limit`; returns the rates tried.
std::vector<double> Search(RateSearch& search, double limit) {
  std::vector<double> tried;
  while (const auto rate = search.Next()) {
    tried.push_back(*rate);
    search.Report(*rate <= limit);
  }
  return tried;
}

TEST(RateSearchTest, BisectsDownToItsPrecision) {
  RateSearch search({.start = 100});
  const std::vector<double> tried = Search(search, 62);
  EXPECT_TRUE(search.IsPrecise());
  EXPECT_LE(search.highest_met(), 62);
  EXPECT_GT(*search.lowest_missed(), 62);
  EXPECT_LE(*search.lowest_missed() - search.highest_met(), 0.05 * *search.lowest_missed());
  EXPECT_EQ(tried[0], 100);
  EXPECT_EQ(tried[1], 50);
  EXPECT_EQ(tried[2], 75);
  EXPECT_LE(tried.size(), 7u);
}

TEST(RateSearchTest, GrowsWhileTheTargetIsMet) {
  RateSearch search({.start = 100});
  const std::vector<double> tried = Search(search, 400);
  EXPECT_EQ(tried[1], 150);
  EXPECT_EQ(tried[2], 225);
  EXPECT_TRUE(search.IsPrecise());
  EXPECT_NEAR(search.highest_met(), 400, 20);
}

TEST(RateSearchTest, FindsAnyLimitWithinItsPrecision) {
  for (double limit = 5; limit < 1000; limit *= 1.3) {
    RateSearch search({.start = 100, .max_probes = 40});
    Search(search, limit);
    EXPECT_TRUE(search.IsPrecise()) << limit;
    EXPECT_LE(search.highest_met(), limit);
    EXPECT_GE(search.highest_met(), 0.94 * limit);
  }
}

TEST(RateSearchTest, EndsAfterItsProbes) {
  RateSearch nothing_met({.start = 100, .max_probes = 6});
  EXPECT_EQ(Search(nothing_met, 0).size(), 6u);
  EXPECT_EQ(nothing_met.highest_met(), 0);
  EXPECT_FALSE(nothing_met.IsPrecise());
  RateSearch all_met({.start = 100, .max_probes = 6});
  EXPECT_EQ(Search(all_met, 1e9).size(), 6u);
  EXPECT_FALSE(all_met.lowest_missed().has_value());
  EXPECT_FALSE(all_met.IsPrecise());
}

}  // namespace
}  // namespace lookbook
