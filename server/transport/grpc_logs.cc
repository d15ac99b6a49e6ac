#include "server/transport/grpc_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <string>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/logging.h"
#include "server/transport/log_budget.h"

namespace lookbook {
namespace {

constexpr int kWarningsPerSecond = 10;

void LogFor(absl::string_view library, bool is_error, absl::string_view message) {
  static auto* const budget = new LogBudget(kWarningsPerSecond);
  int64_t left_out = 0;
  const bool warn = is_error && budget->Take(Clock::Steady()->Now(), &left_out);
  Log(warn ? LogLevel::kWarning : LogLevel::kDebug, message,
      {{"from", library}, {"left_out", left_out}});
}

void OnGrpcLog(gpr_log_func_args* line) {
  LogFor("grpc", line->severity == GPR_LOG_SEVERITY_ERROR, line->message);
}

void OnProtobufLog(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  LogFor("protobuf", level >= google::protobuf::LOGLEVEL_ERROR, message);
}

}  // namespace

void RouteGrpcLogs() {
  gpr_set_log_function(OnGrpcLog);
  // Once: it is not thread-safe.
  [[maybe_unused]] static auto* const before = google::protobuf::SetLogHandler(OnProtobufLog);
}

}  // namespace lookbook
