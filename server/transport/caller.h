// Who makes a call, and whether it may: the guards of server/security, for gRPC.
#pragma once

#include <grpcpp/server_context.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/transport/call.h"

namespace lookbook {

// The caller's name, as Authenticator::Identify(), of the call's metadata and connection; empty
// where nobody is asked who it is. A refusal is counted.
absl::StatusOr<std::string> IdentifyCaller(const CallEnvironment& environment,
                                           const grpc::CallbackServerContext& context);

// As ClientRates::Admit(), where there are rates. A refusal is counted.
absl::Status ChargeCaller(const CallEnvironment& environment, const std::string& client,
                          uint64_t bytes);

}  // namespace lookbook
