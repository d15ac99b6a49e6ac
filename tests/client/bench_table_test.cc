#include "client/bench_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/sample_bench.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Text(const BenchReport& report) { return RenderBench(report, {}); }

TEST(BenchTableTest, SaysWhatWasAskedOfWhat) {
  EXPECT_THAT(Text(SampleReport()),
              AllOf(HasSubstr("lookbook-server 0.1.0 at localhost:50051, cpu; bundle demo 2026"),
                    HasSubstr("open loop (Poisson, seed 7), 100/s; 4 channels, 200 queries of "
                              "10.0 MiB in turn, top 10, deadline 5s\n")));
  BenchReport closed = SampleReport();
  closed.load.rate = closed.result.rate = 0;
  EXPECT_THAT(Text(closed),
              AllOf(HasSubstr("closed loop, 8 in flight;"), Not(HasSubstr("offered"))));
}

TEST(BenchTableTest, ShowsTheFiguresAndTheRecallBesideThem) {
  const std::string text = Text(SampleReport());
  for (const char* line :
       {"  offered              100.0/s\n", "  answered             98.5/s\n",
        "  within 5s            97.2/s, 97.25 % of those due\n",
        "  latency p99          41.50 ms\n", "  shed                 p50 1.50 ms, p99 4.00 ms\n",
        "  answers              985 OK, 15 RESOURCE_EXHAUSTED\n",
        "decode 1.00, preprocess 0.20, queue 3.00, embed 4.00, search 0.50, total 9.00 ms\n",
        "  server CPU           5.600 core-ms a query (process 4711)\n",
        "  others               1.25 % of this machine's CPU\n",
        "  sent                 3.00 MiB/s\n", "  windows              4, stable\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, EndsWith("recall: 1 (index Flat is exact)\n"));
}

TEST(BenchTableTest, WhatIsNotStableSaysSo) {
  BenchReport report = SampleReport();
  report.result.stable = false;
  EXPECT_THAT(Text(report), HasSubstr("4, NOT STABLE\n"));
}

TEST(BenchTableTest, WhatIsNotKnownSaysSo) {
  BenchReport report = SampleReport();
  report.result.figures->server_cpu_per_query.reset();
  report.result.figures->foreign_share.reset();
  report.recall = {.index = "HNSW32", .basis = "not known"};
  EXPECT_THAT(Text(report),
              AllOf(HasSubstr("others               not known; name the server's"),
                    Not(HasSubstr("server CPU")), HasSubstr("recall: not known (index HNSW32)\n")));
}

TEST(BenchTableTest, ADisturbedRunShowsTheReasonAndNoFigure) {
  EXPECT_THAT(Text(DisturbedReport()),
              AllOf(HasSubstr("no figures:\n  other processes disturbed the run\n"),
                    Not(HasSubstr("answered")), Not(HasSubstr("latency"))));
}

TEST(BenchTableTest, ASearchShowsEachProbeAndWhatItFound) {
  const std::string text = Text(SearchReport());
  EXPECT_THAT(text, HasSubstr("highest open-loop rate (Poisson, seed 7) with p99 within 50ms;"));
  EXPECT_THAT(text, HasSubstr("  closed loop    98.5/s  41.50 ms  97.25 %        4\n"));
  EXPECT_THAT(text, HasSubstr("      200.0/s    98.5/s  41.50 ms  97.25 %        4  missed\n"));
  EXPECT_THAT(text, HasSubstr("highest rate with p99 within 50ms: 100.0/s offered\n"));
}

TEST(BenchTableTest, ASearchThatFoundNothingOrEndedEarlySaysSo) {
  BenchReport report = SearchReport();
  report.precise = false;
  EXPECT_THAT(Text(report), HasSubstr("offered (the search ended before it was precise)\n"));
  report.found_rate.reset();
  EXPECT_THAT(Text(report), HasSubstr("no rate that was tried met p99 within 50ms\n"));
}

TEST(BenchTableTest, ADisturbedProbeHasNoFigures) {
  BenchReport report = SearchReport();
  report.probes[1].figures.reset();
  report.probes[1].outcome = "disturbed";
  EXPECT_THAT(Text(report),
              HasSubstr("      200.0/s         -         -        -        4  disturbed\n"));
}

}  // namespace
}  // namespace lookbook
