// Queries that come together, one burst after the other.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lookbook {

// Sends `size` of `images` (JPEG files, taken in turn) at once to the server at `address`, `count`
// times, on one connection that stands before the first. Milliseconds from each burst's begin until
// its last answer. Unavailable: no connection within 10 s. Internal: a query failed. REQUIRES: size
// >= 1.
absl::StatusOr<std::vector<double>> TimeBursts(const std::string& address,
                                               const std::vector<std::string>& images, int size,
                                               int count);

}  // namespace lookbook
