// TLS for a listening port, with an identity that may change while it listens.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <functional>
#include <memory>

#include "server/security/tls_identity.h"

namespace lookbook {

// Each handshake uses what `identity` gives then; connections that stand go on as they are. A
// client certificate is required exactly when the first identity has a client_ca.
//
// gRPC 1.51's own file watcher drops the identity it has before it looks at the next one, so that a
// key which does not match its certificate leaves a port without any: here only an identity that
// MakeTlsIdentity() has looked at reaches gRPC. gRPC exchanges it without a lock against handshakes
// that begin at the same time on another thread: those of one port must begin on one thread, as
// they do where an Acceptor hands them over.
//
// `identity` never returns null, does not block, and must outlive the server.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    std::function<std::shared_ptr<const TlsIdentity>()> identity);

}  // namespace lookbook
