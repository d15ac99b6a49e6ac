// What the scans on a device share: the vectors that stay with the host.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/cuda/counters.h"
#include "engine/cuda/device_error.h"
#include "engine/index/faiss_scan.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

struct CudaScanOptions {
  int device = 0;
  bool half = false;  // Flat vectors in float16 on the device: scores are off by up to 1e-3.
  int64_t temp_bytes = int64_t{1} << 30;
};

// A `Scan`, VectorScan or ShortlistScan, that keeps a scan on the CPU, whose vectors score
// candidates exactly. `counters` and `health` must outlive it.
template <typename Scan, typename Host>
class Hosted : public Scan {
 public:
  int dim() const override { return host_->dim(); }
  int64_t size() const override { return host_->size(); }
  absl::Span<const float> row(int64_t row, std::vector<float>* decoded) const override {
    return host_->row(row, decoded);
  }
  int64_t memory_bytes() const override { return host_->memory_bytes(); }
  absl::Status Save(const std::string& path) const override { return host_->Save(path); }

 protected:
  Hosted(std::shared_ptr<const Host> host, const CudaScanOptions& options, DeviceCounters* counters,
         DeviceHealth* health)
      : host_(std::move(host)), options_(options), counters_(*counters), health_(*health) {}

  const std::shared_ptr<const Host> host_;
  const CudaScanOptions options_;
  DeviceCounters& counters_;
  DeviceHealth& health_;
};

// Of flat vectors.
class HostedScan : public Hosted<VectorScan, FaissScan> {
 protected:
  using Hosted::Hosted;

  // ScoreErrorBound() where float16 rounds `half_roundings` values of a score: each vector is one,
  // with a little for lengths of up to 1.001.
  float ErrorBound(float half_roundings) const;
};

}  // namespace lookbook
