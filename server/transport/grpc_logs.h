// Log lines of gRPC and of protobuf, through ours.
#pragma once

namespace lookbook {

// From now on their errors (protobuf has one for each text that is not UTF-8) are warnings of ours,
// ten a second at most, and everything else of theirs is for debugging, instead of lines of their
// own on standard error. Idempotent. REQUIRES: the first time, no other thread parses messages.
void RouteGrpcLogs();

}  // namespace lookbook
