#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "tests/fuzz/picture_mutators.h"

namespace lookbook {
namespace {

constexpr uint8_t kSos = 0xDA;
constexpr size_t kLongestPayload = 65'533;
// Frames, tables, scans, restart intervals, Exif, Adobe, comments.
constexpr uint8_t kCodes[] = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xEE, 0xFE};

struct Segment {
  uint8_t code = 0;
  std::string payload;
  std::string scan;  // Entropy-coded data that follows an SOS.
};

struct Parts {
  std::vector<Segment> segments;
  std::string rest;  // From the first byte on that begins no segment: mostly the end marker.
};

uint8_t At(absl::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

// Where entropy-coded data end: at a marker that is no restart.
size_t ScanLength(absl::string_view bytes) {
  for (size_t i = 0; i + 1 < bytes.size(); ++i) {
    const uint8_t next = At(bytes, i + 1);
    if (At(bytes, i) == 0xFF && next != 0 && !(next >= 0xD0 && next <= 0xD7)) return i;
  }
  return bytes.size();
}

Parts Split(absl::string_view jpeg) {
  Parts parts;
  jpeg.remove_prefix(std::min<size_t>(jpeg.size(), 2));
  while (jpeg.size() >= 4 && At(jpeg, 0) == 0xFF && At(jpeg, 1) >= 0xC0 && At(jpeg, 1) != 0xD9) {
    const size_t length = std::max<size_t>(2, At(jpeg, 2) << 8 | At(jpeg, 3));
    Segment segment{At(jpeg, 1), std::string(jpeg.substr(4, length - 2)), ""};
    jpeg.remove_prefix(std::min(jpeg.size(), 2 + length));
    if (segment.code == kSos) {
      segment.scan = std::string(jpeg.substr(0, ScanLength(jpeg)));
      jpeg.remove_prefix(segment.scan.size());
    }
    parts.segments.push_back(std::move(segment));
  }
  parts.rest = std::string(jpeg);
  return parts;
}

// FF is followed by 00 or a restart marker, or it would end the scan.
std::string Stuffed(std::string scan) {
  for (size_t i = 0; i < scan.size(); ++i) {
    if (At(scan, i) != 0xFF) continue;
    const uint8_t next = i + 1 < scan.size() ? At(scan, i + 1) : 0xFF;
    if (next != 0 && !(next >= 0xD0 && next <= 0xD7)) scan[i] = '\xFE';
  }
  return scan;
}

std::string Join(const Parts& parts) {
  std::string jpeg = "\xFF\xD8";
  for (const Segment& segment : parts.segments) {
    const std::string payload = segment.payload.substr(0, kLongestPayload);
    const size_t length = payload.size() + 2;
    jpeg += {'\xFF', static_cast<char>(segment.code), static_cast<char>(length >> 8),
             static_cast<char>(length)};
    jpeg += payload + Stuffed(segment.scan);
  }
  return jpeg + parts.rest;
}

void ChangeOne(const ChangeBytes& change, Random* random, std::vector<Segment>* segments) {
  Segment& segment = (*segments)[(*random)() % segments->size()];
  Segment& other = (*segments)[(*random)() % segments->size()];
  switch ((*random)() % 8) {
    case 0:
      return std::swap(segment, other);
    case 1:
      segment.code = kCodes[(*random)() % std::size(kCodes)];
      return;
    case 2:
      segments->insert(segments->begin() + (*random)() % segments->size(), Segment(segment));
      return;
    case 3:
      segments->erase(segments->begin() + (&segment - segments->data()));
      return;
    case 4:
    case 5:
      if (!segment.scan.empty()) return change(&segment.scan);
      return change(&segment.payload);
    default:
      change(&segment.payload);
  }
}

}  // namespace

std::string MutateJpeg(absl::string_view jpeg, const ChangeBytes& change, Random* random) {
  Parts parts = Split(jpeg);
  if (parts.segments.empty() || (*random)() % 16 == 0) {
    std::string bytes(jpeg);
    change(&bytes);
    return bytes;
  }
  ChangeOne(change, random, &parts.segments);
  return Join(parts);
}

}  // namespace lookbook
