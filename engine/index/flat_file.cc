#include "engine/index/flat_file.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/stdio_errors.h"

namespace lookbook {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the file is little-endian and copied as it is");

constexpr size_t kHeaderBytes = 45;
constexpr char kMagic[] = "IxFI";
constexpr int32_t kInnerProduct = 0;
constexpr int64_t kFiller = 1 << 20;
using Header = std::array<char, kHeaderBytes>;
enum Offset : size_t {
  kAtDim = 4,
  kAtRows = 8,
  kAtFillers = 16,
  kAtTrained = 32,
  kAtMetric = 33,
  kAtValues = 37
};

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

template <typename T>
T Field(const Header& header, Offset offset) {
  T value;
  std::memcpy(&value, header.data() + offset, sizeof value);
  return value;
}

template <typename T>
void SetField(Header* header, size_t offset, T value) {
  std::memcpy(header->data() + offset, &value, sizeof value);
}

absl::StatusOr<File> OpenFile(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), &std::fclose);
  if (file == nullptr) return SystemRefusal(errno, absl::StrCat("cannot open ", path));
  return file;
}

absl::Status Mismatch(const std::string& path, absl::string_view what, int64_t found,
                      int64_t expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", what, " is ", found, " where ", expected, " is expected"));
}

absl::StatusOr<Header> ReadHeader(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const File file, OpenFile(path, "rb"));
  Header header = {};
  if (std::fread(header.data(), header.size(), 1, file.get()) != 1) {
    return ShortRead(file.get(), path, "shorter than the header of a FAISS index");
  }
  return header;
}

Header MakeHeader(int dim, int64_t values) {
  Header header = {};
  std::memcpy(header.data(), kMagic, 4);
  SetField<int32_t>(&header, kAtDim, dim);
  SetField<int64_t>(&header, kAtRows, values / dim);
  SetField<int64_t>(&header, kAtFillers, kFiller);
  SetField<int64_t>(&header, kAtFillers + sizeof(int64_t), kFiller);
  SetField<uint8_t>(&header, kAtTrained, 1);
  SetField<int32_t>(&header, kAtMetric, kInnerProduct);
  SetField<int64_t>(&header, kAtValues, values);
  return header;
}

}  // namespace

absl::Status CheckFlatFile(const std::string& path, int dim, int64_t rows) {
  LB_ASSIGN_OR_RETURN(const uint64_t bytes, FileSize(path));
  LB_ASSIGN_OR_RETURN(const Header header, ReadHeader(path));
  if (std::memcmp(header.data(), kMagic, 4) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a flat inner-product FAISS index"));
  }
  const auto found_dim = Field<int32_t>(header, kAtDim);
  if (found_dim != dim) return Mismatch(path, "the dimension", found_dim, dim);
  const auto found_rows = Field<int64_t>(header, kAtRows);
  if (found_rows != rows) return Mismatch(path, "the number of rows", found_rows, rows);
  const auto metric = Field<int32_t>(header, kAtMetric);
  if (metric != kInnerProduct) return Mismatch(path, "the metric", metric, kInnerProduct);
  const auto values = Field<int64_t>(header, kAtValues);
  if (values != rows * dim) return Mismatch(path, "the number of values", values, rows * dim);
  const int64_t expected =
      static_cast<int64_t>(kHeaderBytes) + values * static_cast<int64_t>(sizeof(float));
  if (static_cast<int64_t>(bytes) != expected) {
    return Mismatch(path, "the size in bytes", static_cast<int64_t>(bytes), expected);
  }
  return absl::OkStatus();
}

absl::Status ReadFlatFile(const std::string& path, absl::Span<float> out) {
  LB_ASSIGN_OR_RETURN(const File file, OpenFile(path, "rb"));
  const bool sought = std::fseek(file.get(), kHeaderBytes, SEEK_SET) == 0;
  if (!sought) return SystemRefusal(errno, absl::StrCat("cannot read ", path));
  if (std::fread(out.data(), sizeof(float), out.size(), file.get()) != out.size()) {
    return ShortRead(file.get(), path, absl::StrCat("cannot read ", out.size(), " values"));
  }
  return absl::OkStatus();
}

absl::Status WriteFlatFile(const std::string& path, int dim, absl::Span<const float> vectors) {
  LB_ASSIGN_OR_RETURN(File file, OpenFile(path, "wb"));
  const Header header = MakeHeader(dim, static_cast<int64_t>(vectors.size()));
  bool written =
      std::fwrite(header.data(), header.size(), 1, file.get()) == 1 &&
      std::fwrite(vectors.data(), sizeof(float), vectors.size(), file.get()) == vectors.size();
  int error = written ? 0 : errno;
  // Closing writes what stdio still holds, so it can fail too.
  if (std::fclose(file.release()) != 0 && written) error = errno;
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot write ", path));
  return SyncPath(path);
}

}  // namespace lookbook
