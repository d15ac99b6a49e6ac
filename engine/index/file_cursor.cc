#include "engine/index/file_cursor.h"

#include <bit>
#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/files.h"
#include "base/stdio_errors.h"

namespace lookbook {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie there");

FileCursor::FileCursor(std::string path, File file, uint64_t bytes)
    : path_(std::move(path)), file_(std::move(file)), left_(bytes) {}

absl::StatusOr<FileCursor> FileCursor::Open(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const uint64_t bytes, FileSize(path));
  File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return SystemRefusal(errno, absl::StrCat("cannot open ", path));
  return FileCursor(path, std::move(file), bytes);
}

absl::StatusOr<std::string> FileCursor::TakeTag(absl::string_view what) {
  std::string tag(4, '\0');
  LB_RETURN_IF_ERROR(Read(what, tag.data(), tag.size()));
  return tag;
}

absl::Status FileCursor::ExpectTag(absl::string_view what, absl::string_view tag) {
  LB_ASSIGN_OR_RETURN(const std::string found, TakeTag(what));
  if (found == tag) return absl::OkStatus();
  return Wrong(what,
               absl::StrCat("\"", absl::CHexEscape(found), "\" where \"", tag, "\" is expected"));
}

absl::Status FileCursor::Skip(absl::string_view what, uint64_t count, uint64_t size) {
  LB_RETURN_IF_ERROR(CheckLeft(what, count, size));
  if (fseeko(file_.get(), static_cast<off_t>(count * size), SEEK_CUR) != 0) {
    return SystemRefusal(errno, absl::StrCat("cannot read ", path_));
  }
  left_ -= count * size;
  return absl::OkStatus();
}

absl::Status FileCursor::ExpectEnd() const {
  if (left_ == 0) return absl::OkStatus();
  return Wrong("the size", absl::StrCat(left_, " bytes more than its fields say"));
}

absl::Status FileCursor::Wrong(absl::string_view what, absl::string_view problem) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ": ", what, " is ", problem));
}

absl::Status FileCursor::CheckLeft(absl::string_view what, uint64_t count, uint64_t size) const {
  if (count <= left_ / size) return absl::OkStatus();
  return Wrong(what,
               absl::StrCat(count, " times ", size, " bytes, and the file ends after ", left_));
}

absl::Status FileCursor::Read(absl::string_view what, void* to, uint64_t bytes) {
  if (bytes == 0) return absl::OkStatus();
  LB_RETURN_IF_ERROR(CheckLeft(what, bytes, 1));
  if (std::fread(to, bytes, 1, file_.get()) != 1) {
    return ShortRead(file_.get(), path_, absl::StrCat("cannot read ", what));
  }
  left_ -= bytes;
  return absl::OkStatus();
}

}  // namespace lookbook
