#include "server/security/secret_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/regular_file.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr uint64_t kMaxBytes = 1 << 20;
constexpr mode_t kTooMuch = S_IRWXO | S_IWGRP;

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  LB_ASSIGN_OR_RETURN(std::string content, ReadRegularFile(path, kMaxBytes));
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("stat ", path));
  }
  if ((info.st_mode & kTooMuch) != 0) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s has mode %04o: others may read or change it; chmod 0640 or less", path,
                        info.st_mode & 07777));
  }
  return content;
}

}  // namespace lookbook
