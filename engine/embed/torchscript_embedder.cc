#include "engine/embed/torchscript_embedder.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <functional>
#include <mutex>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "engine/embed/torch_error.h"
#include "engine/embed/torchscript_model.h"

namespace lookbook {
namespace {

constexpr int kWarmUpRuns = 3;

absl::Status CheckOptions(const TorchScriptOptions& options) {
  const ModelShape& shape = options.shape;
  if (shape.image_size < 1 || shape.dim < 1 || shape.classes < 1 || shape.attributes < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("model shape: image_size ", shape.image_size, ", dim ", shape.dim,
                     ", classes ", shape.classes, ", attributes ", shape.attributes, " cannot be"));
  }
  const std::vector<int>& buckets = options.buckets;
  const bool ascending =
      std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>()) == buckets.end();
  if (buckets.empty() || buckets.front() < 1 || !ascending) {
    return absl::InvalidArgumentError(absl::StrCat("batch buckets {", absl::StrJoin(buckets, ", "),
                                                   "} do not ascend from 1 or more"));
  }
  return absl::OkStatus();
}

int64_t ImageValues(const ModelShape& shape) {
  return int64_t{3} * shape.image_size * shape.image_size;
}

// Noise like that of normalised pixels; the same on every call.
std::vector<float> ProbeImages(const ModelShape& shape, int n) {
  std::mt19937 random(1);
  std::vector<float> images(static_cast<size_t>(n * ImageValues(shape)));
  for (float& value : images)
    value = static_cast<float>(random() >> 8) * 0x1p-22f - 2.0f;  // [-2, 2)
  return images;
}

// What Embeddings promises beyond its shape. InvalidArgument names the image and the value.
absl::Status CheckPromises(const Embeddings& embeddings, const ModelShape& shape) {
  for (int64_t i = 0; i < embeddings.n; ++i) {
    double squares = 0;
    for (int64_t j = i * shape.dim; j < (i + 1) * shape.dim; ++j) {
      squares += double{embeddings.vectors[j]} * embeddings.vectors[j];
    }
    if (std::abs(std::sqrt(squares) - 1) > 1e-3) {
      return absl::InvalidArgumentError(absl::StrCat(
          "model: the embedding of a test image has length ", std::sqrt(squares), ", not 1"));
    }
  }
  for (const std::vector<float>* scores : {&embeddings.scores, &embeddings.attribute_scores}) {
    for (float score : *scores) {
      if (score < 0 || score > 1) {
        return absl::InvalidArgumentError(absl::StrCat("model: a score of a test image is ", score,
                                                       "; sigmoid scores are in [0, 1]"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

struct TorchScriptEmbedder::Impl {
  TorchScriptOptions options;
  torch::jit::Module module;  // Shared by all threads; never changed after Open().

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

  // Runs the model on images that Open() makes up, at the two smallest buckets: one batch size
  // alone does not show that a traced graph has it built in.
  absl::Status Probe(const TorchScriptEmbedder& embedder) const {
    for (size_t i = 0; i < std::min<size_t>(2, options.buckets.size()); ++i) {
      absl::StatusOr<Embeddings> embeddings =
          embedder.Embed(ProbeImages(options.shape, options.buckets[i]));
      if (absl::IsInternal(embeddings.status())) {
        return absl::InvalidArgumentError(embeddings.status().message());
      }
      LB_RETURN_IF_ERROR(embeddings.status());
      LB_RETURN_IF_ERROR(CheckPromises(*embeddings, options.shape));
    }
    return absl::OkStatus();
  }
};

TorchScriptEmbedder::TorchScriptEmbedder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TorchScriptEmbedder::~TorchScriptEmbedder() = default;

absl::StatusOr<std::unique_ptr<TorchScriptEmbedder>> TorchScriptEmbedder::Open(
    absl::string_view bytes, TorchScriptOptions options) {
  LB_RETURN_IF_ERROR(CheckOptions(options));
  LB_ASSIGN_OR_RETURN(torch::jit::Module module, LoadScriptModule(bytes, options.optimize));
  std::unique_ptr<TorchScriptEmbedder> embedder(
      new TorchScriptEmbedder(std::make_unique<Impl>(Impl{std::move(options), std::move(module)})));
  LB_RETURN_IF_ERROR(embedder->impl_->Probe(*embedder));
  return embedder;
}

const ModelShape& TorchScriptEmbedder::shape() const { return impl_->options.shape; }
int TorchScriptEmbedder::MaxBatch() const { return impl_->options.buckets.back(); }

absl::StatusOr<Embeddings> TorchScriptEmbedder::Embed(absl::Span<const float> images) const {
  const int64_t values = ImageValues(shape());
  const int64_t n = static_cast<int64_t>(images.size()) / values;
  if (images.empty() || static_cast<int64_t>(images.size()) != n * values || n > MaxBatch()) {
    return absl::InvalidArgumentError(absl::StrCat(images.size(), " values are not 1 to ",
                                                   MaxBatch(), " images of ", values, " values"));
  }
  const int64_t bucket =
      *std::lower_bound(impl_->options.buckets.begin(), impl_->options.buckets.end(), n);
  return CatchTorchToStatus("model", [&]() -> absl::StatusOr<Embeddings> {
    at::internal::lazy_init_num_threads();  // A thread that is new to torch takes over
                                            // SetNumericThreads().
    return ReadOutputs(RunScriptModule(impl_->module, impl_->Pad(images, bucket)), shape(), n,
                       bucket);
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
