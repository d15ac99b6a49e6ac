// A gRPC channel to lookbook-server, and what every call on it carries.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <optional>
#include <string>

#include "base/trace_context.h"
#include "client/connection_security.h"

namespace lookbook {

// Connects at the first call. REQUIRES: Validate(security) is OK.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target,
                                           const ConnectionSecurity& security,
                                           const grpc::ChannelArguments& arguments);

// Once for each call, before it; nothing when `token` is empty.
void SetToken(grpc::ClientContext& context, const std::string& token);

// Once for each call, before it: it is another span of this trace. Nothing without one.
void SetTrace(grpc::ClientContext& context, const std::optional<TraceContext>& trace);

}  // namespace lookbook
