#include "server/transport/caller.h"

#include <grpcpp/security/auth_context.h>

#include "base/reason.h"

namespace lookbook {
namespace {

absl::string_view ToView(grpc::string_ref text) { return {text.data(), text.size()}; }

// Its first alternative name, or its common name where it has none.
std::string CertificateName(const grpc::CallbackServerContext& context) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return "";
  const auto names = peer->GetPeerIdentity();
  return names.empty() ? "" : std::string(ToView(names[0]));
}

Presented PresentedBy(const grpc::CallbackServerContext& context) {
  Presented presented;
  const auto range = context.client_metadata().equal_range("authorization");
  for (auto entry = range.first; entry != range.second; ++entry) {
    presented.authorization.push_back(ToView(entry->second));
  }
  presented.certificate = CertificateName(context);
  presented.peer = context.peer();
  return presented;
}

}  // namespace

absl::StatusOr<std::string> IdentifyCaller(const CallEnvironment& environment,
                                           const grpc::CallbackServerContext& context) {
  if (environment.authenticator == nullptr) return "";
  absl::StatusOr<std::string> client = environment.authenticator->Identify(PresentedBy(context));
  if (!client.ok()) environment.metrics->AuthenticationFailed(GetReason(client.status()));
  return client;
}

absl::Status ChargeCaller(const CallEnvironment& environment, const std::string& client,
                          uint64_t bytes) {
  if (environment.rates == nullptr) return absl::OkStatus();
  absl::Status status = environment.rates->Admit(client, bytes, environment.clock->Now());
  if (!status.ok()) environment.metrics->Shed(ShedReason::kRate);
  return status;
}

}  // namespace lookbook
