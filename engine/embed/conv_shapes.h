// What a ConvNetSpec says about its values: their shapes, and for how long each is needed.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/embed/conv_net.h"

namespace lookbook {

// Shapes of all values, the images' first. InvalidArgument names the step whose parts do not fit
// together, or that adds a value which is read again.
absl::StatusOr<std::vector<ConvNet::Shape>> ConvShapes(const ConvNetSpec& spec);

// The step that reads each value last, ConvStep::kNothing = none; the number of steps for the
// result, which is read after all. REQUIRES: ConvShapes(spec).ok().
std::vector<int> LastReads(const ConvNetSpec& spec);

}  // namespace lookbook
