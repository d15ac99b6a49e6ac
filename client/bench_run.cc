#include "client/bench_run.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"
#include "client/bench_json.h"
#include "client/bench_table.h"
#include "client/failure.h"
#include "client/load/closed_loop.h"
#include "client/load/open_loop.h"

namespace lookbook {

BenchRun::BenchRun(const BenchFlags& flags, TextStyle style)
    : flags_(flags),
      style_(style),
      server_pid_(ServerProcess(flags)),
      place_(PlaceOfServer(flags.query.server.server, server_pid_)),
      meter_(server_pid_),
      progress_(&std::cerr, HasProgressTerminal()) {}

int BenchRun::Run() {
  if (const auto cpu = meter_.Read(); !cpu.ok()) return FailUsage(cpu.status());
  auto client = Connect(flags_.query.server);
  if (!client.ok()) return FailUsage(client.status());
  client_ = *std::move(client);
  InstallStopSignals();
  absl::Status status = AskServer();
  if (!status.ok()) return Fail(status, "", flags_.query.server);
  const auto request = MakeSearchRequest(flags_.query, names_);
  if (!request.ok()) return FailUsage(request.status());
  status = LoadPictures(*request);
  if (status.ok()) status = flags_.find_rate ? SearchForRate() : MeasureOnce();
  progress_.Clear();
  if (!status.ok()) return Fail(status, "", flags_.query.server);
  CheckBundleStayed();
  return Finish();
}

absl::StatusOr<v1::BundleInfo> BenchRun::FindBundle(const v1::GetInfoResponse& info) const {
  for (const v1::BundleInfo& bundle : info.bundles()) {
    if (flags_.query.bundle.empty() || bundle.name() == flags_.query.bundle) return bundle;
  }
  return absl::NotFoundError(flags_.query.bundle.empty()
                                 ? "the server has no bundle"
                                 : absl::StrCat("the server has no bundle ", flags_.query.bundle));
}

absl::Status BenchRun::AskServer() {
  LB_ASSIGN_OR_RETURN(report_.info, client_->GetInfo());
  LB_ASSIGN_OR_RETURN(report_.bundle, FindBundle(report_.info));
  v1::ListClassesRequest classes;
  classes.set_bundle(flags_.query.bundle);
  LB_ASSIGN_OR_RETURN(const v1::ListClassesResponse names, client_->ListClasses(classes));
  names_ = ClassNames(names);
  report_.started = absl::Now();
  report_.target = flags_.query.server.server;
  report_.recall = StateRecall(report_.bundle);
  report_.cores = CoreCount();
  report_.server_pid = server_pid_;
  if (flags_.find_rate) report_.p99_target = flags_.p99;
  return absl::OkStatus();
}

absl::Status BenchRun::LoadPictures(const v1::SearchRequest& shared) {
  const auto sources = ListSources(flags_.query.pictures, flags_.query.items);
  LB_ASSIGN_OR_RETURN(BenchQueries queries,
                      LoadQueries(sources, flags_.query.include_self, shared));
  report_.load = {.rate = flags_.rate,
                  .concurrency = flags_.concurrency,
                  .channels = flags_.channels,
                  .max_in_flight = MaxInFlight(flags_),
                  .seed = flags_.seed,
                  .deadline = flags_.query.server.deadline,
                  .objective = Objective(flags_),
                  .queries = queries.requests.size(),
                  .query_bytes = queries.bytes,
                  .top_k = flags_.query.top_k};
  LB_ASSIGN_OR_RETURN(caller_, SearchCaller::Create({.target = flags_.query.server.server,
                                                     .deadline = flags_.query.server.deadline,
                                                     .channels = flags_.channels,
                                                     .security = client_->options().security},
                                                    std::move(queries.requests)));
  return absl::OkStatus();
}

absl::StatusOr<Probe> BenchRun::MeasureLoad(double rate) {
  const MeasureOptions options{.warm_up = flags_.warm_up,
                               .window = flags_.window,
                               .duration = flags_.duration,
                               .rule = flags_.rule,
                               .offered_rate = rate,
                               .hopeless_share = flags_.find_rate && rate > 0 ? kProbeShare : 0};
  const MeasureEnvironment environment{
      .sleep = absl::SleepFor,
      .interrupted = StopRequested,
      .read_cpu = [this] { return meter_.Read(); },
      .progress = [this](const std::string& text) { progress_.Show(absl::StrCat(phase_, text)); }};
  CallLedger ledger(Objective(flags_));
  std::unique_ptr<Load> load;
  if (rate > 0) {
    load = std::make_unique<OpenLoop>(
        OpenLoopOptions{.rate = rate, .seed = flags_.seed, .max_in_flight = MaxInFlight(flags_)},
        caller_.get(), &ledger, Clock::Steady());
  } else {
    load =
        std::make_unique<ClosedLoop>(flags_.concurrency, caller_.get(), &ledger, Clock::Steady());
  }
  Probe probe{.rate = rate};
  LB_ASSIGN_OR_RETURN(probe.measurement, Measure(options, *load, ledger, environment));
  probe.problems = FindProblems(probe.measurement, place_, report_.cores, flags_.limits);
  return probe;
}

BenchRow BenchRun::MakeRow(const Probe& probe) const {
  return {.rate = probe.rate,
          .figures = MakeFigures(probe.measurement, probe.problems, place_, report_.cores),
          .problems = probe.problems,
          .outcome = "",
          .windows = probe.measurement.windows.size(),
          .stable = probe.measurement.stable};
}

absl::Status BenchRun::MeasureOnce() {
  LB_ASSIGN_OR_RETURN(const Probe probe, MeasureLoad(flags_.rate));
  report_.result = MakeRow(probe);
  return absl::OkStatus();
}

absl::Status BenchRun::SearchForRate() {
  phase_ = "capacity of the closed loop: ";
  LB_ASSIGN_OR_RETURN(const Probe capacity, MeasureLoad(0));
  report_.probes.push_back(MakeRow(capacity));
  report_.result = report_.probes.back();
  if (!report_.result.figures) return absl::OkStatus();

  const auto measure = [&](double rate) {
    phase_ = absl::StrFormat("probe %d, %.1f/s: ", report_.probes.size(), rate);
    return MeasureLoad(rate);
  };
  const auto on_probe = [&](const Probe& probe) {
    report_.probes.push_back(MakeRow(probe));
    report_.probes.back().outcome = OutcomeName(probe.outcome);
    progress_.Clear();
  };
  LB_ASSIGN_OR_RETURN(const RateSearchResult found,
                      FindRate({.start = report_.result.figures->answers_per_second,
                                .max_probes = flags_.max_probes},
                               measure, on_probe));
  report_.precise = found.precise;
  if (found.rate > 0) report_.found_rate = found.rate;
  report_.result = report_.probes[found.rate > 0 ? found.best + 1 : report_.probes.size() - 1];
  return absl::OkStatus();
}

// Answers of two bundles are no one measurement.
void BenchRun::CheckBundleStayed() {
  const auto info = client_->GetInfo();
  const auto bundle = info.ok() ? FindBundle(*info) : absl::StatusOr<v1::BundleInfo>(info.status());
  if (bundle.ok() && bundle->bundle_id() == report_.bundle.bundle_id()) return;
  const std::string what =
      bundle.ok() ? absl::StrCat("the bundle changed during the run, to ", bundle->bundle_id())
                  : absl::StrCat("the server could not be asked whether its bundle stayed: ",
                                 DescribeFailure(bundle.status(), "", report_.target));
  report_.result.problems.push_back({Problem::Kind::kServerChanged, what});
  report_.result.figures.reset();
  report_.found_rate.reset();
}

int BenchRun::Finish() {
  std::cout << RenderBench(report_, style_);
  if (!flags_.json.empty()) {
    const absl::Status status = WriteFileAtomic(flags_.json, BenchToJson(report_));
    if (!status.ok()) return Fail(status, "", flags_.query.server);
  }
  const bool found = !flags_.find_rate || report_.found_rate.has_value();
  return report_.result.figures && report_.result.stable && found ? kExitOk : kExitFailed;
}

}  // namespace lookbook
