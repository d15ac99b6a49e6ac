// A CA and certificates of it, made as a test runs: no private key is ever committed.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace lookbook {

// PEM.
struct TestCertificate {
  std::string certificate;
  std::string key;
};

struct TestCertificateOptions {
  // Alternative names: DNS "localhost" and IP 127.0.0.1 for a server; one DNS name for a client.
  std::string name = "localhost";
  absl::Duration begins = -absl::Hours(1);  // From now.
  absl::Duration ends = absl::Hours(24);
  int rsa_bits = 0;  // 0 = a key on the curve P-256.
};

// Not thread-safe.
class TestCa {
 public:
  explicit TestCa(const std::string& name = "lookbook test CA");
  ~TestCa();

  const std::string& certificate() const;
  TestCertificate Issue(const TestCertificateOptions& options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `key` under a passphrase.
std::string EncryptKey(const std::string& key, const std::string& passphrase);

}  // namespace lookbook
