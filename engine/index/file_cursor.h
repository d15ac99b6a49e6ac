// A walk through a file of numbers that believes nothing: every field is compared with what the
// caller expects, and nothing is read or allocated past the end of the file.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace lookbook {

// Not thread-safe. Errors are InvalidArgument with the path, the field and both values, or those of
// SystemRefusal(); fields are named by `what`.
class FileCursor {
 public:
  // NotFound: no such file.
  static absl::StatusOr<FileCursor> Open(const std::string& path);

  const std::string& path() const { return path_; }

  // The next sizeof(T) bytes as a little-endian number.
  template <typename T>
  absl::StatusOr<T> Take(absl::string_view what) {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    LB_RETURN_IF_ERROR(Read(what, &value, sizeof value));
    return value;
  }

  template <typename T>
  absl::Status Expect(absl::string_view what, T expected) {
    LB_ASSIGN_OR_RETURN(const T found, Take<T>(what));
    if (found == expected) return absl::OkStatus();
    return Wrong(what, absl::StrCat(Number(found), " where ", Number(expected), " is expected"));
  }

  // `count` numbers. Nothing is allocated unless the file holds them.
  template <typename T>
  absl::StatusOr<std::vector<T>> TakeArray(absl::string_view what, uint64_t count) {
    LB_RETURN_IF_ERROR(CheckLeft(what, count, sizeof(T)));
    std::vector<T> values(count);
    LB_RETURN_IF_ERROR(Read(what, values.data(), count * sizeof(T)));
    return values;
  }

  // A tag of four letters.
  absl::Status ExpectTag(absl::string_view what, absl::string_view tag);
  absl::StatusOr<std::string> TakeTag(absl::string_view what);

  // Steps over `count` values of `size` bytes.
  absl::Status Skip(absl::string_view what, uint64_t count, uint64_t size);

  // InvalidArgument: bytes follow.
  absl::Status ExpectEnd() const;

  // "PATH: WHAT is PROBLEM".
  absl::Status Wrong(absl::string_view what, absl::string_view problem) const;

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  FileCursor(std::string path, File file, uint64_t bytes);

  template <typename T>
  static auto Number(T value) {
    if constexpr (sizeof(T) == 1) {
      return static_cast<int>(value);  // As a number, not as a letter.
    } else {
      return value;
    }
  }
  absl::Status CheckLeft(absl::string_view what, uint64_t count, uint64_t size) const;
  absl::Status Read(absl::string_view what, void* to, uint64_t bytes);

  std::string path_;
  File file_;
  uint64_t left_;  // Bytes that follow.
};

}  // namespace lookbook
