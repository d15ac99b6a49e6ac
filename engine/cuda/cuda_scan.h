// The scan of an exact index on a CUDA device: FAISS's flat GPU index proposes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/cuda/counters.h"
#include "engine/cuda/device_error.h"
#include "engine/index/faiss_scan.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

struct CudaScanOptions {
  int device = 0;
  bool half = false;  // Vectors in float16 on the device: scores are off by up to 1e-3.
  int64_t temp_bytes = int64_t{1} << 30;
};

// Thread-safe; one search at a time, which is what FAISS's GPU resources allow.
//
// FAISS 1.7.3 ignores SearchParameters on a GPU, and selects 2048 rows at most: searches over some
// of the rows, or for more, run on `host`, counted, and so does what settles ties (RowsAbove).
class CudaScan : public VectorScan {
 public:
  // Copies the vectors of `host` to the device and keeps `host`, which scores candidates exactly.
  // `counters` and `health` must outlive it. ResourceExhausted: they do not fit the device.
  static absl::StatusOr<std::unique_ptr<CudaScan>> Create(std::shared_ptr<const FaissScan> host,
                                                          const CudaScanOptions& options,
                                                          DeviceCounters* counters,
                                                          DeviceHealth* health);
  ~CudaScan() override;

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
  struct Gpu;
  CudaScan(std::shared_ptr<const FaissScan> host, const CudaScanOptions& options,
           DeviceCounters* counters, DeviceHealth* health);

  const std::shared_ptr<const FaissScan> host_;
  const CudaScanOptions options_;
  DeviceCounters& counters_;
  DeviceHealth& health_;
  std::unique_ptr<Gpu> gpu_;
};

// Searches go to whichever of several devices is free.
class ScanPool : public VectorScan {
 public:
  // REQUIRES: `scans` is not empty; all hold the same vectors.
  explicit ScanPool(std::vector<std::unique_ptr<VectorScan>> scans) : scans_(std::move(scans)) {}

  int dim() const override { return scans_[0]->dim(); }
  int64_t size() const override { return scans_[0]->size(); }
  absl::Span<const float> row(int64_t row) const override { return scans_[0]->row(row); }
  float ScoreErrorBound() const override { return scans_[0]->ScoreErrorBound(); }
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override {
    return scans_[next_.fetch_add(1) % scans_.size()]->TopK(queries, k, allowed);
  }
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override {
    return scans_[0]->RowsAbove(query, score, allowed);
  }
  absl::Status Save(const std::string& path) const override { return scans_[0]->Save(path); }

 private:
  const std::vector<std::unique_ptr<VectorScan>> scans_;
  mutable std::atomic<size_t> next_ = 0;
};

}  // namespace lookbook
