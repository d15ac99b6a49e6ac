#include "server/transport/grpc_logs.h"

#include <grpc/support/log.h>

#include "base/clock.h"
#include "base/logging.h"
#include "server/transport/log_budget.h"

namespace lookbook {
namespace {

constexpr int kWarningsPerSecond = 10;

void OnGrpcLog(gpr_log_func_args* line) {
  static auto* const budget = new LogBudget(kWarningsPerSecond);
  int64_t left_out = 0;
  const bool warn =
      line->severity == GPR_LOG_SEVERITY_ERROR && budget->Take(Clock::Steady()->Now(), &left_out);
  Log(warn ? LogLevel::kWarning : LogLevel::kDebug, line->message,
      {{"from", "grpc"}, {"left_out", left_out}});
}

}  // namespace

void RouteGrpcLogs() { gpr_set_log_function(OnGrpcLog); }

}  // namespace lookbook
