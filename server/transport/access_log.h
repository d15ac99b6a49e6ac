// One log line for each finished call, no more a second than the log can bear. docs/logs.md says
// what each field means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/logging.h"
#include "server/pipeline/pipeline.h"
#include "server/transport/call_trace.h"
#include "server/transport/log_budget.h"

namespace lookbook {

// What is said of a finished call; never pixels, vectors, file contents or tokens.
struct CallRecord {
  absl::string_view method;
  absl::Status status;
  CallTrace trace;
  std::string peer;
  std::string client;  // As Authenticator names it.
  std::string bundle_id;
  size_t request_bytes = 0;
  double seconds = 0;
  // Of its query, as far as that came.
  StageSeconds stages;
  ImageFacts image;
  int batch = 0;
};

struct AccessLogOptions {
  int requests_per_second = 100;  // Calls that ended well; 0 = none.
  int errors_per_second = 100;    // Calls that failed or were slow; 0 = none.
  // Calls that take longer are slow.
  absl::Duration slow = absl::InfiniteDuration();
};

// How a call is written.
struct AccessLogLine {
  LogLevel level = LogLevel::kInfo;
  absl::string_view message;
  int64_t left_out = 0;  // Lines of its kind since the last one.
};

// Thread-safe.
class AccessLog {
 public:
  // Faults of ours have a budget of their own beside those two.
  explicit AccessLog(const AccessLogOptions& options);

  // nullopt: not at all, for the log's level is higher, or enough of its kind was written in this
  // second. Otherwise Write() follows.
  std::optional<AccessLogLine> Choose(const absl::Status& status, double seconds, absl::Time now);
  static void Write(const CallRecord& record, const AccessLogLine& line);

 private:
  const absl::Duration slow_;
  LogBudget requests_;
  LogBudget errors_;
  LogBudget faults_;
};

}  // namespace lookbook
