// Where a recipe computes, apart from what it trains: its keys `device` and `precision`, in its
// text.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

// `toml` with these values, each in a line at the beginning; "" leaves a key as it is. All other
// lines stay as they are. Text that is no TOML gets the lines, too.
std::string WithComputeKeys(absl::string_view toml, absl::string_view device,
                            absl::string_view precision);

// `toml` without the lines of either key: what a run has in common with the checkpoint it goes on
// from, wherever each of them computes. Text that is no TOML stays as it is.
std::string WithoutComputeKeys(absl::string_view toml);

}  // namespace lookbook
