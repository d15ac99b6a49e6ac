// EmbedImageFile; declared in bundle.h.
#include <vector>

#include "base/status_macros.h"
#include "engine/bundle/bundle.h"
#include "engine/image/decode.h"
#include "engine/image/preprocess.h"

namespace lookbook {

absl::StatusOr<Embeddings> EmbedImageFile(const Bundle& bundle, absl::string_view bytes) {
  DecodeOptions decode;
  decode.min_short_side = bundle.preprocess.MinDecodedSide();
  decode.apply_orientation = bundle.preprocess.orientation;
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, decode));
  if (bundle.embedder->TakesPixels()) {
    LB_ASSIGN_OR_RETURN(const Image pixels, ResizeForModel(decoded.image, bundle.preprocess));
    return bundle.embedder->EmbedPixels(pixels.rgb);
  }
  std::vector<float> tensor(static_cast<size_t>(bundle.preprocess.TensorSize()));
  LB_RETURN_IF_ERROR(Preprocess(decoded.image, bundle.preprocess, absl::MakeSpan(tensor)));
  return bundle.embedder->Embed(tensor);
}

}  // namespace lookbook
