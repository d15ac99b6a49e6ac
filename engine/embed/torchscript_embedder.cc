#include "engine/embed/torchscript_embedder.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/embed/batch_sizes.h"
#include "engine/embed/model_promises.h"
#include "engine/embed/torch_error.h"
#include "engine/embed/torchscript_model.h"

namespace lookbook {
namespace {

constexpr int kWarmUpRuns = 3;

absl::StatusOr<SplitModule> LoadModel(absl::string_view bytes, const TorchScriptOptions& options) {
  if (options.optimize) return LoadSplitModule(bytes, options.shape.image_size, options.buckets);
  LB_ASSIGN_OR_RETURN(torch::jit::Module module, LoadScriptModule(bytes, false));
  return SplitModule{.rest = std::move(module)};
}

}  // namespace

struct TorchScriptEmbedder::Impl {
  TorchScriptOptions options;
  SplitModule model;  // Shared by all threads; never changed after Open().

  // float32[bucket, 3, size, size]: the images, then zeros. A copy, because a graph may work in
  // place.
  at::Tensor Pad(absl::Span<const float> images, int64_t bucket) const {
    const int64_t size = options.shape.image_size;
    at::Tensor input = at::empty({bucket, 3, size, size}, at::kFloat);
    float* data = input.mutable_data_ptr<float>();
    std::memcpy(data, images.data(), images.size() * sizeof(float));
    std::fill(data + images.size(), data + input.numel(), 0.0f);
    return input;
  }

  absl::StatusOr<at::IValue> Run(absl::Span<const float> images, int64_t n, int64_t bucket) const {
    if (model.convolutions == nullptr) return RunScriptModule(model.rest, Pad(images, bucket));
    // They read their images and write elsewhere: only what is padded is copied.
    const at::Tensor padded = n < bucket ? Pad(images, bucket) : at::Tensor();
    const ConvNet::Shape& shape = model.convolutions->shape();
    at::Tensor features =
        at::empty({bucket, shape.channels, shape.height, shape.width}, at::kFloat);
    LB_RETURN_IF_ERROR(
        model.convolutions->Run(padded.defined() ? padded.const_data_ptr<float>() : images.data(),
                                static_cast<int>(bucket), features.mutable_data_ptr<float>()));
    return RunScriptModule(model.rest, features);
  }
};

TorchScriptEmbedder::TorchScriptEmbedder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TorchScriptEmbedder::~TorchScriptEmbedder() = default;

absl::StatusOr<std::unique_ptr<TorchScriptEmbedder>> TorchScriptEmbedder::Open(
    absl::string_view bytes, TorchScriptOptions options) {
  LB_RETURN_IF_ERROR(CheckModelShape(options.shape, options.buckets));
  LB_ASSIGN_OR_RETURN(SplitModule model, LoadModel(bytes, options));
  std::unique_ptr<TorchScriptEmbedder> embedder(
      new TorchScriptEmbedder(std::make_unique<Impl>(Impl{std::move(options), std::move(model)})));
  LB_RETURN_IF_ERROR(ProbeModel(*embedder, embedder->impl_->options.buckets));
  return embedder;
}

const ModelShape& TorchScriptEmbedder::shape() const { return impl_->options.shape; }
int TorchScriptEmbedder::MaxBatch() const { return impl_->options.buckets.back(); }
int TorchScriptEmbedder::PaddedSize(int n) const {
  return PaddedBatchSize(impl_->options.buckets, n);
}

absl::StatusOr<Embeddings> TorchScriptEmbedder::Embed(absl::Span<const float> images) const {
  const int64_t values = ImageValues(shape());
  const int64_t n = static_cast<int64_t>(images.size()) / values;
  if (images.empty() || static_cast<int64_t>(images.size()) != n * values || n > MaxBatch()) {
    return absl::InvalidArgumentError(absl::StrCat(images.size(), " values are not 1 to ",
                                                   MaxBatch(), " images of ", values, " values"));
  }
  const int64_t bucket = PaddedSize(static_cast<int>(n));
  return CatchTorchToStatus("model", [&]() -> absl::StatusOr<Embeddings> {
    at::internal::lazy_init_num_threads();  // A thread that is new to torch takes over
                                            // SetNumericThreads().
    LB_ASSIGN_OR_RETURN(const at::IValue outputs, impl_->Run(images, n, bucket));
    return ReadOutputs(outputs, shape(), n, bucket);
  });
}

absl::Status TorchScriptEmbedder::WarmUp() const {
  for (int bucket : impl_->options.buckets) {
    const std::vector<float> images = ProbeImages(shape(), bucket);
    for (int run = 0; run < kWarmUpRuns; ++run) LB_RETURN_IF_ERROR(Embed(images).status());
  }
  return absl::OkStatus();
}

void SetNumericThreads(int threads) {
  threads = std::max(threads, 1);
  at::set_num_threads(threads);  // Process-wide; also MKL's.
  omp_set_num_threads(threads);  // The calling thread's; Embed() sets that of the others.
  static std::once_flag once;
  std::call_once(once, [&] {
    try {
      at::set_num_interop_threads(threads);
    } catch (const c10::Error&) {
      // The pool for forked graphs runs already, with another size: torch refuses to change it.
      // Nothing here forks.
    }
  });
}

}  // namespace lookbook
