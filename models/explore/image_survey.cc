#include "models/explore/image_survey.h"

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "engine/image/image_header.h"
#include "models/dataset/parallel.h"
#include "models/dataset/perceptual_hash.h"

namespace lookbook {
namespace {

constexpr int kHashedSide = 64;  // Twice what the hash looks at.

absl::Status Look(bool hash, SurveyedImage* image) {
  const ImageLimits limits;
  LB_ASSIGN_OR_RETURN(const uint64_t size, FileSize(image->path));
  image->bytes = static_cast<int64_t>(size);
  if (size > limits.max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(size, " bytes are more than ", limits.max_bytes));
  }
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(image->path));
  LB_ASSIGN_OR_RETURN(const ImageHeader header, ParseImageHeader(bytes, limits));
  if (hash) {
    DecodeOptions options;
    options.min_short_side = kHashedSide;
    LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, options));
    LB_ASSIGN_OR_RETURN(image->hash, PerceptualHash(decoded.image));
  }
  image->width = header.width;
  image->height = header.height;
  return absl::OkStatus();
}

}  // namespace

absl::Status SurveyImages(const SurveyOptions& options, std::vector<SurveyedImage>* images) {
  return ParallelFor(static_cast<int64_t>(images->size()),
                     {"survey", options.threads, options.progress}, [&](int64_t i) -> absl::Status {
                       SurveyedImage& image = (*images)[i];
                       const absl::Status status = Look(options.hashes, &image);
                       if (absl::IsResourceExhausted(status)) return status;
                       image.error = std::string(status.message());
                       return absl::OkStatus();
                     });
}

}  // namespace lookbook
