// A call with one request and one response.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "server/transport/call.h"

namespace lookbook {

// Returned to gRPC by the method that it called. The response is that which gRPC gave the method.
// Its trailing metadata carry its trace and its request id (call_trace.h), whatever becomes of it.
class UnaryCall final : public grpc::ServerUnaryReactor, public Call {
 public:
  UnaryCall(Method method, const CallEnvironment& environment, grpc::CallbackServerContext* context,
            size_t request_bytes, absl::string_view request_id);

 private:
  void Send(const absl::Status& status) override;
  void OnCancel() override;
  void OnDone() override;
};

}  // namespace lookbook
