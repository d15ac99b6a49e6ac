// The scan of an exact index on a CUDA device as a matrix product and a selection, by LibTorch:
// cuBLAS and a radix select that uses the whole device for one query, too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cuda/counters.h"
#include "engine/cuda/cuda_scan.h"
#include "engine/cuda/device_error.h"
#include "engine/index/faiss_scan.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// Thread-safe; one search at a time, so that options.temp_bytes bounds the scores it holds. Filters
// and ties are done on the device.
class MatmulScan : public VectorScan {
 public:
  // Copies the vectors of `host` to the device and keeps `host`, which scores candidates exactly.
  // `counters` and `health` must outlive it. ResourceExhausted: they do not fit the device.
  static absl::StatusOr<std::unique_ptr<MatmulScan>> Create(std::shared_ptr<const FaissScan> host,
                                                            const CudaScanOptions& options,
                                                            DeviceCounters* counters,
                                                            DeviceHealth* health);
  ~MatmulScan() override;

  int dim() const override { return host_->dim(); }
  int64_t size() const override { return host_->size(); }
  absl::Span<const float> row(int64_t row) const override { return host_->row(row); }
  float ScoreErrorBound() const override;
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override;
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override;
  absl::Status Save(const std::string& path) const override { return host_->Save(path); }

 private:
  struct Device;
  MatmulScan(std::shared_ptr<const FaissScan> host, const CudaScanOptions& options,
             DeviceCounters* counters, DeviceHealth* health);

  const std::shared_ptr<const FaissScan> host_;
  const CudaScanOptions options_;
  DeviceCounters& counters_;
  DeviceHealth& health_;
  std::unique_ptr<Device> device_;
};

}  // namespace lookbook
