// Keys made for one test, in the PEM that `openssl genpkey` writes.
#pragma once

#include <string>

namespace lookbook {

struct TestKey {
  std::string private_pem;
  std::string public_pem;
};

// A new pair. `algorithm`: "ED25519", or another that OpenSSL knows by name, such as "X25519".
TestKey MakeTestKey(const char* algorithm = "ED25519");

// `pem`'s private key under a password.
std::string WithPassword(const std::string& private_pem);

}  // namespace lookbook
