#include "client/open_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "absl/strings/str_cat.h"

namespace lookbook {

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target,
                                           const ConnectionSecurity& security,
                                           const grpc::ChannelArguments& arguments) {
  const auto credentials =
      security.tls ? grpc::SslCredentials({security.ca, security.key, security.certificate})
                   : grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

// Not by gRPC's call credentials: those want TLS, which a proxy beside the client may add.
void SetToken(grpc::ClientContext& context, const std::string& token) {
  if (!token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
}

void SetTrace(grpc::ClientContext& context, const std::optional<TraceContext>& trace) {
  if (!trace) return;
  context.AddMetadata("traceparent", NextSpan(trace->parent).ToHeader());
  if (!trace->state.empty()) context.AddMetadata("tracestate", trace->state);
}

}  // namespace lookbook
