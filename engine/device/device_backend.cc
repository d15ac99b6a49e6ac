#include "engine/device/device_backend.h"

#include "absl/strings/str_cat.h"

namespace lookbook {

absl::StatusOr<Precision> ParsePrecision(absl::string_view text) {
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16, Precision::kBFloat16}) {
    if (text == PrecisionName(precision)) return precision;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("precision \"", text, "\" is not \"fp32\", \"fp16\" or \"bf16\""));
}

const char* PrecisionName(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "fp32";
    case Precision::kFloat16:
      return "fp16";
    case Precision::kBFloat16:
      return "bf16";
  }
  return "unknown";
}

const char* FallbackName(Fallback cause) {
  switch (cause) {
    case Fallback::kFilter:
      return "filter";
    case Fallback::kTies:
      return "ties";
    case Fallback::kLargeK:
      return "large_k";
    case Fallback::kExact:
      return "exact";
    case Fallback::kMemory:
      return "memory";
    case Fallback::kCapture:
      return "capture";
  }
  return "unknown";
}

bool FitsDevice(const IndexSpec& spec) {
  return spec.kind == IndexKind::kFlat || spec.inverted_lists();
}

}  // namespace lookbook
