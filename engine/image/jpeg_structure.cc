#include "engine/image/jpeg_structure.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/reason.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr uint8_t kEndOfData = 0x00;  // Not a marker: the bytes are used up.
constexpr uint8_t kSoi = 0xD8;
constexpr uint8_t kEoi = 0xD9;
constexpr uint8_t kSos = 0xDA;
constexpr uint8_t kApp1 = 0xE1;
constexpr uint8_t kProgressive = 0xC2;
constexpr char kExifPrefix[] = "Exif\0";  // And the literal's own NUL.

bool IsRestart(uint8_t code) { return code >= 0xD0 && code <= 0xD7; }
bool StandsAlone(uint8_t code) { return code == 0x01 || IsRestart(code); }
// C4, C8 and CC lie in the range of SOFn but mean DHT, JPG and DAC.
bool IsFrame(uint8_t code) {
  return code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
}

absl::Status Truncated(absl::string_view where) {
  return InvalidArgument("truncated", absl::StrCat("the JPEG file ends ", where));
}
absl::Status Corrupt(absl::string_view what) {
  return InvalidArgument("corrupt", absl::StrCat("not a sound JPEG file: ", what));
}

absl::Status NoScan(bool has_eoi) {
  return has_eoi ? Corrupt("it has no scan") : Truncated("before its first scan");
}

struct Segment {
  uint8_t code = kEndOfData;
  absl::string_view payload;  // Without marker and length.
};

class SegmentReader {
 public:
  explicit SegmentReader(absl::string_view bytes) : bytes_(bytes) {}

  // The next segment; markers without one are skipped, kEoi and kEndOfData have no payload.
  absl::StatusOr<Segment> Next() {
    for (;;) {
      if (pos_ >= bytes_.size()) return Segment{};
      if (At(pos_) != 0xFF) {
        return Corrupt(
            absl::StrFormat("byte %d is 0x%02X where a marker must stand", pos_, At(pos_)));
      }
      while (pos_ < bytes_.size() && At(pos_) == 0xFF) ++pos_;
      if (pos_ >= bytes_.size()) return Segment{};
      const uint8_t code = At(pos_++);
      if (code == kEoi) return Segment{code, {}};
      if (code == 0x00 || code == kSoi) {
        return Corrupt(absl::StrFormat("marker 0x%02X at byte %d", code, pos_ - 1));
      }
      if (!StandsAlone(code)) return ReadPayload(code);
    }
  }

  // Moves over entropy-coded data to the next marker that ends it, or to the end of the bytes.
  void SkipScanData() {
    while (pos_ < bytes_.size()) {
      const void* found = std::memchr(bytes_.data() + pos_, 0xFF, bytes_.size() - pos_);
      if (found == nullptr) break;
      pos_ = static_cast<const char*>(found) - bytes_.data();
      if (pos_ + 1 >= bytes_.size()) break;
      const uint8_t code = At(pos_ + 1);
      if (code != 0x00 && code != 0xFF && !IsRestart(code)) return;
      pos_ += code == 0xFF ? 1 : 2;  // In FF FF the second may begin a marker.
    }
    pos_ = bytes_.size();
  }

 private:
  uint8_t At(size_t pos) const { return static_cast<uint8_t>(bytes_[pos]); }

  absl::StatusOr<Segment> ReadPayload(uint8_t code) {
    const size_t left = bytes_.size() - pos_;
    if (left < 2) return Truncated(absl::StrFormat("inside segment 0x%02X", code));
    const size_t length = At(pos_) << 8 | At(pos_ + 1);
    if (length < 2) return Corrupt(absl::StrFormat("segment 0x%02X of length %d", code, length));
    if (length > left) return Truncated(absl::StrFormat("inside segment 0x%02X", code));
    Segment segment{code, bytes_.substr(pos_ + 2, length - 2)};
    pos_ += length;
    return segment;
  }

  absl::string_view bytes_;
  size_t pos_ = 2;  // After SOI.
};

uint8_t Byte(absl::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }
int Short(absl::string_view bytes, size_t i) { return Byte(bytes, i) << 8 | Byte(bytes, i + 1); }

absl::StatusOr<JpegFrame> ParseFrame(const Segment& segment) {
  const absl::string_view data = segment.payload;
  if (data.size() < 6) return Corrupt("its frame header is too short");
  JpegFrame frame;
  frame.process = segment.code;
  frame.precision = Byte(data, 0);
  frame.height = Short(data, 1);
  frame.width = Short(data, 3);
  frame.components = Byte(data, 5);
  if (data.size() != 6 + size_t{3} * frame.components) {
    return Corrupt(absl::StrCat("its frame header has ", data.size(), " bytes for ",
                                frame.components, " components"));
  }
  for (int i = 0; i < std::min(frame.components, 4); ++i) {
    frame.component_ids[i] = Byte(data, 6 + 3 * i);
    frame.sampling[i] = Byte(data, 7 + 3 * i);
  }
  return frame;
}

// What the scans seen so far have sent: for each coefficient of each component the position of its
// lowest known bit.
class Coverage {
 public:
  explicit Coverage(const JpegFrame& frame) : frame_(frame) {
    for (auto& component : lowest_bit_) component.fill(kNothing);
  }

  absl::Status AddScan(absl::string_view data) {
    const int count = data.empty() ? 0 : Byte(data, 0);
    if (count < 1 || count > 4 || data.size() != 4 + size_t{2} * count)
      return Corrupt("a scan header of a wrong size");
    const bool progressive = frame_.process == kProgressive;
    const int first = progressive ? Byte(data, 1 + 2 * count) : 0;
    const int last = progressive ? Byte(data, 2 + 2 * count) : 63;
    const int low = progressive ? Byte(data, 3 + 2 * count) & 15 : 0;
    if (first > last || last > 63)
      return Corrupt(absl::StrCat("a scan of coefficients ", first, " to ", last));
    unsigned used = 0;
    for (int i = 0; i < count; ++i) {
      const int component = Find(Byte(data, 1 + 2 * i), used);
      if (component < 0)
        return Corrupt(absl::StrCat("a scan of unknown component ", Byte(data, 1 + 2 * i)));
      used |= 1u << component;
      for (int k = first; k <= last; ++k) lowest_bit_[component][k] = static_cast<int8_t>(low);
    }
    return absl::OkStatus();
  }

  bool Complete() const {
    return std::all_of(lowest_bit_.begin(), lowest_bit_.begin() + frame_.components,
                       [](const auto& component) {
                         return std::all_of(component.begin(), component.end(),
                                            [](int8_t bit) { return bit == 0; });
                       });
  }

  bool AllComponents() const {
    return std::all_of(lowest_bit_.begin(), lowest_bit_.begin() + frame_.components,
                       [](const auto& component) { return component[0] != kNothing; });
  }

 private:
  static constexpr int8_t kNothing = -1;

  // Some files give several components one id; a scan then means them in order.
  int Find(uint8_t id, unsigned used) const {
    for (int i = 0; i < frame_.components; ++i) {
      if (frame_.component_ids[i] == id && (used >> i & 1) == 0) return i;
    }
    return -1;
  }

  const JpegFrame& frame_;
  std::array<std::array<int8_t, 64>, 4> lowest_bit_;
};

}  // namespace

absl::StatusOr<JpegFrame> ReadJpegFrame(absl::string_view bytes) {
  SegmentReader reader(bytes);
  for (bool first = true;; first = false) {
    LB_ASSIGN_OR_RETURN(const Segment segment, reader.Next());
    if (IsFrame(segment.code)) return ParseFrame(segment);
    if (segment.code == kEoi) return Corrupt("its end marker comes before any image");
    if (segment.code == kSos) return Corrupt("a scan comes before the frame header");
    if (segment.code == kEndOfData) {
      return first ? Corrupt("nothing follows its start marker")
                   : Truncated("before its frame header");
    }
  }
}

absl::StatusOr<JpegFirstScan> ReadJpegFirstScan(absl::string_view bytes) {
  SegmentReader reader(bytes);
  JpegFirstScan scan;
  const absl::string_view exif_prefix(kExifPrefix, sizeof(kExifPrefix));
  for (;;) {
    LB_ASSIGN_OR_RETURN(const Segment segment, reader.Next());
    if (segment.code == kEoi) return NoScan(/*has_eoi=*/true);
    if (segment.code == kEndOfData) return NoScan(/*has_eoi=*/false);
    if (segment.code == kSos) {
      scan.components = segment.payload.empty() ? 0 : Byte(segment.payload, 0);
      return scan;
    }
    if (segment.code == kApp1 && scan.exif.empty() &&
        absl::StartsWith(segment.payload, exif_prefix)) {
      scan.exif = segment.payload.substr(exif_prefix.size());
    }
  }
}

absl::StatusOr<JpegScans> ReadJpegScans(absl::string_view bytes, const JpegFrame& frame) {
  SegmentReader reader(bytes);
  Coverage coverage(frame);
  JpegScans scans;
  for (;;) {
    LB_ASSIGN_OR_RETURN(const Segment segment, reader.Next());
    if (segment.code == kEndOfData || segment.code == kEoi) {
      scans.has_eoi = segment.code == kEoi;
      break;
    }
    if (segment.code == kSos) {
      ++scans.count;
      LB_RETURN_IF_ERROR(coverage.AddScan(segment.payload));
      reader.SkipScanData();
    }
  }
  if (scans.count == 0) return NoScan(scans.has_eoi);
  scans.complete = coverage.Complete();
  scans.all_components = coverage.AllComponents();
  return scans;
}

}  // namespace lookbook
