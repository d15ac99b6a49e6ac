#include "server/entrance.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/logging.h"
#include "base/prefix.h"
#include "base/regular_file.h"
#include "base/status_macros.h"
#include "server/config/values.h"
#include "server/security/from_files.h"
#include "server/security/secret_file.h"
#include "server/security/tls_identity.h"
#include "server/security/tokens.h"
#include "server/transport/tls_credentials.h"

namespace lookbook {
namespace {

using Contents = std::vector<std::string>;
using IdentityFiles = FromFiles<TlsIdentity>;
using TokenFile = FromFiles<TokenSet>;

constexpr uint64_t kMaxCertificateBytes = 1 << 20;

absl::Status AddNamed(const char* option, absl::StatusOr<std::string> content, Contents* contents) {
  if (!content.ok()) return WithPrefix(option, content.status());
  contents->push_back(*std::move(content));
  return absl::OkStatus();
}

// Null: no TLS.
absl::StatusOr<std::unique_ptr<IdentityFiles>> OpenIdentity(const ServerConfig::Tls& tls,
                                                            const std::string& client_ca) {
  if (tls.certificate.empty()) return std::unique_ptr<IdentityFiles>();
  const auto read = [tls, client_ca]() -> absl::StatusOr<Contents> {
    Contents contents;
    LB_RETURN_IF_ERROR(AddNamed("tls.certificate",
                                ReadRegularFile(tls.certificate, kMaxCertificateBytes), &contents));
    LB_RETURN_IF_ERROR(AddNamed("tls.key", ReadSecretFile(tls.key), &contents));
    if (client_ca.empty()) return contents;
    LB_RETURN_IF_ERROR(
        AddNamed("tls: client CA", ReadRegularFile(client_ca, kMaxCertificateBytes), &contents));
    return contents;
  };
  const std::string names =
      absl::StrCat("tls.certificate ", tls.certificate, " with tls.key ", tls.key,
                   client_ca.empty() ? "" : absl::StrCat(" and client CA ", client_ca));
  const auto make = [names](const Contents& contents) -> absl::StatusOr<TlsIdentity> {
    std::optional<absl::string_view> ca;
    if (contents.size() > 2) ca = contents[2];
    absl::StatusOr<TlsIdentity> made = MakeTlsIdentity(contents[0], contents[1], ca, absl::Now());
    if (!made.ok()) return WithPrefix(names, made.status());
    return made;
  };
  return IdentityFiles::Open(read, make);
}

// Null: none is asked for.
absl::StatusOr<std::unique_ptr<TokenFile>> OpenTokens(const char* option, const std::string& path) {
  if (path.empty()) return std::unique_ptr<TokenFile>();
  const auto read = [path]() -> absl::StatusOr<Contents> {
    LB_ASSIGN_OR_RETURN(std::string text, ReadSecretFile(path));
    return Contents{std::move(text)};
  };
  const auto make = [path](const Contents& contents) { return ParseTokens(contents[0], path); };
  auto opened = TokenFile::Open(read, make);
  if (!opened.ok()) return WithPrefix(option, opened.status());
  return opened;
}

Authenticator::Tokens TokensOf(const TokenFile* file) {
  if (file == nullptr) return nullptr;
  return [file] { return file->Get(); };
}

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const IdentityFiles* files) {
  if (files == nullptr) return nullptr;
  return MakeTlsCredentials([files] { return files->Get(); });
}

std::unique_ptr<ClientRates> MakeRates(const ServerConfig::Rate& rate) {
  if (rate.calls_per_second == 0 && rate.bytes_per_second == 0) return nullptr;
  return std::make_unique<ClientRates>(ClientRateOptions{rate.calls_per_second, rate.calls_burst,
                                                         rate.bytes_per_second, rate.bytes_burst,
                                                         rate.clients});
}

// True: there is a new value.
template <typename T>
bool RefreshOne(FromFiles<T>* files, const char* name, ServerMetrics* metrics) {
  if (files == nullptr) return false;
  const absl::StatusOr<bool> taken = files->Refresh();
  if (!taken.ok()) {
    LogWarning("a file changed and cannot be used; what was there before stays in force",
               {{"file", name}, {"status", taken.status()}});
    metrics->SecretReloaded(name, false);
    return false;
  }
  if (!*taken) return false;
  LogInfo("a file changed and is in force", {{"file", name}});
  metrics->SecretReloaded(name, true);
  return true;
}

}  // namespace

struct Entrance::Impl {
  std::shared_ptr<IdentityFiles> data_identity;
  std::shared_ptr<IdentityFiles> admin_identity;  // The same one where both trust the same CA.
  std::unique_ptr<TokenFile> tokens;
  std::unique_ptr<TokenFile> admin_tokens;
  std::unique_ptr<ClientRates> rates;  // Null: none.
  std::unique_ptr<Authenticator> data;
  std::unique_ptr<Authenticator> admin;
  ServerMetrics* metrics = nullptr;

  // Of what is allowed and rarely meant.
  void WarnOfGaps(const ServerConfig& config) const {
    const bool plain = data_identity == nullptr;
    const auto warn_of_plain_tokens = [plain](const char* option, const std::string& address) {
      if (!plain || address == "off" || IsLoopback(address)) return;
      LogWarning("bearer tokens cross the network in plain text unless a proxy adds TLS",
                 {{option, address}});
    };
    if (tokens != nullptr) warn_of_plain_tokens("listen.data", config.listen.data);
    if (admin_tokens != nullptr) warn_of_plain_tokens("listen.admin", config.listen.admin);
    const bool guarded =
        admin_tokens != nullptr || (!plain && !admin_identity->Get()->client_ca.empty());
    if (config.listen.admin != "off" && !guarded && !IsLoopback(config.listen.admin)) {
      LogWarning("who reaches the admin port can change what is served",
                 {{"listen.admin", config.listen.admin}});
    }
  }

  void ShowExpiry() const {
    if (data_identity == nullptr) return;
    metrics->SetCertificateExpiry(
        static_cast<double>(absl::ToUnixSeconds(data_identity->Get()->expires)));
  }
};

absl::StatusOr<std::unique_ptr<Entrance>> Entrance::Open(const ServerConfig& config,
                                                         ServerMetrics* metrics) {
  auto impl = std::make_unique<Impl>();
  const ServerConfig::Tls& tls = config.tls;
  const std::string& admin_ca = tls.admin_client_ca.empty() ? tls.client_ca : tls.admin_client_ca;
  LB_ASSIGN_OR_RETURN(impl->data_identity, OpenIdentity(tls, tls.client_ca));
  impl->admin_identity = impl->data_identity;
  if (admin_ca != tls.client_ca) {
    LB_ASSIGN_OR_RETURN(impl->admin_identity, OpenIdentity(tls, admin_ca));
  }
  LB_ASSIGN_OR_RETURN(impl->tokens, OpenTokens("auth.tokens_file", config.auth.tokens_file));
  LB_ASSIGN_OR_RETURN(impl->admin_tokens,
                      OpenTokens("auth.admin_tokens_file", config.auth.admin_tokens_file));
  impl->rates = MakeRates(config.rate);
  const Authenticator::Tokens tokens = TokensOf(impl->tokens.get());
  const Authenticator::Tokens admin_tokens = TokensOf(impl->admin_tokens.get());
  impl->data = std::make_unique<Authenticator>(tokens, admin_tokens);
  impl->admin = std::make_unique<Authenticator>(admin_tokens, tokens);
  impl->metrics = metrics;
  impl->ShowExpiry();
  impl->WarnOfGaps(config);
  return std::unique_ptr<Entrance>(new Entrance(std::move(impl)));
}

Entrance::Entrance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Entrance::~Entrance() = default;

std::shared_ptr<grpc::ServerCredentials> Entrance::data_credentials() const {
  return CredentialsOf(impl_->data_identity.get());
}

std::shared_ptr<grpc::ServerCredentials> Entrance::admin_credentials() const {
  return CredentialsOf(impl_->admin_identity.get());
}

CallEnvironment Entrance::GuardData(CallEnvironment environment) const {
  environment.authenticator = impl_->data.get();
  environment.rates = impl_->rates.get();
  return environment;
}

CallEnvironment Entrance::GuardAdmin(CallEnvironment environment) const {
  environment.authenticator = impl_->admin.get();
  environment.rates = nullptr;
  return environment;
}

void Entrance::Refresh() {
  if (RefreshOne(impl_->data_identity.get(), "certificate", impl_->metrics)) impl_->ShowExpiry();
  if (impl_->admin_identity != impl_->data_identity) {
    RefreshOne(impl_->admin_identity.get(), "admin_certificate", impl_->metrics);
  }
  RefreshOne(impl_->tokens.get(), "tokens", impl_->metrics);
  RefreshOne(impl_->admin_tokens.get(), "admin_tokens", impl_->metrics);
}

}  // namespace lookbook
