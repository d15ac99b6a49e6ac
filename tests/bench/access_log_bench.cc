// What tracing and logging cost a call: finding its ids, deciding on its line, and making it, which
// is handed to the log's own thread.
//
//   access_log_bench 2> /dev/null
#include <benchmark/benchmark.h>

#include "base/background_log.h"
#include "base/clock.h"
#include "server/transport/access_log.h"

namespace lookbook {
namespace {

void BM_TraceACall(benchmark::State& state) {
  const CallMetadata metadata = {
      {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
      {"tracestate", "rojo=00f067aa0ba902b7"},
      {"user-agent", "grpc-c++/1.51.1"}};
  for (auto _ : state) {
    const CallTrace trace = TraceCall(metadata, "order-1873");
    benchmark::DoNotOptimize(trace.span.ToHeader());
  }
}
BENCHMARK(BM_TraceACall);

void BM_LeaveALineOut(benchmark::State& state) {
  static auto* const log = new AccessLog({.requests_per_second = 1});
  for (auto _ : state) {
    benchmark::DoNotOptimize(log->Choose(absl::OkStatus(), 0.01, Clock::Steady()->Now()));
  }
}
BENCHMARK(BM_LeaveALineOut)->ThreadRange(1, 4)->UseRealTime();

void BM_WriteALine(benchmark::State& state) {
  ConfigureLogging(LogLevel::kInfo, LogFormat::kJson);
  const auto background = BackgroundLog::Start();
  CallRecord record;
  record.method = "Search";
  record.trace = TraceCall({}, "order-1873");
  record.peer = "ipv4:192.0.2.17:41234";
  record.client = "token:mobile-app";
  record.bundle_id = "20261123T101500Z-3f9a1c02b7de";
  record.stages = {0.0041, 0.0006, 0.0007, 0.0089, 0.0003, 0.0146};
  record.image = {"jpeg", 1024, 768};
  for (auto _ : state) AccessLog::Write(record, {LogLevel::kInfo, "call"});
}
BENCHMARK(BM_WriteALine);

}  // namespace
}  // namespace lookbook

BENCHMARK_MAIN();
