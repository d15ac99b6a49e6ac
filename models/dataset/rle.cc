#include "models/dataset/rle.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

struct Run {
  uint32_t start = 0;  // From 1.
  uint32_t length = 0;
};

absl::StatusOr<uint32_t> ParseNumber(absl::string_view word, int64_t run) {
  const bool digits =
      std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  uint32_t value = 0;
  if (!digits || !absl::SimpleAtoi(word, &value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("RLE run ", run, ": \"", word.substr(0, 20), "\" is not a number below 2^32"));
  }
  return value;
}

absl::Status CheckRun(const Run& run, int64_t index, int64_t pixels) {
  if (run.start == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("RLE run ", index, ": start 0, but pixels count from 1"));
  }
  if (run.length == 0) {
    return absl::InvalidArgumentError(absl::StrCat("RLE run ", index, ": length 0"));
  }
  if (int64_t{run.start} - 1 + run.length > pixels) {
    return absl::InvalidArgumentError(absl::StrCat("RLE run ", index, ": ", run.start, " + ",
                                                   run.length, " leaves the image of ", pixels,
                                                   " pixels"));
  }
  return absl::OkStatus();
}

void Paint(const Run& run, Mask* mask) {
  int64_t x = (int64_t{run.start} - 1) / mask->height;
  int64_t y = (int64_t{run.start} - 1) % mask->height;
  for (uint32_t i = 0; i < run.length; ++i) {
    mask->on[y * mask->width + x] = 1;
    if (++y == mask->height) {
      y = 0;
      ++x;
    }
  }
}

}  // namespace

absl::StatusOr<Mask> DecodeRle(absl::string_view text, int width, int height) {
  if (width < 1 || height < 1) {
    return absl::InvalidArgumentError(absl::StrCat("RLE mask of ", width, "x", height, " pixels"));
  }
  const int64_t pixels = int64_t{width} * height;
  Mask mask = {width, height, std::vector<uint8_t>(pixels, 0)};
  Run run;
  int64_t numbers = 0;
  for (absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
    const int64_t index = numbers / 2;
    LB_ASSIGN_OR_RETURN(const uint32_t value, ParseNumber(word, index));
    if (numbers++ % 2 == 0) {
      run.start = value;
      continue;
    }
    run.length = value;
    LB_RETURN_IF_ERROR(CheckRun(run, index, pixels));
    Paint(run, &mask);
  }
  if (numbers % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("RLE: ", numbers, " numbers, but they come in pairs of start and length"));
  }
  return mask;
}

std::string EncodeRle(const Mask& mask) {
  assert(mask.on.size() == static_cast<size_t>(int64_t{mask.width} * mask.height));
  std::string text;
  int64_t start = 0;  // Of the run under way, from 1; 0 = none.
  int64_t position = 0;
  const auto end_run = [&] {
    if (start > 0) absl::StrAppend(&text, text.empty() ? "" : " ", start, " ", position - start);
    start = 0;
  };
  for (int x = 0; x < mask.width; ++x) {
    for (int y = 0; y < mask.height; ++y) {
      ++position;
      if (mask.on[int64_t{y} * mask.width + x] == 0) {
        end_run();
      } else if (start == 0) {
        start = position;
      }
    }
  }
  ++position;
  end_run();
  return text;
}

}  // namespace lookbook
