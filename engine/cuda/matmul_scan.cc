#include "engine/cuda/matmul_scan.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDAGuard.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "engine/cuda/memory_retry.h"
#include "engine/cuda/own_stream.h"
#include "engine/cuda/torch_settings.h"

namespace lookbook {
namespace {

constexpr char kWhat[] = "index on CUDA";
constexpr int64_t kUploadRows = 1 << 18;
constexpr float kNever = -std::numeric_limits<float>::infinity();

at::Tensor OnCpu(absl::Span<const float> values, int64_t columns) {
  // Only read: from_blob() wants memory that it may write to.
  return at::from_blob(const_cast<float*>(values.data()),
                       {static_cast<int64_t>(values.size()) / columns, columns}, at::kFloat);
}

template <typename T>
std::vector<T> ToVector(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous().cpu();
  return {flat.const_data_ptr<T>(), flat.const_data_ptr<T>() + flat.numel()};
}

}  // namespace

struct MatmulScan::Device {
  Device(const FaissScan& host, const CudaScanOptions& options, OwnStream own)
      : place(at::kCUDA, static_cast<at::DeviceIndex>(options.device)),
        stream(std::move(own)),
        temp_bytes(options.temp_bytes) {
    const c10::InferenceMode no_gradients;
    const c10::cuda::CUDAStreamGuard guard(*stream);
    const at::Tensor rows = OnCpu(host.vectors(), host.dim());
    vectors = at::empty({host.size(), host.dim()},
                        at::TensorOptions(place).dtype(options.half ? at::kHalf : at::kFloat));
    // In parts: what is converted on the device lies there in float32 first.
    for (int64_t at = 0; at < host.size(); at += kUploadRows) {
      const int64_t count = std::min(kUploadRows, host.size() - at);
      vectors.narrow(0, at, count).copy_(rows.narrow(0, at, count));
    }
    stream->synchronize();
  }

  at::Tensor Upload(absl::Span<const float> queries) const {
    return OnCpu(queries, vectors.size(1)).to(place).to(vectors.scalar_type());
  }

  // Rows of one matrix product: as many as keep its scores within temp_bytes, and at least `k`.
  int64_t Columns(int64_t n, int64_t k) const {
    const int64_t fit = temp_bytes / (n * static_cast<int64_t>(vectors.element_size()));
    return std::clamp(fit, std::min(k, vectors.size(0)), vectors.size(0));
  }

  const at::Device place;
  const OwnStream stream;
  const int64_t temp_bytes;
  at::Tensor vectors;  // [rows, dim] on the device; float32 or float16.
  Mutex mutex;         // Held around every search.
};

// After a lost device, freeing throws, and from here nothing may.
MatmulScan::~MatmulScan() {
  if (!health_.status().ok()) static_cast<void>(device_.release());
}

absl::StatusOr<std::unique_ptr<MatmulScan>> MatmulScan::Create(
    std::shared_ptr<const FaissScan> host, const CudaScanOptions& options, DeviceCounters* counters,
    DeviceHealth* health) {
  std::unique_ptr<MatmulScan> scan(new MatmulScan(std::move(host), options, counters, health));
  LB_RETURN_IF_ERROR(CatchDeviceErrors(kWhat, *health, [&]() -> absl::Status {
    ConfigureTorchOnce();
    LB_ASSIGN_OR_RETURN(OwnStream stream,
                        OwnStream::Take(static_cast<c10::DeviceIndex>(options.device)));
    scan->device_ = std::make_unique<Device>(*scan->host_, options, std::move(stream));
    return absl::OkStatus();
  }));
  return scan;
}

// Both vectors are rounded, and so is the score.
float MatmulScan::ScoreErrorBound() const { return ErrorBound(3.02f); }

absl::StatusOr<VectorScan::Hits> MatmulScan::TopK(absl::Span<const float> queries, int64_t k,
                                                  const std::vector<int64_t>* allowed) const {
  return RetryWithEmptiedCache(kWhat, counters_, health_, [&]() -> absl::StatusOr<Hits> {
    const Device& device = *device_;
    MutexLock lock(&device_->mutex);
    const c10::InferenceMode no_gradients;
    const c10::cuda::CUDAStreamGuard guard(*device.stream);
    const at::Tensor q = device.Upload(queries);
    at::Tensor barred;  // Rows that do not qualify.
    if (allowed != nullptr) {
      const at::Tensor rows = at::from_blob(const_cast<int64_t*>(allowed->data()),
                                            {static_cast<int64_t>(allowed->size())}, at::kLong);
      barred = at::ones({size()}, at::TensorOptions(device.place).dtype(at::kBool));
      barred.index_fill_(0, rows.to(device.place), at::Scalar(false));
    }
    const int64_t columns = device.Columns(q.size(0), k);
    at::Tensor best, where;  // Of the parts so far: what is kept does not grow with their number.
    for (int64_t at = 0; at < size(); at += columns) {
      const int64_t count = std::min(columns, size() - at);
      at::Tensor part = at::mm(q, device.vectors.narrow(0, at, count).t());
      if (barred.defined()) part.masked_fill_(barred.narrow(0, at, count), kNever);
      auto [scores, rows] = at::topk(part, std::min(k, count), 1);
      rows.add_(at);
      if (at > 0) {
        rows = at::cat({where, rows}, 1);
        std::tie(scores, where) = at::topk(at::cat({best, scores}, 1), k, 1);
        rows = rows.gather(1, where);
      }
      best = scores;
      where = rows;
    }
    best = best.to(at::kFloat);
    where.masked_fill_(best == kNever, -1);
    return Hits{ToVector<int64_t>(where), ToVector<float>(best)};
  });
}

absl::StatusOr<std::vector<int64_t>> MatmulScan::RowsAbove(absl::Span<const float> query,
                                                           float score,
                                                           const RowSet* allowed) const {
  counters_.Count(Fallback::kTies);
  LB_ASSIGN_OR_RETURN(
      std::vector<int64_t> rows,
      RetryWithEmptiedCache(
          kWhat, counters_, health_, [&]() -> absl::StatusOr<std::vector<int64_t>> {
            MutexLock lock(&device_->mutex);
            const c10::InferenceMode no_gradients;
            const c10::cuda::CUDAStreamGuard guard(*device_->stream);
            const at::Tensor scores =
                at::mv(device_->vectors, device_->Upload(query).squeeze(0)).to(at::kFloat);
            return ToVector<int64_t>((scores > score).nonzero().flatten());
          }));
  if (allowed != nullptr) std::erase_if(rows, [&](int64_t row) { return !allowed->Contains(row); });
  return rows;
}

}  // namespace lookbook
