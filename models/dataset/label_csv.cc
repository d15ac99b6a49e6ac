#include "models/dataset/label_csv.h"

// The library's reader would start a thread for read-ahead.
#define CSV_IO_NO_THREAD
#include <libfccp/csv.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

using CsvReader = io::CSVReader<3, io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>,
                                io::throw_on_overflow, io::empty_line_comment>;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// The file's bytes for the CSV library, which wants each call filled up to the file's end. A last
// line without an end gets one: the library looks one byte beyond such a line, into memory that it
// never wrote.
class HashingSource : public io::ByteSourceBase {
 public:
  HashingSource(File file, Sha256* hash) : file_(std::move(file)), hash_(hash) {}

  int read(char* buffer, int size) override {
    const size_t count = std::fread(buffer, 1, size, file_.get());
    if (std::ferror(file_.get()) != 0) throw std::system_error(errno, std::generic_category());
    hash_->Update(absl::string_view(buffer, count));
    if (count > 0) last_ = buffer[count - 1];
    if (count < static_cast<size_t>(size) && last_ != '\n') {
      buffer[count] = last_ = '\n';
      return static_cast<int>(count) + 1;
    }
    return static_cast<int>(count);
  }

 private:
  File file_;
  Sha256* hash_;
  char last_ = '\n';
};

absl::StatusOr<File> OpenFile(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    const int error = errno;
    const std::string message = absl::StrCat(path, ": ", std::strerror(error));
    if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
    return absl::UnavailableError(message);
  }
  return file;
}

absl::Status ReadHeader(CsvReader* reader, const std::string& path) {
  try {
    reader->read_header(io::ignore_extra_column | io::ignore_missing_column, "ImageId", "ClassId",
                        "AttributesIds");
  } catch (const io::error::base& e) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", e.what()));
  }
  for (const char* column : {"ImageId", "ClassId"}) {
    if (!reader->has_column(column)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": the header row has no column ", column,
                       "; expected ImageId, EncodedPixels, Height, Width, ClassId and, in the 2020 "
                       "form, AttributesIds"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadRows(CsvReader* reader, const LabelCsvHandlers& handlers) {
  while (true) {
    try {
      const char* image_id = "";
      const char* class_id = "";
      const char* attributes_ids = "";
      if (!reader->read_row(image_id, class_id, attributes_ids)) return absl::OkStatus();
      handlers.row(
          {static_cast<int64_t>(reader->get_file_line()), image_id, class_id, attributes_ids});
    } catch (const io::error::line_length_limit_exceeded& e) {
      return absl::InvalidArgumentError(e.what());  // The library cannot go on behind such a line.
    } catch (const io::error::too_few_columns&) {
      handlers.malformed(reader->get_file_line(), "too few columns");
    } catch (const io::error::too_many_columns&) {
      handlers.malformed(reader->get_file_line(), "too many columns");
    } catch (const io::error::escaped_string_not_closed&) {
      handlers.malformed(reader->get_file_line(), "a quote is not closed");
    }
  }
}

}  // namespace

absl::Status ReadLabelCsv(const std::string& path, Sha256* hash, const LabelCsvHandlers& handlers) {
  LB_ASSIGN_OR_RETURN(File file, OpenFile(path));
  return CatchToStatus(path, [&]() -> absl::Status {
    try {
      CsvReader reader(path, std::make_unique<HashingSource>(std::move(file), hash));
      LB_RETURN_IF_ERROR(ReadHeader(&reader, path));
      return ReadRows(&reader, handlers);
    } catch (const std::system_error& e) {
      return absl::UnavailableError(absl::StrCat(path, ": ", e.what()));
    }
  });
}

}  // namespace lookbook
