#include "tests/server/security/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

// A test that cannot make its files has nothing to say.
template <typename T>
T Must(T made) {
  if (!made) std::abort();
  return made;
}

EVP_PKEY* MakeKey(int rsa_bits) {
  return Must(rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
}

std::string Content(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string ToPem(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_X509(bio, certificate));
  return Content(bio);
}

std::string ToPem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr));
  return Content(bio);
}

void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = Must(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  Must(X509_add_ext(certificate, extension, -1));
  X509_EXTENSION_free(extension);
}

void SetName(X509_NAME* name, const std::string& common_name) {
  Must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                  -1, 0));
}

X509* MakeCertificate(const TestCertificateOptions& options, EVP_PKEY* key) {
  static std::atomic<long> serial{1};
  X509* certificate = Must(X509_new());
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial.fetch_add(1));
  X509_gmtime_adj(X509_getm_notBefore(certificate),
                  static_cast<long>(absl::ToInt64Seconds(options.begins)));
  X509_gmtime_adj(X509_getm_notAfter(certificate),
                  static_cast<long>(absl::ToInt64Seconds(options.ends)));
  SetName(X509_get_subject_name(certificate), options.name);
  X509_set_pubkey(certificate, key);
  return certificate;
}

}  // namespace

struct TestCa::Impl {
  EVP_PKEY* key = MakeKey(0);
  X509* certificate = nullptr;
  std::string pem;
};

TestCa::TestCa(const std::string& name) : impl_(std::make_unique<Impl>()) {
  impl_->certificate = MakeCertificate({.name = name}, impl_->key);
  X509_set_issuer_name(impl_->certificate, X509_get_subject_name(impl_->certificate));
  AddExtension(impl_->certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(impl_->certificate, NID_key_usage, "critical,keyCertSign");
  Must(X509_sign(impl_->certificate, impl_->key, EVP_sha256()));
  impl_->pem = ToPem(impl_->certificate);
}

TestCa::~TestCa() {
  X509_free(impl_->certificate);
  EVP_PKEY_free(impl_->key);
}

const std::string& TestCa::certificate() const { return impl_->pem; }

TestCertificate TestCa::Issue(const TestCertificateOptions& options) const {
  EVP_PKEY* key = MakeKey(options.rsa_bits);
  X509* certificate = MakeCertificate(options, key);
  X509_set_issuer_name(certificate, X509_get_subject_name(impl_->certificate));
  const std::string names = absl::StrCat("DNS:", options.name);
  AddExtension(certificate, NID_subject_alt_name,
               options.name == "localhost" ? names + ",IP:127.0.0.1" : names);
  Must(X509_sign(certificate, impl_->key, EVP_sha256()));
  TestCertificate made = {ToPem(certificate), ToPem(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

std::string EncryptKey(const std::string& key, const std::string& passphrase) {
  BIO* in = BIO_new_mem_buf(key.data(), static_cast<int>(key.size()));
  EVP_PKEY* parsed = Must(PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr));
  BIO_free(in);
  BIO* out = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_PKCS8PrivateKey(out, parsed, EVP_aes_256_cbc(), passphrase.data(),
                                     static_cast<int>(passphrase.size()), nullptr, nullptr));
  EVP_PKEY_free(parsed);
  return Content(out);
}

}  // namespace lookbook
