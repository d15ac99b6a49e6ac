// gRPC's own log lines, through ours.
#pragma once

namespace lookbook {

// From now on gRPC's errors are warnings of ours, ten a second at most, and everything else of it
// is for debugging, instead of lines of its own on standard error. Idempotent.
void RouteGrpcLogs();

// While one of these lives, gRPC's errors are for debugging too: somebody else reports the failure.
// Not thread-safe; at most one at a time.
class QuietGrpcErrors {
 public:
  QuietGrpcErrors();
  ~QuietGrpcErrors();
};

}  // namespace lookbook
