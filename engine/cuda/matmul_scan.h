// The scan of an exact index on a CUDA device as a matrix product and a selection, by LibTorch:
// cuBLAS and a radix select that uses the whole device for one query, too.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cuda/hosted_scan.h"

namespace lookbook {

// Thread-safe; one search at a time, so that options.temp_bytes bounds the scores it holds. Filters
// and ties are done on the device.
class MatmulScan : public HostedScan {
 public:
  // Copies the vectors of `host` to the device and keeps `host`, which scores candidates exactly.
  // `counters` and `health` must outlive it. ResourceExhausted: they do not fit the device.
  static absl::StatusOr<std::unique_ptr<MatmulScan>> Create(std::shared_ptr<const FaissScan> host,
                                                            const CudaScanOptions& options,
                                                            DeviceCounters* counters,
                                                            DeviceHealth* health);
  ~MatmulScan() override;

  float ScoreErrorBound() const override;
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override;
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override;

 private:
  struct Device;
  using HostedScan::HostedScan;

  std::unique_ptr<Device> device_;
};

}  // namespace lookbook
