#include "models/train/torch_archive.h"

#include <zlib.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr uint16_t kStored = 0;
constexpr uint64_t kMaxUnpacked = uint64_t{1} << 28;  // Of a deflated record: code, never tensors.

// LibTorch's own MemoryReadAdapter copies from wherever the archive points to. Here a read that
// leaves the bytes gives zeros and says that it failed; it does not throw, for C code calls it.
class BoundedSource : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit BoundedSource(absl::string_view bytes) : bytes_(bytes) {}
  size_t size() const override { return bytes_.size(); }
  size_t read(uint64_t pos, void* buf, size_t n, const char* /*what*/) const override {
    if (pos > bytes_.size() || n > bytes_.size() - pos) {
      std::memset(buf, 0, n);
      return 0;
    }
    std::memcpy(buf, bytes_.data() + pos, n);
    return n;
  }

 private:
  const absl::string_view bytes_;
};

absl::Status CheckSize(const std::string& name, const ZipRecord& record, uint64_t file_size) {
  if (record.size <= (record.method == kStored ? file_size : kMaxUnpacked)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("record ", name, " claims ", record.size, " bytes"));
}

// What the fence calls Internal is what LibTorch's reader says of a damaged archive.
absl::Status AsDamage(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInternal) return status;
  return absl::DataLossError(status.message());
}

uint32_t Checksum(const std::string& bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TorchArchive>> TorchArchive::Open(absl::string_view bytes) {
  std::unique_ptr<TorchArchive> archive(new TorchArchive);
  LB_ASSIGN_OR_RETURN(const auto directory, ReadZipDirectory(bytes));
  for (const auto& [name, record] : directory) {
    LB_RETURN_IF_ERROR(CheckSize(name, record, bytes.size()));
    archive->records_[name.substr(name.find('/') + 1)] = record;
  }
  archive->source_ = std::make_shared<BoundedSource>(bytes);
  const absl::Status opened = CatchToStatus("torch archive", [&] {
    archive->reader_ = std::make_unique<caffe2::serialize::PyTorchStreamReader>(archive->source_);
    return absl::OkStatus();
  });
  LB_RETURN_IF_ERROR(AsDamage(opened));
  return archive;
}

bool TorchArchive::Has(const std::string& name) const { return records_.count(name) > 0; }

absl::StatusOr<std::string> TorchArchive::Read(const std::string& name) {
  const auto record = records_.find(name);
  if (record == records_.end()) return absl::DataLossError(absl::StrCat("no record ", name));
  std::string bytes(record->second.size, '\0');
  const absl::Status read = CatchToStatus(absl::StrCat("record ", name), [&]() -> absl::Status {
    if (reader_->getRecordSize(name) != bytes.size())
      return absl::DataLossError(absl::StrCat("record ", name, " has two sizes"));
    reader_->getRecord(name, bytes.data(), bytes.size());
    return absl::OkStatus();
  });
  LB_RETURN_IF_ERROR(AsDamage(read));
  if (Checksum(bytes) != record->second.crc32) {
    return absl::DataLossError(
        absl::StrCat("record ", name, " is damaged: its CRC-32 is not the one of the directory"));
  }
  return bytes;
}

absl::Status TorchArchive::CheckAll() {
  for (const auto& [name, record] : records_) LB_RETURN_IF_ERROR(Read(name).status());
  return absl::OkStatus();
}

}  // namespace lookbook
