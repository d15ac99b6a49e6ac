#include "engine/cuda/cuda_embedder.h"

#include <c10/cuda/CUDAGuard.h>
#include <torch/script.h>

#include <cstddef>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/cuda/embed_stream.h"
#include "engine/cuda/graph_precision.h"
#include "engine/cuda/memory_retry.h"
#include "engine/cuda/torch_settings.h"
#include "engine/embed/batch_sizes.h"
#include "engine/embed/model_promises.h"
#include "engine/embed/torchscript_model.h"

namespace lookbook {
namespace {

constexpr char kWhat[] = "model on CUDA";

at::ScalarType TypeOf(Precision precision) {
  switch (precision) {
    case Precision::kFloat16:
      return at::kHalf;
    case Precision::kBFloat16:
      return at::kBFloat16;
    case Precision::kFloat32:
      break;
  }
  return at::kFloat;
}

absl::StatusOr<std::unique_ptr<DeviceModel>> LoadOnto(at::Device device, absl::string_view bytes,
                                                      const EmbedderSpec& spec,
                                                      Precision precision) {
  LB_ASSIGN_OR_RETURN(torch::jit::Module module, LoadScriptModule(bytes, /*optimize=*/false));
  module = torch::jit::freeze(module);
  const at::ScalarType type = TypeOf(precision);
  if (type != at::kFloat) LB_RETURN_IF_ERROR(LowerPrecision(&module, type));
  MoveConstants(&module, device);
  return std::make_unique<DeviceModel>(DeviceModel{
      std::move(module), PixelInput(spec.pixels, device, type), spec.shape, type, device});
}

}  // namespace

struct CudaEmbedder::Impl {
  Impl(const EmbedderSpec& embedder_spec, DeviceCounters* device_counters,
       DeviceHealth* device_health)
      : spec(embedder_spec), counters(*device_counters), health(*device_health) {}

  // A stream for the life of a batch.
  class Lease {
   public:
    explicit Lease(Impl* impl) : impl_(*impl) {
      MutexLock lock(&impl_.mutex);
      while (impl_.free.empty()) impl_.freed.Wait(&impl_.mutex);
      stream_ = impl_.free.front();
      impl_.free.pop_front();
    }
    ~Lease() {
      {
        MutexLock lock(&impl_.mutex);
        impl_.free.push_back(stream_);  // To the end: devices take turns.
      }
      impl_.freed.NotifyOne();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    EmbedStream* operator->() const { return stream_; }

   private:
    Impl& impl_;
    EmbedStream* stream_;
  };

  template <typename T>
  absl::StatusOr<Embeddings> Run(absl::Span<const T> values);

  const EmbedderSpec spec;
  DeviceCounters& counters;
  DeviceHealth& health;
  std::vector<std::unique_ptr<DeviceModel>> models;
  std::vector<std::unique_ptr<EmbedStream>> streams;
  Mutex mutex;
  CondVar freed;
  std::deque<EmbedStream*> free ABSL_GUARDED_BY(mutex);
};

template <typename T>
absl::StatusOr<Embeddings> CudaEmbedder::Impl::Run(absl::Span<const T> values) {
  const size_t image = static_cast<size_t>(ImageValues(spec.shape));
  const size_t n = values.size() / image;
  if (values.empty() || values.size() != n * image ||
      n > static_cast<size_t>(spec.buckets.back())) {
    return absl::InvalidArgumentError(absl::StrCat(values.size(), " values are not 1 to ",
                                                   spec.buckets.back(), " images of ", image,
                                                   " values"));
  }
  return RetryWithEmptiedCache(kWhat, counters, health, [&]() -> absl::StatusOr<Embeddings> {
    const Lease stream(this);
    return stream->Run(values, static_cast<int>(n));
  });
}

CudaEmbedder::CudaEmbedder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// After a lost device, freeing throws, and from here nothing may.
CudaEmbedder::~CudaEmbedder() {
  if (!impl_->health.status().ok()) static_cast<void>(impl_.release());
}

absl::StatusOr<std::unique_ptr<CudaEmbedder>> CudaEmbedder::Open(absl::string_view bytes,
                                                                 const EmbedderSpec& spec,
                                                                 const CudaOptions& options,
                                                                 DeviceCounters* counters,
                                                                 DeviceHealth* health) {
  LB_RETURN_IF_ERROR(CheckModelShape(spec.shape, spec.buckets));
  std::unique_ptr<CudaEmbedder> embedder(
      new CudaEmbedder(std::make_unique<Impl>(spec, counters, health)));
  Impl& impl = *embedder->impl_;
  const absl::Status status = CatchDeviceErrors(kWhat, *health, [&]() -> absl::Status {
    ConfigureTorchOnce();
    for (int device : options.devices) {
      const at::Device place(at::kCUDA, static_cast<at::DeviceIndex>(device));
      const c10::cuda::CUDAGuard guard(place.index());
      LB_ASSIGN_OR_RETURN(std::unique_ptr<DeviceModel> model,
                          LoadOnto(place, bytes, spec, options.precision));
      for (int i = 0; i < options.streams; ++i) {
        LB_ASSIGN_OR_RETURN(OwnStream own, OwnStream::Take(place.index()));
        auto stream =
            std::make_unique<EmbedStream>(model.get(), std::move(own), spec.buckets, counters);
        LB_RETURN_IF_ERROR(stream->Prepare(options.graphs));
        impl.streams.push_back(std::move(stream));
      }
      impl.models.push_back(std::move(model));
    }
    return absl::OkStatus();
  });
  // A model that breaks its promises is the file's fault.
  if (absl::IsInternal(status)) return absl::InvalidArgumentError(status.message());
  LB_RETURN_IF_ERROR(status);
  {
    MutexLock lock(&impl.mutex);
    for (int i = 0; i < options.streams; ++i) {
      for (size_t d = 0; d < impl.models.size(); ++d) {
        impl.free.push_back(impl.streams[d * static_cast<size_t>(options.streams) + i].get());
      }
    }
  }
  LB_RETURN_IF_ERROR(ProbeModel(*embedder, spec.buckets));
  return embedder;
}

const ModelShape& CudaEmbedder::shape() const { return impl_->spec.shape; }
int CudaEmbedder::MaxBatch() const { return impl_->spec.buckets.back(); }
int CudaEmbedder::PaddedSize(int n) const { return PaddedBatchSize(impl_->spec.buckets, n); }

absl::StatusOr<Embeddings> CudaEmbedder::EmbedPixels(absl::Span<const uint8_t> pixels) const {
  return impl_->Run(pixels);
}

absl::StatusOr<Embeddings> CudaEmbedder::Embed(absl::Span<const float> images) const {
  return impl_->Run(images);
}

absl::Status CudaEmbedder::WarmUp() const { return impl_->health.status(); }

}  // namespace lookbook
