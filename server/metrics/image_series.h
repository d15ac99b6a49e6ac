// What is counted per image that arrives.
#pragma once

#include <array>

#include "server/metrics/metric_handles.h"

namespace lookbook {

inline constexpr std::array<const char*, 3> kImageFormats = {"jpeg", "png", "unknown"};

// The reasons of ParseImageHeader and DecodeImage (engine/image); anything else counts as "other".
inline constexpr std::array<const char*, 13> kRejectReasons = {
    "empty_image", "image_too_large",  "unsupported_format", "corrupt",
    "truncated",   "unsupported_jpeg", "bad_dimensions",     "too_small",
    "bad_aspect",  "too_many_pixels",  "too_many_chunks",    "too_many_scans",
    "other"};
inline constexpr std::array<const char*, 2> kDecodeWarnings = {"missing_eoi", "other"};
// By EmbeddingFailure.
inline constexpr std::array<const char*, 3> kEmbeddingFailures = {"model", "memory", "vector"};

// Thread-safe. `registry` must outlive this object.
struct ImageSeries {
  explicit ImageSeries(prometheus::Registry& registry);

  struct OfFormat {
    CounterHandle decoded;
    CounterHandle rejected;
  };
  std::array<OfFormat, kImageFormats.size()> formats;
  std::array<CounterHandle, kRejectReasons.size()> reject_reasons;
  std::array<CounterHandle, kDecodeWarnings.size()> warnings;
  std::array<CounterHandle, kEmbeddingFailures.size()> embedding_failures;
  HistogramHandle body_bytes;
  HistogramHandle pixels;
  GaugeHandle memory_bytes;
};

}  // namespace lookbook
