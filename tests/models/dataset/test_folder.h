// A folder for a test's files.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {

class TestFolder : public TempDir {
 public:
  void MakeFolder(const std::string& name) { ASSERT_THAT(MakeDirectories(*this / name), IsOk()); }
  void Write(const std::string& name, absl::string_view bytes) {
    ASSERT_THAT(WriteFile(*this / name, bytes), IsOk());
  }
};

}  // namespace lookbook
