// Whether text can travel in a proto string.
#pragma once

#include "absl/strings/string_view.h"

namespace lookbook {

// Valid UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool IsUtf8(absl::string_view text);

}  // namespace lookbook
