#include "server/pipeline/decode_stage.h"

#include <utility>

#include "absl/strings/match.h"
#include "base/exception_fence.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "engine/image/preprocess.h"
#include "server/metrics/stage_cpu.h"

namespace lookbook {
namespace {

// By the file's first bytes alone: what is refused has a format, too.
const char* FormatOf(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\xFF\xD8")) return "jpeg";
  if (absl::StartsWith(bytes, "\x89PNG")) return "png";
  return "unknown";
}

DecodeOptions OptionsFor(const PreprocessSpec& spec, const ImageLimits& limits) {
  return {.limits = limits,
          .min_short_side = spec.MinDecodedSide(),
          .apply_orientation = spec.orientation};
}

}  // namespace

bool DecodeStage::TryTakeMemory(InFlight* item) const {
  const absl::string_view bytes = item->query.image;
  const absl::StatusOr<ImageHeader> header = ParseImageHeader(bytes, limits_);
  item->result.image.format = FormatOf(bytes);
  if (header.ok()) {
    item->result.image.width = header->width;
    item->result.image.height = header->height;
  }
  const DecodeOptions options = OptionsFor(item->result.bundle->preprocess, limits_);
  return item->TryTakeMemory(static_cast<int64_t>(bytes.size()),
                             header.ok() ? DecodePeakBytes(*header, options) : 0);
}

bool DecodeStage::Run(InFlight* item) const {
  if (!item->MayStart(Stage::kDecode)) return false;
  const absl::Time begin = context_.clock->Now();
  const bool decoded = RunSteps(item);
  const absl::Time end = context_.clock->Now();
  if (decoded) context_.estimator->DecodeTook(end, end - begin);
  return decoded;
}

bool DecodeStage::RunSteps(InFlight* item) const {
  Image image;
  if (absl::Status status = Decode(item, &image); !status.ok()) {
    item->Fail(std::move(status));
    return false;
  }
  if (!item->MayStart(Stage::kPreprocess)) return false;
  if (absl::Status status = Resize(item, image); !status.ok()) {
    item->Fail(std::move(status));
    return false;
  }
  return true;
}

absl::Status DecodeStage::Decode(InFlight* item, Image* image) const {
  const absl::string_view bytes = item->query.image;
  const StageCpu cpu(context_.metrics, Stage::kDecode);
  const absl::Time begin = context_.clock->Now();
  absl::StatusOr<DecodedImage> decoded =
      DecodeImage(bytes, OptionsFor(item->result.bundle->preprocess, limits_));
  item->result.seconds.decode = absl::ToDoubleSeconds(context_.clock->Now() - begin);
  context_.metrics->StageFinished(Stage::kDecode, item->result.seconds.decode);
  if (!decoded.ok()) {
    context_.metrics->ImageRejected(FormatOf(bytes), GetReason(decoded.status()));
    return decoded.status();
  }
  const ImageHeader& header = decoded->header;
  context_.metrics->ImageDecoded(header.format == ImageFormat::kJpeg ? "jpeg" : "png",
                                 static_cast<int64_t>(bytes.size()),
                                 int64_t{header.width} * header.height);
  for (const std::string& warning : decoded->warnings) context_.metrics->DecodeWarning(warning);
  item->result.warnings = std::move(decoded->warnings);
  *image = std::move(decoded->image);
  return absl::OkStatus();
}

absl::Status DecodeStage::Resize(InFlight* item, const Image& image) const {
  const StageCpu cpu(context_.metrics, Stage::kPreprocess);
  const absl::Time begin = context_.clock->Now();
  LB_ASSIGN_OR_RETURN(item->pixels, CatchToStatus("preparing the image", [&] {
                        return ResizeForModel(image, item->result.bundle->preprocess);
                      }));
  item->result.seconds.preprocess = absl::ToDoubleSeconds(context_.clock->Now() - begin);
  return absl::OkStatus();
}

}  // namespace lookbook
