#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/descriptor.h"
#include "base/regular_file.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

namespace fs = std::filesystem;

constexpr int kNameAttempts = 1000;

absl::Status ErrnoStatus(absl::string_view what, absl::string_view path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
}

absl::Status FsStatus(absl::string_view what, absl::string_view path, const std::error_code& code) {
  return absl::ErrnoToStatus(code.value(), absl::StrCat(what, " ", path));
}

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus("write", path);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// Writes, fsyncs and closes.
absl::Status Fill(Descriptor* file, absl::string_view bytes, const std::string& path) {
  LB_RETURN_IF_ERROR(WriteAll(file->get(), bytes, path));
  if (::fsync(file->get()) != 0) return ErrnoStatus("fsync", path);
  if (::close(file->Release()) != 0) return ErrnoStatus("close", path);
  return absl::OkStatus();
}

// A new file that nobody else writes: O_EXCL decides between threads, processes and machines that
// share the folder; the process id and a counter only make the first try likely. Returns a
// descriptor, or -1 with errno set; `name` is what was tried last.
int CreateBeside(const std::string& path, std::string* name) {
  static std::atomic<uint64_t> counter{0};
  int fd = -1;
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    *name = absl::StrCat(path, ".tmp.", ::getpid(), ".", counter.fetch_add(1));
    fd = ::open(name->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0 || errno != EEXIST) break;
  }
  return fd;
}

std::string ParentOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// A failed call of Read(). Of a regular file, what the system has run out of (EMFILE, ENOMEM, …)
// must not look like a file that is too large.
absl::Status ReadError(absl::string_view what, const std::string& path, bool regular) {
  const absl::Status status = ErrnoStatus(what, path);
  if (!regular || !absl::IsResourceExhausted(status)) return status;
  return absl::UnavailableError(status.message());
}

// The whole file. `regular`: what is no regular file is refused before anybody waits for it.
// `forbidden`: bits that its mode must not have.
absl::StatusOr<std::string> Read(const std::string& path, bool regular, uint64_t max_bytes,
                                 mode_t forbidden = 0) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0)));
  if (file.get() < 0) return ReadError("open", path, regular);
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return ErrnoStatus("stat", path);
  if (regular && !S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("read ", path, ": it is no regular file"));
  }
  if ((info.st_mode & forbidden) != 0) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s has mode %04o: others may read or change it; chmod %04o or less", path,
                        info.st_mode & 07777, 0666 & ~forbidden));
  }
  if (S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    return ErrnoStatus("read", path);
  }
  std::string bytes;
  // One byte of room beyond the stated size shows the end of the file in one more read.
  size_t room = static_cast<size_t>(std::min<uint64_t>(info.st_size, max_bytes)) + 1;
  while (true) {
    const size_t have = bytes.size();
    bytes.resize(have + room);
    const ssize_t got = ::read(file.get(), bytes.data() + have, room);
    if (got < 0 && errno == EINTR) {
      bytes.resize(have);
      continue;
    }
    if (got < 0) return ReadError("read", path, regular);
    bytes.resize(have + static_cast<size_t>(got));
    if (bytes.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("read ", path, ": larger than ", max_bytes, " bytes"));
    }
    if (got == 0) return bytes;
    room = std::max<size_t>(room - static_cast<size_t>(got), 65536);
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  return Read(path, /*regular=*/false, max_bytes);
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path, uint64_t max_bytes) {
  return Read(path, /*regular=*/true, max_bytes);
}

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, uint64_t max_bytes,
                                            mode_t forbidden) {
  return Read(path, /*regular=*/true, max_bytes, forbidden);
}

absl::Status WriteFile(const std::string& path, absl::string_view bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return ErrnoStatus("create", path);
  return Fill(&file, bytes, path);
}

absl::Status WriteFileAtomic(const std::string& path, absl::string_view bytes) {
  std::string temporary;
  Descriptor file(CreateBeside(path, &temporary));
  if (file.get() < 0) return ErrnoStatus("create", temporary);
  absl::Status status = Fill(&file, bytes, temporary);
  if (status.ok()) status = RenameDurably(temporary, path);
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

absl::Status SyncPath(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return ErrnoStatus("open", path);
  if (::fsync(file.get()) != 0) return ErrnoStatus("fsync", path);
  return absl::OkStatus();
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return ErrnoStatus(absl::StrCat("rename ", from, " to"), to);
  }
  return SyncPath(ParentOf(to));
}

absl::StatusOr<uint64_t> FileSize(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return ErrnoStatus("stat", path);
  return static_cast<uint64_t>(info.st_size);
}

bool PathExists(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

bool IsDirectory(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

absl::Status MakeDirectories(const std::string& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return FsStatus("make folder", path, code);
  return absl::OkStatus();
}

absl::Status RemoveAll(const std::string& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return FsStatus("remove", path, code);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) {
  std::error_code code;
  fs::directory_iterator entries(path, code);
  if (code) return FsStatus("list folder", path, code);
  std::vector<std::string> names;
  for (; entries != fs::directory_iterator(); entries.increment(code))
    names.push_back(entries->path().filename().string());
  if (code) return FsStatus("list folder", path, code);  // An error is an end, too.
  std::sort(names.begin(), names.end());
  return names;
}

std::string JoinPath(absl::string_view directory, absl::string_view name) {
  if (directory.empty() || absl::StartsWith(name, "/")) return std::string(name);
  if (absl::EndsWith(directory, "/")) return absl::StrCat(directory, name);
  return absl::StrCat(directory, "/", name);
}

}  // namespace lookbook
