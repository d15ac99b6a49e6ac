#include "tests/fuzz/input_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {

InputFile::InputFile() : file_(::memfd_create("fuzz-input", MFD_CLOEXEC)) {
  Require(file_ >= 0, "there are files in memory");
  path_ = absl::StrCat("/proc/self/fd/", file_);
}

InputFile::~InputFile() { ::close(file_); }

void InputFile::Set(absl::string_view bytes) {
  Require(::ftruncate(file_, 0) == 0, "a file in memory can be emptied");
  const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), 0);
  Require(written == static_cast<ssize_t>(bytes.size()), "a file in memory can be written");
}

}  // namespace lookbook
