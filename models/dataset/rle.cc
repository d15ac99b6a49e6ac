#include "models/dataset/rle.h"

#include <cassert>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

struct Run {
  uint32_t start = 0;  // From 1.
  uint32_t length = 0;
};

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Takes the numbers off a text, one after the other. By hand: a real set has half a gigabyte of
// them.
class NumberScanner {
 public:
  explicit NumberScanner(absl::string_view text) : text_(text) {}

  // False at the end of the text, and on failure.
  bool Next(uint32_t* value) {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    if (at_ == text_.size()) return false;
    const size_t begin = at_;
    uint64_t number = 0;
    for (; at_ < text_.size() && !IsBlank(text_[at_]); ++at_) {
      const char c = text_[at_];
      if (c < '0' || c > '9') return Fail(begin);
      number = number * 10 + (c - '0');
      if (number > UINT32_MAX) return Fail(begin);
    }
    *value = static_cast<uint32_t>(number);
    ++count_;
    return true;
  }

  int64_t count() const { return count_; }
  const absl::Status& status() const { return status_; }

 private:
  bool Fail(size_t begin) {
    const absl::string_view word = text_.substr(begin, text_.find_first_of(" \t", begin) - begin);
    status_ = absl::InvalidArgumentError(absl::StrCat(
        "RLE run ", count_ / 2, ": \"", word.substr(0, 20), "\" is not a number below 2^32"));
    return false;
  }

  const absl::string_view text_;
  size_t at_ = 0;
  int64_t count_ = 0;
  absl::Status status_;
};

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

absl::Status CheckSides(int width, int height) {
  if (width >= 1 && height >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("RLE mask of ", width, "x", height, " pixels"));
}

template <typename Fn>
absl::Status ForEachRun(absl::string_view text, int64_t pixels, Fn&& use) {
  NumberScanner numbers(text);
  Run run;
  while (numbers.Next(&run.start)) {
    if (!numbers.Next(&run.length)) break;
    LB_RETURN_IF_ERROR(CheckRun(run, numbers.count() / 2 - 1, pixels));
    use(run);
  }
  LB_RETURN_IF_ERROR(numbers.status());
  if (numbers.count() % 2 == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "RLE: ", numbers.count(), " numbers, but they come in pairs of start and length"));
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
  LB_RETURN_IF_ERROR(CheckSides(width, height));
  const int64_t pixels = int64_t{width} * height;
  Mask mask = {width, height, std::vector<uint8_t>(pixels, 0)};
  LB_RETURN_IF_ERROR(ForEachRun(text, pixels, [&](const Run& run) { Paint(run, &mask); }));
  return mask;
}

absl::Status CheckRle(absl::string_view text, int width, int height) {
  LB_RETURN_IF_ERROR(CheckSides(width, height));
  return ForEachRun(text, int64_t{width} * height, [](const Run&) {});
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
