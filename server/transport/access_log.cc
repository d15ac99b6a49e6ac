#include "server/transport/access_log.h"

#include "server/transport/grpc_status.h"

namespace lookbook {
namespace {

constexpr int kFaultsPerSecond = 20;

}  // namespace

AccessLog::AccessLog(const AccessLogOptions& options)
    : slow_(options.slow),
      requests_(options.requests_per_second, LogDrop::kRequest),
      errors_(options.errors_per_second, LogDrop::kError),
      faults_(kFaultsPerSecond, LogDrop::kError) {}

std::optional<AccessLogLine> AccessLog::Choose(const absl::Status& status, double seconds,
                                               absl::Time now) {
  AccessLogLine line{LogLevel::kInfo, "call"};
  LogBudget* budget = status.ok() ? &requests_ : &errors_;
  if (IsOurFault(status)) {
    line = {LogLevel::kError, "internal error"};
    budget = &faults_;
  } else if (absl::Seconds(seconds) > slow_) {
    line = {LogLevel::kWarning, "slow call"};
    budget = &errors_;
  }
  if (line.level < LowestLogLevel() || !budget->Take(now, &line.left_out)) return std::nullopt;
  return line;
}

void AccessLog::Write(const CallRecord& record, const AccessLogLine& line) {
  const absl::Status& status = record.status;
  const CallTrace& trace = record.trace;
  const auto code = static_cast<absl::StatusCode>(GrpcCodeOf(status));
  Log(line.level, line.message,
      {{"trace_id", trace.span.TraceId()},
       {"span_id", SpanIdText(trace.span.span)},
       {"parent_id", trace.caller == 0 ? "" : SpanIdText(trace.caller)},
       {"tracestate", trace.state},
       {"request_id", trace.request_id},
       {"client", record.client},
       {"method", record.method},
       {"code", absl::StatusCodeToString(code)},
       {"reason", status.ok() ? "" : ReasonOf(status)},
       {"error", IsOurFault(status) ? status.ToString() : ""},
       {"bytes", record.request_bytes},
       {"w", record.image.width},
       {"h", record.image.height},
       {"fmt", record.image.format},
       {"t_total", record.seconds},
       {"t_decode", record.stages.decode},
       {"t_preprocess", record.stages.preprocess},
       {"t_queue", record.stages.queue},
       {"t_embed", record.stages.embed},
       {"t_search", record.stages.search},
       {"batch", record.batch},
       {"bundle_id", record.bundle_id},
       {"peer", record.peer},
       {"left_out", line.left_out}});
}

}  // namespace lookbook
