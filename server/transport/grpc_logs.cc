#include "server/transport/grpc_logs.h"

#include <grpc/support/log.h>

#include <atomic>

#include "base/logging.h"

namespace lookbook {
namespace {

std::atomic<bool> quiet{false};

void OnGrpcLog(gpr_log_func_args* line) {
  const bool warn = line->severity == GPR_LOG_SEVERITY_ERROR && !quiet.load(std::memory_order_relaxed);
  Log(warn ? LogLevel::kWarning : LogLevel::kDebug, line->message, {{"from", "grpc"}});
}

}  // namespace

void RouteGrpcLogs() { gpr_set_log_function(OnGrpcLog); }

QuietGrpcErrors::QuietGrpcErrors() { quiet = true; }
QuietGrpcErrors::~QuietGrpcErrors() { quiet = false; }

}  // namespace lookbook
