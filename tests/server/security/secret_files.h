// Files as an operator would put them there.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

// Replaces `path` by a file with `bytes` and `mode`, whole at every moment.
inline void PutFile(const std::string& path, const std::string& bytes, mode_t mode = 0600) {
  const std::string next = path + ".next";
  ASSERT_THAT(WriteFile(next, bytes), IsOk());
  ASSERT_EQ(::chmod(next.c_str(), mode), 0);
  ASSERT_THAT(RenameDurably(next, path), IsOk());
}

// A line of a token file.
inline std::string TokenLine(const std::string& name, const std::string& token) {
  return absl::StrCat(name, " ", Sha256Hex(token), "\n");
}

}  // namespace lookbook
