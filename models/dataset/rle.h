// Masks as Kaggle writes them: "start length start length …", pixels counted from 1 down the
// columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

struct Mask {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> on;  // Row-major, width × height; 1 = inside.
};

// Runs may come in any order and may touch or overlap; an empty text is an empty mask.
// InvalidArgument, naming the run: an odd count of numbers, something that is not a decimal number
// or does not fit 32 bits, a start of 0, a length of 0, a run that leaves the image. Also: a side
// below 1.
absl::StatusOr<Mask> DecodeRle(absl::string_view text, int width, int height);

// What DecodeRle would say of `text`, without the mask: reads it at some 300 MB/s.
absl::Status CheckRle(absl::string_view text, int width, int height);

// The shortest form: ascending runs that neither touch nor overlap. DecodeRle gives back the same
// mask. REQUIRES: mask.on.size() == width × height.
std::string EncodeRle(const Mask& mask);

}  // namespace lookbook
