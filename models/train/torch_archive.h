// The zip archives that torch.save and TorchScript write.
#pragma once

#include <caffe2/serialize/inline_container.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/train/zip_directory.h"

namespace lookbook {

// Reads records from an archive in memory through LibTorch's reader, but trusts nothing that the
// archive says of itself: reads stay within the bytes, sizes within limits, and every record must
// have the checksum that the directory states. Not thread-safe.
class TorchArchive {
 public:
  // `bytes` must outlive the archive and whatever is read from it. DataLoss: not such an archive.
  static absl::StatusOr<std::unique_ptr<TorchArchive>> Open(absl::string_view bytes);

  // Names without the archive's own folder: "data.pkl", "data/0".
  bool Has(const std::string& name) const;
  // DataLoss: no such record, or damaged.
  absl::StatusOr<std::string> Read(const std::string& name);
  // Reads every record once: DataLoss names the first that is damaged.
  absl::Status CheckAll();

  // For torch::jit::load, which reads on its own. Bounded by `bytes`.
  std::shared_ptr<caffe2::serialize::ReadAdapterInterface> source() const { return source_; }

 private:
  TorchArchive() = default;

  std::shared_ptr<caffe2::serialize::ReadAdapterInterface> source_;
  std::unique_ptr<caffe2::serialize::PyTorchStreamReader> reader_;
  std::map<std::string, ZipRecord> records_;  // Without the archive's folder.
};

}  // namespace lookbook
