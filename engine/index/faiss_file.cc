#include "engine/index/faiss_file.h"

#include <faiss/Index.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/stdio_errors.h"
#include "engine/index/index_layout.h"

namespace lookbook {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// FAISS's own writer throws a text and drops the error of the close.
class StdioWriter : public faiss::IOWriter {
 public:
  explicit StdioWriter(std::FILE* file) : file_(file) {}

  size_t operator()(const void* data, size_t size, size_t count) override {
    // FAISS writes an empty array from no address, which fwrite() may not be given.
    if (count == 0) return 0;
    const size_t written = std::fwrite(data, size, count, file_);
    if (written != count && error_ == 0) error_ = errno;
    return written;
  }

  int error() const { return error_; }

 private:
  std::FILE* const file_;
  int error_ = 0;
};

// FAISS's own reader throws a text for a failed read as for a file that ends early.
class StdioReader : public faiss::IOReader {
 public:
  explicit StdioReader(std::FILE* file) : file_(file) {}

  size_t operator()(void* data, size_t size, size_t count) override {
    const size_t read = std::fread(data, size, count, file_);
    if (read != count && error_ == 0 && std::ferror(file_) != 0) error_ = errno;
    return read;
  }

  int error() const { return error_; }

 private:
  std::FILE* const file_;
  int error_ = 0;
};

absl::Status WriteTo(const std::string& path, const faiss::Index& index) {
  File file(std::fopen(path.c_str(), "wb"), &std::fclose);
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  StdioWriter writer(file.get());
  const absl::Status status = CatchToStatus("FAISS write", [&]() -> absl::Status {
    faiss::write_index(&index, &writer);
    return absl::OkStatus();
  });
  int error = writer.error();
  // Closing writes what stdio still holds, so it can fail too.
  if (std::fclose(file.release()) != 0 && error == 0) error = errno;
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot write ", path));
  LB_RETURN_IF_ERROR(status);
  return SyncPath(path);
}

}  // namespace

absl::Status WriteFaissFile(const std::string& path, const faiss::Index& index) {
  const std::string temporary = absl::StrCat(path, ".tmp.", ::getpid());
  absl::Status status = WriteTo(temporary, index);
  if (status.ok()) status = RenameDurably(temporary, path);
  if (!status.ok()) RemoveAll(temporary).IgnoreError();
  return status;
}

absl::StatusOr<std::unique_ptr<faiss::Index>> ReadFaissFile(const std::string& path,
                                                            const IndexSpec& spec, int dim,
                                                            int64_t rows) {
  LB_RETURN_IF_ERROR(CheckIndexLayout(path, spec, dim, rows));
  const File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return SystemRefusal(errno, absl::StrCat("cannot open ", path));
  StdioReader reader(file.get());
  auto index = CatchToStatus("FAISS read", [&]() -> absl::StatusOr<std::unique_ptr<faiss::Index>> {
    return std::unique_ptr<faiss::Index>(faiss::read_index(&reader));
  });
  if (reader.error() != 0) {
    return SystemRefusal(reader.error(), absl::StrCat("cannot read ", path));
  }
  return index;
}

absl::Status OtherKindError(const std::string& path) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": FAISS reads another kind of index"));
}

}  // namespace lookbook
