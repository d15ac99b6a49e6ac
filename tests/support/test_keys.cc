#include "tests/support/test_keys.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>

namespace lookbook {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

void Must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refuses to make a test key");
}

template <typename Write>
std::string Pem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  Must(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace

TestKey MakeTestKey(const char* algorithm) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, algorithm), EVP_PKEY_free);
  Must(key != nullptr);
  return {Pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          }),
          Pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); })};
}

std::string WithPassword(const std::string& private_pem) {
  const Bio bio(BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())),
                BIO_free);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  Must(key != nullptr);
  return Pem([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr,
                                    const_cast<char*>("password"));
  });
}

}  // namespace lookbook
