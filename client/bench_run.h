// `lookbook bench` at work.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/bench_flags.h"
#include "client/bench_queries.h"
#include "client/bench_report.h"
#include "client/class_names.h"
#include "client/load/probe.h"
#include "client/progress_line.h"
#include "client/search_caller.h"
#include "client/search_client.h"
#include "client/terminal.h"

namespace lookbook {

// Not thread-safe; runs once.
class BenchRun {
 public:
  BenchRun(const BenchFlags& flags, TextStyle style);

  // Returns the exit code of the program: kExitOk only when there are figures to quote.
  int Run();

 private:
  absl::Status AskServer();  // What it is and which bundle answers.
  absl::Status LoadPictures(const v1::SearchRequest& shared);
  absl::Status MeasureOnce();
  absl::Status SearchForRate();
  void CheckBundleStayed();
  int Finish();

  // A load of its own, open when `rate` > 0, with what disturbed it.
  absl::StatusOr<Probe> MeasureLoad(double rate);
  BenchRow MakeRow(const Probe& probe) const;
  absl::StatusOr<v1::BundleInfo> FindBundle(const v1::GetInfoResponse& info) const;

  const BenchFlags flags_;
  const TextStyle style_;
  const std::optional<int> server_pid_;
  const ServerPlace place_;
  const CpuMeter meter_;
  std::unique_ptr<SearchClient> client_;
  std::unique_ptr<SearchCaller> caller_;
  ClassNames names_;
  ProgressLine progress_;
  std::string phase_;  // Of a search for a rate, before what a measurement says of itself.
  BenchReport report_;
};

}  // namespace lookbook
