// One log line per finished call, no more a second than the log can bear.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/pipeline/pipeline.h"
#include "server/transport/log_budget.h"

namespace lookbook {

// What is said of a finished call; never pixels, vectors or file contents.
struct CallRecord {
  absl::string_view method;
  absl::Status status;
  std::string request_id;
  std::string peer;
  std::string client;  // As Authenticator names it; never a token.
  std::string bundle_id;
  size_t request_bytes = 0;
  double seconds = 0;
  StageSeconds stages;
};

// Thread-safe.
class AccessLog {
 public:
  // `calls_per_second`: finished calls; 0 = none. Faults of ours have a budget of their own.
  explicit AccessLog(int calls_per_second);

  // Whether Write() would be worth the making of a record.
  bool Wants(const absl::Status& status, absl::Time now, int64_t* left_out);
  void Write(const CallRecord& record, int64_t left_out) const;

 private:
  LogBudget calls_;
  LogBudget faults_;
};

}  // namespace lookbook
