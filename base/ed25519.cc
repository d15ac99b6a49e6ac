#include "base/ed25519.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

constexpr size_t kKeyBytes = 32;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Bio ReaderOf(absl::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
}

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Instead of a question on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

struct PemBlock {
  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() {
    OPENSSL_free(kind);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<size_t>(size));
  }

  char* kind = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

absl::StatusOr<std::string> RawPublicKey(const PemBlock& block) {
  if (absl::string_view(block.kind) != PEM_STRING_PUBLIC) {
    return absl::InvalidArgumentError(
        absl::StrCat("holds a block \"", block.kind, "\", not a \"", PEM_STRING_PUBLIC, "\""));
  }
  const unsigned char* at = block.data;
  const Key key(d2i_PUBKEY(nullptr, &at, block.size), EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError("holds a public key that is not Ed25519");
  }
  std::string raw(kKeyBytes, '\0');
  size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()), &size);
  return raw;
}

bool SignedBy(const std::string& raw, absl::string_view message, absl::string_view signature) {
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(raw), raw.size()),
                EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

}  // namespace

absl::StatusOr<std::string> SignEd25519(absl::string_view private_key_pem,
                                        absl::string_view message) {
  const Bio reader = ReaderOf(private_key_pem);
  const Key key(PEM_read_bio_PrivateKey(reader.get(), nullptr, NoPassword, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError(
        "is no Ed25519 private key in PEM without a password, as "
        "\"openssl genpkey -algorithm ed25519\" writes it");
  }
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(kEd25519SignatureBytes, '\0');
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Bytes(message), message.size()) != 1) {
    ERR_clear_error();
    return absl::InternalError("OpenSSL cannot sign");
  }
  return signature;
}

absl::StatusOr<Ed25519Keys> Ed25519Keys::Parse(absl::string_view pem) {
  const Bio reader = ReaderOf(pem);
  std::vector<std::string> keys;
  ERR_clear_error();
  while (true) {
    PemBlock block;
    if (PEM_read_bio(reader.get(), &block.kind, &block.header, &block.data, &block.size) != 1) {
      const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      ERR_clear_error();
      if (!end) return absl::InvalidArgumentError("holds a damaged PEM block");
      break;
    }
    if (keys.size() == kMost) {
      return absl::InvalidArgumentError(absl::StrCat("holds more than ", kMost, " keys"));
    }
    absl::StatusOr<std::string> raw = RawPublicKey(block);
    ERR_clear_error();
    if (!raw.ok()) return raw.status();
    keys.push_back(*std::move(raw));
  }
  if (keys.empty()) return absl::InvalidArgumentError("holds no public key in PEM");
  return Ed25519Keys(std::move(keys));
}

bool Ed25519Keys::Signed(absl::string_view message, absl::string_view signature) const {
  if (signature.size() != kEd25519SignatureBytes) return false;
  const bool is_signed = std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) {
    return SignedBy(key, message, signature);
  });
  ERR_clear_error();
  return is_signed;
}

}  // namespace lookbook
