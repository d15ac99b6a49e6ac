// Where models and indexes run, other than on this process's own CPU threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/embed/embedder.h"
#include "engine/embed/pixel_scale.h"
#include "engine/index/index_spec.h"
#include "engine/index/vector_index.h"

namespace lookbook {

// What a model computes in up to its pooled features. Norms, BN-neck and sigmoid are float32 in all
// of them, and so is what comes out.
enum class Precision { kFloat32, kFloat16, kBFloat16 };

// "fp32", "fp16", "bf16". InvalidArgument names these.
absl::StatusOr<Precision> ParsePrecision(absl::string_view text);
const char* PrecisionName(Precision precision);

struct EmbedderSpec {
  ModelShape shape;          // What the manifest promises; the model is checked against it.
  PixelScale pixels;         // For EmbedPixels().
  std::vector<int> buckets;  // Batch sizes that are warmed up; ascending from 1 or more.
};

// Why something was not done on the device, or not in the fast way. Answers are right all the same.
enum class Fallback {
  kFilter,   // A search over some of the rows, which FAISS cannot do there: done on the CPU.
  kTies,     // Scores too close to tell the rows apart: a second pass, decided on the CPU.
  kLargeK,   // More neighbours, or lists of an IVF, than FAISS selects there: done on the CPU.
  kExact,    // An exact answer from lists of rounded vectors (IVF{n},SQ8): done on the CPU.
  kMemory,   // The device had no room for the batch: retried after its caches were emptied.
  kCapture,  // A batch size that could not be recorded as a graph: run step by step.
};
inline constexpr int kFallbacks = 6;
const char* FallbackName(Fallback cause);  // "filter", …

// Whether a device can hold and search an index of this kind: Flat and IVF. The others (HNSW, SQ8,
// SQfp16) stay on the CPU.
bool FitsDevice(const IndexSpec& spec);

struct DeviceStats {
  std::string name;                // "0": the device's number.
  int64_t memory_used_bytes = -1;  // Of the whole device, by every process; -1: unknown.
  int64_t memory_total_bytes = -1;
  double utilization = -1;  // Share of the last moment that it computed, 0 to 1; -1: unknown.
};

// Counts since the backend was opened.
struct BackendStats {
  std::vector<DeviceStats> devices;
  std::vector<std::pair<int, int64_t>> graph_replays;  // By batch bucket, ascending.
  int64_t fallbacks[kFallbacks] = {};                  // By Fallback.
};

// Thread-safe. Outlives what it opened.
class DeviceBackend {
 public:
  virtual ~DeviceBackend() = default;

  virtual std::string Describe() const = 0;  // "cuda: 0 NVIDIA H200, fp16"
  virtual Precision precision() const = 0;

  // As TorchScriptEmbedder::Open(): `bytes` is the content of a file whose hash has been checked,
  // and may go away afterwards. Its Embed() also says Unavailable, with reason device_lost, once
  // the device cannot be used any more.
  virtual absl::StatusOr<std::unique_ptr<Embedder>> OpenEmbedder(
      absl::string_view bytes, const EmbedderSpec& spec) const = 0;

  // As OpenIndex() of index_factory.h. REQUIRES: FitsDevice(spec).
  virtual absl::StatusOr<std::unique_ptr<VectorIndex>> OpenIndex(const IndexSpec& spec,
                                                                 const std::string& path, int dim,
                                                                 int64_t rows,
                                                                 int effort) const = 0;

  virtual BackendStats Stats() const = 0;

  // Unavailable, with reason device_lost and the cause, once an error was seen that only a new
  // process gets over: an illegal address, a device that fell off the bus.
  virtual absl::Status Health() const = 0;
};

}  // namespace lookbook
