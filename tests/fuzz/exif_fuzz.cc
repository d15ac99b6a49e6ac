// The reader of the Exif orientation, over TIFF data.
#include <string>

#include "engine/image/exif_orientation.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view tiff = lookbook::AsText(data, size);
  const int orientation = lookbook::ReadExifOrientation(tiff);
  lookbook::Require(orientation >= 1 && orientation <= 8, "the orientation is 1 to 8");
  // A tag that was found stays where it is, whatever follows the data.
  const std::string longer = std::string(tiff) + std::string(64, '\x01');
  lookbook::Require(orientation == 1 || lookbook::ReadExifOrientation(longer) == orientation,
                    "what follows a found tag does not matter");
  return 0;
}
