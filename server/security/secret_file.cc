#include "server/security/secret_file.h"

#include <sys/stat.h>

#include <cstdint>

#include "base/regular_file.h"

namespace lookbook {

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  constexpr uint64_t kMaxBytes = 1 << 20;
  return ReadPrivateFile(path, kMaxBytes, S_IRWXO | S_IWGRP);
}

}  // namespace lookbook
