// JPEG files: decoded upright, at full size and scaled down.
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/image_checks.h"
#include "tests/fuzz/picture_mutators.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lookbook::CheckDecoding(lookbook::AsText(data, size), lookbook::ImageFormat::kJpeg);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  return lookbook::MutateInPlace(&lookbook::MutateJpeg, data, size, max_size, seed);
}
