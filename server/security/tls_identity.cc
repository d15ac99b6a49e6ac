#include "server/security/tls_identity.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/prefix.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

template <auto fn>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    fn(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;

Bio Open(absl::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// OpenSSL's own words for what went wrong last on this thread; forgets them.
std::string TakeOpenSslError() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  const std::string said = text == nullptr ? "not usable" : text;
  ERR_clear_error();
  return said;
}

// None where one of them is broken: a file that is half written may end in the midst of a chain.
std::vector<Certificate> ReadCertificates(absl::string_view pem) {
  std::vector<Certificate> found;
  const Bio bio = Open(pem);
  ERR_clear_error();
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    found.emplace_back(next);
  }
  // So it calls the end of the text.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) found.clear();
  ERR_clear_error();
  return found;
}

// Nobody is there to be asked for a passphrase.
int NoPassphrase(char*, int, int, void*) { return 0; }

Key ReadKey(absl::string_view pem) {
  const Bio bio = Open(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return key;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string Date(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status CheckDates(const X509* certificate, absl::Time now) {
  const absl::Time begin = ToTime(X509_get0_notBefore(certificate));
  const absl::Time end = ToTime(X509_get0_notAfter(certificate));
  if (end <= now) {
    return absl::InvalidArgumentError(absl::StrCat("the certificate expired at ", Date(end)));
  }
  if (begin > now) {
    return absl::InvalidArgumentError(
        absl::StrCat("the certificate is not valid before ", Date(begin)));
  }
  return absl::OkStatus();
}

// When the first of them expires.
absl::StatusOr<absl::Time> CheckChain(const std::vector<Certificate>& chain, absl::Time now) {
  absl::Time expires = absl::InfiniteFuture();
  for (const Certificate& certificate : chain) {
    LB_RETURN_IF_ERROR(CheckDates(certificate.get(), now));
    expires = std::min(expires, ToTime(X509_get0_notAfter(certificate.get())));
  }
  return expires;
}

// With none that is valid every client would be turned away.
absl::Status CheckClientCa(const std::vector<Certificate>& authorities, absl::Time now) {
  if (authorities.empty()) {
    return absl::InvalidArgumentError(
        "there is no PEM certificate of a CA for clients, or a broken one");
  }
  absl::Status outside;
  for (const Certificate& authority : authorities) {
    outside = CheckDates(authority.get(), now);
    if (outside.ok()) return absl::OkStatus();
  }
  return WithPrefix("no CA for clients is valid", outside);
}

// What gRPC will do with them at each handshake: a weak key, of a CA in between too, fails there.
absl::Status TryInContext(const std::vector<Certificate>& chain, EVP_PKEY* key) {
  const Context context(SSL_CTX_new(TLS_method()));
  bool good = context != nullptr && SSL_CTX_use_certificate(context.get(), chain[0].get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), key) == 1;
  for (size_t i = 1; good && i < chain.size(); ++i) {
    good = SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) == 1;
  }
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the certificate cannot be used: ", TakeOpenSslError()));
}

}  // namespace

absl::StatusOr<TlsIdentity> MakeTlsIdentity(absl::string_view certificate, absl::string_view key,
                                            std::optional<absl::string_view> client_ca,
                                            absl::Time now) {
  const std::vector<Certificate> chain = ReadCertificates(certificate);
  if (chain.empty())
    return absl::InvalidArgumentError("there is no PEM certificate, or a broken one");
  const Key own = ReadKey(key);
  if (own == nullptr) {
    return absl::InvalidArgumentError("the key is no PEM private key without a passphrase");
  }
  if (X509_check_private_key(chain[0].get(), own.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the key is not that of the certificate");
  }
  LB_ASSIGN_OR_RETURN(const absl::Time expires, CheckChain(chain, now));
  LB_RETURN_IF_ERROR(TryInContext(chain, own.get()));
  if (client_ca) LB_RETURN_IF_ERROR(CheckClientCa(ReadCertificates(*client_ca), now));
  return TlsIdentity{std::string(certificate), std::string(key),
                     std::string(client_ca.value_or("")), expires};
}

}  // namespace lookbook
