#include "server/transport/access_log.h"

#include "base/logging.h"
#include "server/transport/grpc_status.h"

namespace lookbook {
namespace {
constexpr int kFaultsPerSecond = 20;
}  // namespace

AccessLog::AccessLog(int calls_per_second) : calls_(calls_per_second), faults_(kFaultsPerSecond) {}

bool AccessLog::Wants(const absl::Status& status, absl::Time now, int64_t* left_out) {
  return IsOurFault(status) ? faults_.Take(now, left_out) : calls_.Take(now, left_out);
}

void AccessLog::Write(const CallRecord& record, int64_t left_out) const {
  const absl::Status& status = record.status;
  if (IsOurFault(status)) {
    LogError("internal error", {{"method", record.method},
                                {"status", status},
                                {"request_id", record.request_id},
                                {"peer", record.peer},
                                {"client", record.client},
                                {"bundle_id", record.bundle_id},
                                {"left_out", left_out}});
    return;
  }
  LogInfo("call", {{"method", record.method},
                   {"code", absl::StatusCodeToString(status.code())},
                   {"reason", status.ok() ? "" : ReasonOf(status)},
                   {"request_id", record.request_id},
                   {"peer", record.peer},
                   {"client", record.client},
                   {"bundle_id", record.bundle_id},
                   {"bytes", record.request_bytes},
                   {"seconds", record.seconds},
                   {"decode", record.stages.decode},
                   {"preprocess", record.stages.preprocess},
                   {"queue", record.stages.queue},
                   {"embed", record.stages.embed},
                   {"search", record.stages.search},
                   {"left_out", left_out}});
}

}  // namespace lookbook
