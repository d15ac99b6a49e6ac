#include "server/metrics/image_series.h"

#include "server/metrics/buckets.h"

namespace lookbook {

ImageSeries::ImageSeries(prometheus::Registry& registry) {
  for (size_t i = 0; i < kImageFormats.size(); ++i) {
    const std::string help = "Images that arrived, by format and whether they decoded.";
    formats[i].decoded = AddCounter(registry, "lookbook_images_total", help,
                                    {{"format", kImageFormats[i]}, {"result", "decoded"}});
    formats[i].rejected = AddCounter(registry, "lookbook_images_total", help,
                                     {{"format", kImageFormats[i]}, {"result", "rejected"}});
  }
  for (size_t i = 0; i < kRejectReasons.size(); ++i) {
    reject_reasons[i] =
        AddCounter(registry, "lookbook_decode_rejected_total",
                   "Images that were refused, by reason.", {{"reason", kRejectReasons[i]}});
  }
  for (size_t i = 0; i < kDecodeWarnings.size(); ++i) {
    warnings[i] =
        AddCounter(registry, "lookbook_decode_warnings_total",
                   "Oddities of images that were accepted.", {{"kind", kDecodeWarnings[i]}});
  }
  for (size_t i = 0; i < kEmbeddingFailures.size(); ++i) {
    embedding_failures[i] =
        AddCounter(registry, "lookbook_embedding_failures_total",
                   "Images that got no embedding, by cause.", {{"cause", kEmbeddingFailures[i]}});
  }
  body_bytes = AddHistogram(registry, "lookbook_request_body_bytes",
                            "Size of image files that decoded.", ByteBuckets());
  pixels = AddHistogram(registry, "lookbook_image_pixels",
                        "Width times height of images that decoded, as stored in the file.",
                        PixelBuckets());
  memory_bytes =
      AddGauge(registry, "lookbook_image_memory_bytes",
               "Memory set aside for the images of queries that have no answer yet.", {});
}

}  // namespace lookbook
