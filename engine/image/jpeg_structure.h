// The structure of a JPEG file, read marker by marker; nothing is decoded. Internal to
// engine/image.
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// The frame header (SOFn).
struct JpegFrame {
  uint8_t process =
      0;  // The marker's second byte: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, …
  int precision = 0;  // Bits a sample.
  int width = 0;
  int height = 0;
  int components = 0;
  std::array<uint8_t, 4> component_ids = {};  // The first four; so are their sampling factors,
  std::array<uint8_t, 4> sampling = {};       // horizontal << 4 | vertical, as the file has them.
};

// Walks to the frame header. A file that ends inside a segment, or at the end of one without a
// scan, is truncated; one that breaks the marker syntax, or ends right after its start marker, is
// corrupt.
//
// REQUIRES: `bytes` begins with FF D8. InvalidArgument with reason corrupt or truncated.
absl::StatusOr<JpegFrame> ReadJpegFrame(absl::string_view bytes);

// What stands before the first scan's data.
struct JpegFirstScan {
  int components = 0;      // Of the scan.
  absl::string_view exif;  // TIFF data of the first Exif segment; empty without one.
};

// Walks to the first scan header, and no further.
//
// REQUIRES: ReadJpegFrame(bytes) succeeded.
// InvalidArgument with reason corrupt (bad syntax, no scan) or truncated (ends before that scan).
absl::StatusOr<JpegFirstScan> ReadJpegFirstScan(absl::string_view bytes);

struct JpegScans {
  int count = 0;         // Scan headers (SOS) up to the end marker or the end of the data.
  bool has_eoi = false;  // The end marker is there.
  // Every coefficient of every component is sent, down to its last bit, by some scan: no further
  // scan can be missing.
  bool complete = false;
  bool all_components = false;  // Every component is sent, be it coarsely.
};

// Walks the whole file up to its end marker. What follows that marker is not looked at.
//
// REQUIRES: ReadJpegFrame(bytes) gave `frame`, with at most four components.
// InvalidArgument with reason corrupt (bad syntax, no scan) or truncated (ends inside a header or
// before the first scan).
absl::StatusOr<JpegScans> ReadJpegScans(absl::string_view bytes, const JpegFrame& frame);

}  // namespace lookbook
