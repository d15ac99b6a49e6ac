// A folder of its own for one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace lookbook {

// Made on construction, removed with all its content at the end.
class TempDir {
 public:
  // kMemory: in /dev/shm where that can be written, so that a test that syncs thousands of small
  // files does not wait for a disk.
  enum Place { kDisk, kMemory };
  explicit TempDir(Place place = kDisk) {
    for (const std::string& parent :
         {std::string(place == kMemory ? "/dev/shm/" : ""), ::testing::TempDir()}) {
      path_ = parent + "lookbook-XXXXXX";
      if (!parent.empty() && ::mkdtemp(path_.data()) != nullptr) return;
    }
    std::abort();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lookbook
