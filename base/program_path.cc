#include "base/program_path.h"

#include <unistd.h>

namespace lookbook {

std::string ProgramPath() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path) - 1);
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : "/proc/self/exe";
}

}  // namespace lookbook
