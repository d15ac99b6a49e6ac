// A picture's file as the uint8 square that the model's input is made of.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/image/preprocess.h"

namespace lookbook {

// Decodes `path` through DecodeImage and ResizeForModel, the very pixels the server sees, into
// `out`: spec.size × spec.size × 3 bytes, row-major RGB.
//
// As DecodeImage says, with the file's path; NotFound, Unavailable: the file is missing or cannot
// be read. REQUIRES: out.size() fits. Thread-safe.
absl::Status ReadModelPixels(const std::string& path, const PreprocessSpec& spec,
                             absl::Span<uint8_t> out);

// The mean colour, which stands for a picture that cannot be read.
void FillWithMean(const PreprocessSpec& spec, absl::Span<uint8_t> out);

}  // namespace lookbook
