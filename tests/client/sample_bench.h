// One report of `lookbook bench`, for the tests of every output format.
#pragma once

#include "client/bench_report.h"

namespace lookbook {

inline BenchRow SampleRow() {
  Figures figures{.answers_per_second = 98.5,
                  .within_per_second = 97.25,
                  .within_share = 0.9725,
                  .queries = 1000,
                  .stage_mean = StageTimes{0.001, 0.0002, 0.003, 0.004, 0.0005, 0.009},
                  .sent_bytes_per_second = 3 << 20,
                  .own_cpu_per_query = 0.00015,
                  .server_cpu_per_query = 0.0056,
                  .foreign_share = 0.0125};
  figures.latency = {.mean = absl::Milliseconds(12),
                     .p50 = absl::Milliseconds(10),
                     .p90 = absl::Milliseconds(20),
                     .p95 = absl::Milliseconds(25),
                     .p99 = absl::Milliseconds(41.5),
                     .max = absl::Milliseconds(77)};
  figures.shed_latency = {.p50 = absl::Milliseconds(1.5), .p99 = absl::Milliseconds(4)};
  figures.codes[0] = 985;
  figures.codes[static_cast<size_t>(absl::StatusCode::kResourceExhausted)] = 15;
  return {.rate = 100, .figures = figures, .windows = 4, .stable = true};
}

inline BenchReport SampleReport() {
  BenchReport report;
  report.started = absl::UnixEpoch() + absl::Hours(1);
  report.target = "localhost:50051";
  report.info.set_version("0.1.0");
  report.info.set_device("cpu");
  report.bundle.set_name("demo");
  report.bundle.set_bundle_id("20261123T101500Z-3f9a1c02b7de");
  report.bundle.set_index("Flat");
  report.bundle.set_items(8000);
  report.recall = StateRecall(report.bundle);
  report.load = {.rate = 100,
                 .concurrency = 8,
                 .channels = 4,
                 .max_in_flight = 400,
                 .seed = 7,
                 .deadline = absl::Seconds(5),
                 .objective = absl::Seconds(5),
                 .queries = 200,
                 .query_bytes = 10 << 20,
                 .top_k = 10};
  report.cores = 2;
  report.server_pid = 4711;
  report.result = SampleRow();
  return report;
}

// The same after others used the machine.
inline BenchReport DisturbedReport() {
  BenchReport report = SampleReport();
  report.result.figures.reset();
  report.result.problems = {{Problem::Kind::kForeignLoad, "other processes disturbed the run"}};
  return report;
}

// A search with one probe that missed and one that met the target.
inline BenchReport SearchReport() {
  BenchReport report = SampleReport();
  report.load.rate = 0;
  report.p99_target = absl::Milliseconds(50);
  report.found_rate = 100;
  report.precise = true;
  BenchRow capacity = SampleRow(), missed = SampleRow(), met = SampleRow();
  capacity.rate = 0;
  missed.rate = 200;
  missed.outcome = "missed";
  met.outcome = "met";
  report.probes = {capacity, missed, met};
  report.result = met;
  return report;
}

}  // namespace lookbook
