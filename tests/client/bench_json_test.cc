#include "client/bench_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/sample_bench.h"

namespace lookbook {
namespace {

using ::testing::EndsWith;
using Json = nlohmann::json;

Json Parsed(const BenchReport& report) { return Json::parse(BenchToJson(report)); }

TEST(BenchJsonTest, HoldsTheFiguresInMilliseconds) {
  const Json result = Parsed(SampleReport())["result"];
  const Json figures = result["figures"];
  EXPECT_EQ(result["offered_per_s"], 100);
  EXPECT_EQ(result["stable"], true);
  EXPECT_EQ(result["windows"], 4);
  EXPECT_EQ(figures["answers_per_s"], 98.5);
  EXPECT_EQ(figures["within_objective_share"], 0.9725);
  EXPECT_EQ(figures["latency_ms"]["p99"], 41.5);
  EXPECT_EQ(figures["shed_latency_ms"]["p99"], 4);
  EXPECT_EQ(figures["codes"], (Json{{"OK", 985}, {"RESOURCE_EXHAUSTED", 15}}));
  EXPECT_EQ(figures["server_stages_mean_ms"]["total"], 9);
  EXPECT_EQ(figures["server_cpu_ms_per_query"], 5.6);
  EXPECT_EQ(figures["foreign_cpu_share"], 0.0125);
}

TEST(BenchJsonTest, WhereNothingWasShedNothingIsSaidOfIt) {
  BenchReport report = SampleReport();
  report.result.figures->shed_latency.reset();
  EXPECT_TRUE(Parsed(report)["result"]["figures"]["shed_latency_ms"].is_null());
}

TEST(BenchJsonTest, SaysWhatWasMeasuredAndHow) {
  const Json json = Parsed(SampleReport());
  EXPECT_EQ(json["tool"], "lookbook bench");
  EXPECT_EQ(json["started"], "1970-01-01T01:00:00Z");
  EXPECT_EQ(json["server"]["bundle_id"], "20261123T101500Z-3f9a1c02b7de");
  EXPECT_EQ(json["server"]["pid"], 4711);
  EXPECT_EQ(json["load"]["loop"], "open");
  EXPECT_EQ(json["load"]["arrivals"], "poisson");
  EXPECT_EQ(json["load"]["seed"], 7);
  EXPECT_TRUE(json["load"]["concurrency"].is_null());
  EXPECT_EQ(json["load"]["different_queries"], 200);
  EXPECT_EQ(json["recall"],
            (Json{{"value", 1.0}, {"index", "Flat"}, {"search", ""}, {"basis", "exact index"}}));
  EXPECT_FALSE(json.contains("rate_search"));
}

TEST(BenchJsonTest, AClosedLoopHasNoArrivals) {
  BenchReport report = SampleReport();
  report.load.rate = report.result.rate = 0;
  const Json json = Parsed(report);
  EXPECT_EQ(json["load"]["loop"], "closed");
  EXPECT_EQ(json["load"]["concurrency"], 8);
  for (const char* field : {"offered_per_s", "arrivals", "seed", "max_in_flight"}) {
    EXPECT_TRUE(json["load"][field].is_null()) << field;
  }
  EXPECT_TRUE(json["result"]["offered_per_s"].is_null());
}

TEST(BenchJsonTest, ADisturbedRunHasEveryFieldAndNoFigure) {
  const Json good = Parsed(SampleReport())["result"];
  const Json bad = Parsed(DisturbedReport())["result"];
  ASSERT_EQ(bad["figures"].size(), good["figures"].size());
  for (const auto& field : good["figures"].items()) {
    ASSERT_TRUE(bad["figures"].contains(field.key())) << field.key();
    EXPECT_TRUE(bad["figures"][field.key()].is_null()) << field.key();
  }
  EXPECT_EQ(bad["problems"][0]["kind"], "foreign_load");
  EXPECT_EQ(bad["problems"][0]["message"], "other processes disturbed the run");
}

TEST(BenchJsonTest, WhatIsNotKnownIsNull) {
  BenchReport report = SampleReport();
  report.bundle.set_index("HNSW32");
  report.recall = StateRecall(report.bundle);
  report.result.figures->foreign_share.reset();
  report.result.figures->stage_mean.reset();
  const Json json = Parsed(report);
  EXPECT_TRUE(json["recall"]["value"].is_null());
  EXPECT_EQ(json["recall"]["index"], "HNSW32");
  EXPECT_TRUE(json["result"]["figures"]["foreign_cpu_share"].is_null());
  EXPECT_TRUE(json["result"]["figures"]["server_stages_mean_ms"].is_null());
}

TEST(BenchJsonTest, ASearchListsItsProbes) {
  const Json json = Parsed(SearchReport());
  const Json search = json["rate_search"];
  EXPECT_EQ(search["p99_target_ms"], 50);
  EXPECT_EQ(search["highest_rate_met_per_s"], 100);
  EXPECT_EQ(search["probes"].size(), 3u);
  EXPECT_EQ(search["probes"][1]["outcome"], "missed");
  EXPECT_EQ(json["load"]["loop"], "open");
  BenchReport none = SearchReport();
  none.found_rate.reset();
  EXPECT_TRUE(Parsed(none)["rate_search"]["highest_rate_met_per_s"].is_null());
}

TEST(BenchJsonTest, NamesNeedNotBeUtf8) {
  BenchReport report = SampleReport();
  report.target = std::string(3, static_cast<char>(0xff));
  EXPECT_THAT(BenchToJson(report), EndsWith("}\n"));
}

}  // namespace
}  // namespace lookbook
