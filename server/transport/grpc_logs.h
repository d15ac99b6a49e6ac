// gRPC's own log lines, through ours.
#pragma once

namespace lookbook {

// From now on gRPC's errors are warnings of ours, ten a second at most, and everything else of it
// is for debugging, instead of lines of its own on standard error. Idempotent.
void RouteGrpcLogs();

}  // namespace lookbook
