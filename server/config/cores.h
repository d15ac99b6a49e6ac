// How many cores this process may really use.
#pragma once

#include <optional>

#include "absl/strings/string_view.h"

namespace lookbook {

// The content of cgroup v2's cpu.max: "max 100000" or "150000 100000" -> cores, rounded up. Null:
// no limit, or another form.
std::optional<int> ParseCpuMax(absl::string_view text);

// The cores of the CPU mask, or fewer when the container's CPU limit is lower. At least 1.
int UsableCores();

}  // namespace lookbook
