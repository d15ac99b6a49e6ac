#include "engine/cuda/embed_stream.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "base/status_macros.h"
#include "engine/cuda/capture_gate.h"
#include "engine/embed/batch_sizes.h"
#include "engine/embed/torchscript_model.h"

namespace lookbook {
namespace {

namespace CUDACachingAllocator = c10::cuda::CUDACachingAllocator;

// The first runs at a size choose algorithms; capture wants them chosen.
constexpr int kWarmUpRuns = 3;
// Of unit vectors and scores, with other algorithms in 16 bits at worst; stale or mixed up outputs
// are off by far more.
constexpr float kReplayTolerance = 0.05f;

int64_t Width(const ModelShape& shape) {
  return int64_t{shape.dim} + shape.classes + shape.attributes;
}

// False where `fn` throws.
template <typename Fn>
bool Tried(Fn&& fn) {
  try {
    std::forward<Fn>(fn)();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// A stream refuses all work while it is in a capture that failed, and the memory that went into the
// capture is lost until its pool is let go. Torch does neither where ending such a capture throws;
// where it does not, the graph lets go of its pool itself.
void AbandonCapture(at::cuda::CUDAGraph* graph, at::Device device, c10::MempoolId_t pool) {
  Tried([&] { graph->capture_end(); });
  const bool ended = Tried([&] { graph->pool(); });
  if (!ended) {
    Tried([&] { CUDACachingAllocator::endAllocateToPool(device.index(), pool); });
    Tried([&] { CUDACachingAllocator::releasePool(device.index(), pool); });
  }
  cudaGetLastError();  // Or the next call would be told of it.
}

}  // namespace

EmbedStream::EmbedStream(const DeviceModel* model, OwnStream stream, std::vector<int> buckets,
                         DeviceCounters* counters)
    : model_(*model),
      buckets_(std::move(buckets)),
      counters_(*counters),
      stream_(std::move(stream)) {
  const int64_t most = buckets_.back(), size = model_.shape.image_size;
  const at::TensorOptions pinned = at::TensorOptions().pinned_memory(true);
  host_pixels_ = at::empty({most, size, size, 3}, pinned.dtype(at::kByte));
  host_outputs_ = at::empty({most, Width(model_.shape)}, pinned.dtype(at::kFloat));
  // Rows that a batch does not fill keep what an earlier one left: any pixels will do.
  pixels_ = at::zeros({most, size, size, 3}, at::TensorOptions(model_.device).dtype(at::kByte));
}

int EmbedStream::BucketOf(int n) const { return PaddedBatchSize(buckets_, n); }

at::Tensor EmbedStream::Forward(const at::Tensor& input) const {
  const at::IValue outputs = RunScriptModule(model_.module, input);
  std::vector<at::Tensor> parts;
  for (const at::IValue& part : outputs.toTupleRef().elements()) parts.push_back(part.toTensor());
  return at::cat(parts, 1);
}

absl::Status EmbedStream::Prepare(bool graphs) {
  const c10::InferenceMode no_gradients;
  const c10::cuda::CUDAStreamGuard guard(*stream_);
  for (int bucket : buckets_) {
    const at::Tensor input = model_.input.Make(Pixels(bucket));
    const at::IValue outputs = RunScriptModule(model_.module, input);
    // Names what is wrong with a model that is not what the manifest promises.
    std::vector<at::IValue> on_cpu;
    if (outputs.isTuple()) {
      for (const at::IValue& part : outputs.toTupleRef().elements()) {
        on_cpu.push_back(part.isTensor() ? at::IValue(part.toTensor().cpu()) : part);
      }
    }
    LB_RETURN_IF_ERROR(
        ReadOutputs(outputs.isTuple() ? at::IValue(c10::ivalue::Tuple::create(on_cpu)) : outputs,
                    model_.shape, bucket, bucket)
            .status());
    for (int run = 0; run < kWarmUpRuns; ++run) Forward(model_.input.Make(Pixels(bucket)));
    stream_->synchronize();
    if (graphs) Record(bucket);
  }
  return absl::OkStatus();
}

void EmbedStream::Record(int bucket) {
  const std::unique_lock<std::shared_mutex> gate(CaptureGate());
  std::unique_ptr<Recorded> recorded = Capture(bucket);
  if (recorded == nullptr) {
    // While it records, torch cannot give back what it keeps of others.
    CUDACachingAllocator::emptyCache();
    recorded = Capture(bucket);
  }
  if (recorded == nullptr || !Agrees(bucket, recorded.get())) {
    counters_.Count(Fallback::kCapture);
    return;
  }
  graphs_[bucket] = std::move(recorded);
}

std::unique_ptr<EmbedStream::Recorded> EmbedStream::Capture(int bucket) {
  auto recorded = std::make_unique<Recorded>();
  const c10::MempoolId_t pool = at::cuda::graph_pool_handle();
  try {
    // Only this thread's calls are part of it: other streams may serve meanwhile.
    recorded->graph.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    recorded->outputs = Forward(model_.input.Make(Pixels(bucket)));
    recorded->graph.capture_end();
  } catch (const std::exception&) {
    // What it allocated is void with it; eager execution does the same work.
    recorded->outputs.reset();
    AbandonCapture(&recorded->graph, model_.device, pool);
    return nullptr;
  }
  return recorded;
}

// A replay over pixels that were not there when it was recorded.
bool EmbedStream::Agrees(int bucket, Recorded* recorded) {
  at::Tensor pixels = Pixels(bucket);
  auto* const noise = host_pixels_.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < pixels.numel(); ++i) noise[i] = static_cast<uint8_t>(i * 7919 % 251);
  pixels.copy_(host_pixels_.narrow(0, 0, bucket));
  recorded->graph.replay();
  const at::Tensor replayed = recorded->outputs.clone();
  const at::Tensor expected = Forward(model_.input.Make(pixels));
  const bool same = (replayed - expected).abs().max().item<float>() < kReplayTolerance;
  pixels.zero_();
  return same;
}

absl::StatusOr<Embeddings> EmbedStream::Fetch(const at::Tensor& outputs, int n) {
  at::Tensor rows = host_outputs_.narrow(0, 0, n);
  rows.copy_(outputs.narrow(0, 0, n), /*non_blocking=*/true);
  stream_->synchronize();
  const ModelShape& shape = model_.shape;
  std::vector<at::IValue> parts = {rows.narrow(1, 0, shape.dim),
                                   rows.narrow(1, shape.dim, shape.classes)};
  if (shape.attributes > 0) {
    parts.push_back(rows.narrow(1, int64_t{shape.dim} + shape.classes, shape.attributes));
  }
  return ReadOutputs(c10::ivalue::Tuple::create(parts), shape, n, n);
}

absl::StatusOr<Embeddings> EmbedStream::Run(absl::Span<const uint8_t> pixels, int n) {
  const c10::InferenceMode no_gradients;
  const c10::cuda::CUDAStreamGuard guard(*stream_);
  std::memcpy(host_pixels_.mutable_data_ptr<uint8_t>(), pixels.data(), pixels.size());
  pixels_.narrow(0, 0, n).copy_(host_pixels_.narrow(0, 0, n), /*non_blocking=*/true);
  const int bucket = BucketOf(n);
  const auto recorded = graphs_.find(bucket);
  if (recorded == graphs_.end()) return Fetch(Forward(model_.input.Make(Pixels(bucket))), n);
  recorded->second->graph.replay();
  counters_.CountReplay(bucket);
  return Fetch(recorded->second->outputs, n);
}

absl::StatusOr<Embeddings> EmbedStream::Run(absl::Span<const float> images, int n) {
  const c10::InferenceMode no_gradients;
  const c10::cuda::CUDAStreamGuard guard(*stream_);
  const int64_t size = model_.shape.image_size;
  at::Tensor input =
      at::zeros({BucketOf(n), 3, size, size}, at::TensorOptions(model_.device).dtype(model_.type));
  if (model_.type != at::kFloat) input = input.contiguous(at::MemoryFormat::ChannelsLast);
  // Only read: copy_() takes a tensor that it may not write to.
  input.narrow(0, 0, n).copy_(
      at::from_blob(const_cast<float*>(images.data()), {n, 3, size, size}, at::kFloat));
  return Fetch(Forward(input), n);
}

}  // namespace lookbook
