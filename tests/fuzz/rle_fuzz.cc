// Run-length masks: two bytes for the sides (0 to 64), then the text.
#include <algorithm>

#include "models/dataset/rle.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

void RequireSound(const Mask& mask, int width, int height) {
  Require(mask.width == width && mask.height == height, "the mask has the sides asked for");
  Require(mask.on.size() == static_cast<size_t>(width) * height, "it has a value for each pixel");
  Require(std::all_of(mask.on.begin(), mask.on.end(), [](uint8_t on) { return on <= 1; }),
          "a pixel is inside or outside");
  const std::string shortest = EncodeRle(mask);
  const absl::StatusOr<Mask> again = DecodeRle(shortest, width, height);
  Require(again.ok() && again->on == mask.on, "encoding and decoding give the same mask");
  Require(EncodeRle(*again) == shortest, "the shortest form is one");
}

void Check(int width, int height, absl::string_view text) {
  const absl::StatusOr<Mask> mask = DecodeRle(text, width, height);
  Require(CheckRle(text, width, height) == mask.status(), "CheckRle says what DecodeRle says");
  if (mask.ok()) return RequireSound(*mask, width, height);
  RequireCode(mask.status(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  lookbook::Check(data[0] % 65, data[1] % 65, lookbook::AsText(data + 2, size - 2));
  return 0;
}
