#include "models/dataset/label_csv.h"

// The library's reader would start a thread for read-ahead.
#define CSV_IO_NO_THREAD
#include <libfccp/csv.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

using CsvReader = io::CSVReader<6, io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>,
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
  // The file's first line goes into `first_line`.
  HashingSource(File file, Sha256* hash, std::string* first_line)
      : file_(std::move(file)), hash_(hash), first_line_(first_line) {}

  int read(char* buffer, int size) override {
    const size_t count = std::fread(buffer, 1, size, file_.get());
    if (std::ferror(file_.get()) != 0) throw std::system_error(errno, std::generic_category());
    const absl::string_view bytes(buffer, count);
    hash_->Update(bytes);
    if (std::exchange(first_, false)) *first_line_ = std::string(bytes.substr(0, bytes.find('\n')));
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
  std::string* first_line_;
  bool first_ = true;
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

constexpr char kExpected[] =
    "expected ImageId, EncodedPixels, Height, Width, ClassId and, in the 2020 form, AttributesIds";

absl::Status ReadHeader(CsvReader* reader, const std::string& path) {
  try {
    reader->read_header(io::ignore_extra_column | io::ignore_missing_column, "ImageId", "ClassId",
                        "AttributesIds", "EncodedPixels", "Height", "Width");
  } catch (const io::error::header_missing&) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": it has no header row: ", kExpected));
  } catch (const io::error::base& e) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", e.what()));
  }
  for (const char* column : {"ImageId", "ClassId"}) {
    if (!reader->has_column(column)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": the header row has no column ", column, "; ", kExpected));
    }
  }
  return absl::OkStatus();
}

// Tells what is unusual about the header line.
void CheckForm(absl::string_view line, const LabelCsvHandlers& handlers) {
  if (!handlers.odd) return;
  if (absl::ConsumePrefix(&line, "\xEF\xBB\xBF")) {
    handlers.odd(1, "byte order mark", "the file begins with a byte order mark; it is passed over");
  }
  if (absl::ConsumeSuffix(&line, "\r")) {
    handlers.odd(1, "CRLF line ends", "lines end in CR LF; they are read as LF");
  }
  const std::vector<std::string> wanted = {"ImageId", "EncodedPixels", "Height",
                                           "Width",   "ClassId",       "AttributesIds"};
  auto place = wanted.begin();
  for (absl::string_view column : absl::StrSplit(line, ',')) {
    column = absl::StripAsciiWhitespace(column);
    if (absl::ConsumePrefix(&column, "\"")) absl::ConsumeSuffix(&column, "\"");
    const auto found = std::find(wanted.begin(), wanted.end(), column);
    if (found == wanted.end()) continue;
    if (found < place) {
      return handlers.odd(
          1, "column order",
          absl::StrCat("columns stand as ", line.substr(0, 200), "; they are read by their names"));
    }
    place = found;
  }
}

absl::Status ReadRows(CsvReader* reader, const LabelCsvHandlers& handlers) {
  while (true) {
    try {
      const char* image_id = "";
      const char* class_id = "";
      const char* attributes_ids = "";
      const char* pixels = "";
      const char* height = "";
      const char* width = "";
      if (!reader->read_row(image_id, class_id, attributes_ids, pixels, height, width)) {
        return absl::OkStatus();
      }
      handlers.row({static_cast<int64_t>(reader->get_file_line()), image_id, class_id,
                    attributes_ids, pixels, height, width});
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
      std::string first_line;
      CsvReader reader(path, std::make_unique<HashingSource>(std::move(file), hash, &first_line));
      LB_RETURN_IF_ERROR(ReadHeader(&reader, path));
      CheckForm(first_line, handlers);
      return ReadRows(&reader, handlers);
    } catch (const std::system_error& e) {
      return absl::UnavailableError(absl::StrCat(path, ": ", e.what()));
    }
  });
}

}  // namespace lookbook
