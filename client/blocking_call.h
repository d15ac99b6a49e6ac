// One unary call with its attempts, for the clients of every service.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "client/channel_arguments.h"
#include "client/open_channel.h"
#include "client/retry.h"
#include "client/rpc_status.h"

namespace lookbook {

struct CallOptions {
  absl::Duration deadline;  // All attempts and pauses.
  RetryOptions retry;
  RetryEnvironment environment;
  std::string token;                  // As SetToken().
  std::optional<TraceContext> trace;  // As SetTrace(): each attempt is a span of its own.
};

// `status` with the reason kUnreachable (search_client.h) when it comes from this side of a channel
// that is not ready: the server gives a reason with each refusal of its own.
absl::Status MarkUnreachable(absl::Status status, grpc::Channel& channel);

// Blocks. `method` is a blocking method of the stub.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> BlockingCall(const CallOptions& options, grpc::Channel& channel,
                                      Stub& stub,
                                      grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*),
                                      const Request& request) {
  Response response;
  const auto attempt = [&](absl::Duration remaining) -> AttemptOutcome {
    grpc::ClientContext context;
    SetDeadline(context, remaining);
    SetToken(context, options.token);
    SetTrace(context, options.trace);
    const grpc::Status status = (stub.*method)(&context, request, &response);
    return {MarkUnreachable(ToStatus(status), channel), PushbackOf(context)};
  };
  const absl::Time deadline = options.environment.clock->Now() + options.deadline;
  LB_RETURN_IF_ERROR(CallWithRetries(options.retry, options.environment, deadline, attempt));
  return response;
}

}  // namespace lookbook
