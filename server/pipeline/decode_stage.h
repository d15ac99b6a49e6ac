// Image bytes -> the pixels that the query's bundle wants to see.
#pragma once

#include "engine/image/image_header.h"
#include "server/metrics/server_metrics.h"
#include "server/pipeline/in_flight.h"

namespace lookbook {

// Thread-safe. `context` must outlive it.
class DecodeStage {
 public:
  DecodeStage(const ImageLimits& limits, const QueryContext* context)
      : limits_(limits), context_(*context) {}

  // Sets memory aside for item->query.image and its pixels; false when it is not there. A file
  // whose header is bad has no pixels: Run() says what is wrong with it. Fills item->result.image.
  bool TryTakeMemory(InFlight* item) const;

  // Decodes and resizes item->query.image as the PreprocessSpec of item->result.bundle says, into
  // item->pixels, with the seconds of both steps and the decoder's warnings. False: the query has
  // been answered with what was wrong.
  bool Run(InFlight* item) const;

 private:
  bool RunSteps(InFlight* item) const;
  absl::Status Decode(InFlight* item, Image* image) const;
  absl::Status Resize(InFlight* item, const Image& image) const;

  const ImageLimits limits_;
  const QueryContext& context_;
};

}  // namespace lookbook
