// The scan of a picture's header, by the limits of a server and by tight ones.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/image_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes = lookbook::AsText(data, size);
  lookbook::CheckHeader(bytes, lookbook::ImageLimits());
  lookbook::ImageLimits tight = lookbook::FuzzImageLimits();
  tight.max_bytes = 2048;
  tight.max_side = 400;
  tight.max_png_chunks = 8;
  lookbook::CheckHeader(bytes, tight);
  return 0;
}
