// A few pictures with their masks and labels drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"
#include "models/report/page.h"

namespace lookbook {

struct MaskSegment {
  int class_column = 0;
  std::string rle;
};

struct MaskSample {
  int64_t image = 0;  // Row of FashionData::images.
  std::vector<MaskSegment> segments;
};

// Reads the CSV once more for the segments of these images (rows of data.images, any order), with
// masks or without. Rows that ReadImaterialist left out are left out here.
absl::StatusOr<std::vector<MaskSample>> ReadMaskSamples(const std::string& csv_path,
                                                        const FashionData& data,
                                                        absl::Span<const int64_t> images);

// The picture with each mask as a tint and an outline in a colour of its own and its class' name in
// its middle; masks that do not fit are left out and counted in the note. As ReadFile and
// DecodeImage say.
absl::StatusOr<ReportPicture> DrawMaskSample(const FashionData& data, const MaskSample& sample,
                                             int longest_side);

}  // namespace lookbook
