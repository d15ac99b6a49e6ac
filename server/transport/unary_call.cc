#include "server/transport/unary_call.h"

#include "server/transport/grpc_status.h"

namespace lookbook {
namespace {

CallTrace TraceAndPassOn(grpc::CallbackServerContext* context, absl::string_view request_id) {
  CallTrace trace = TraceCall(context->client_metadata(), request_id);
  PassOn(trace, context);
  return trace;
}

}  // namespace

UnaryCall::UnaryCall(Method method, const CallEnvironment& environment,
                     grpc::CallbackServerContext* context, size_t request_bytes,
                     absl::string_view request_id)
    : Call(method, environment, context, std::make_shared<std::atomic<bool>>(false), request_bytes,
           TraceAndPassOn(context, request_id)) {}

void UnaryCall::Send(const absl::Status& status) {
  SayWhenToComeBack(status, context());
  Finish(ToGrpcStatus(status));
}

void UnaryCall::OnCancel() { cancelled()->store(true, std::memory_order_relaxed); }

// gRPC tells of a cancel only where the answer had not gone out.
void UnaryCall::OnDone() { End(!cancelled()->load(std::memory_order_relaxed)); }

}  // namespace lookbook
