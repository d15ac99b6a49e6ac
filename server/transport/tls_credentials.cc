#include "server/transport/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <list>
#include <string>
#include <utility>

#include "base/mutex.h"

namespace lookbook {
namespace {

using Identity = std::function<std::shared_ptr<const TlsIdentity>()>;

// What gRPC asks at each handshake of one port.
class IdentityFetcher {
 public:
  explicit IdentityFetcher(Identity identity) : identity_(std::move(identity)) {}

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<IdentityFetcher*>(self)->FetchInto(config);
  }

 private:
  grpc_ssl_certificate_config_reload_status FetchInto(grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const TlsIdentity> now = identity_();
    MutexLock lock(&mutex_);
    if (now == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {now->key.c_str(), now->certificate.c_str()};
    // gRPC ends the process at a change to an identity without a CA, even where it asks nobody for
    // a certificate; there any will do.
    const std::string& ca = now->client_ca.empty() ? now->certificate : now->client_ca;
    *config = grpc_ssl_server_certificate_config_create(ca.c_str(), &pair, 1);
    given_ = std::move(now);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const Identity identity_;
  Mutex mutex_;
  std::shared_ptr<const TlsIdentity> given_ ABSL_GUARDED_BY(mutex_);
};

// gRPC's C++ classes offer no certificates that change but those of its file watcher; its C API
// does.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  explicit TlsCredentials(Identity identity) : identity_(std::move(identity)) {}

  // Tokens are looked at call by call, where a refusal can have its reason.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    const auto request = identity_()->client_ca.empty()
                             ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                             : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    fetchers_.emplace_back(identity_);
    grpc_server_credentials* const credentials = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            request, &IdentityFetcher::Fetch, &fetchers_.back()));
    const int port = grpc_server_add_http2_port(server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    return port;
  }

  const Identity identity_;
  std::list<IdentityFetcher> fetchers_;  // One for each port; gRPC keeps their addresses.
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    std::function<std::shared_ptr<const TlsIdentity>()> identity) {
  return std::make_shared<TlsCredentials>(std::move(identity));
}

}  // namespace lookbook
