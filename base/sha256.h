// SHA-256 (FIPS 180-4) by OpenSSL, as lower-case hex of 64 digits.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void Update(absl::string_view bytes);
  // REQUIRES: called once, last.
  std::string HexDigest();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string Sha256Hex(absl::string_view bytes);

// Reads the file in pieces, so that its size does not matter. Errors name the path.
absl::StatusOr<std::string> Sha256OfFile(const std::string& path);

}  // namespace lookbook
