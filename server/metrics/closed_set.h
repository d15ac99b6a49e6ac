// A label whose values are known when the program is built.
#pragma once

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace lookbook {

// Position of `value` in `names`; the last one, "other" by convention, when it is not there.
template <size_t N>
size_t IndexOrLast(const std::array<const char*, N>& names, absl::string_view value) {
  for (size_t i = 0; i + 1 < N; ++i) {
    if (value == names[i]) return i;
  }
  return N - 1;
}

}  // namespace lookbook
