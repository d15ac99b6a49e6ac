// Says of an error what it is about: a file, a bundle, a key.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// "PREFIX: MESSAGE", of the same code and with the same reason (reason.h). OK stays OK.
absl::Status WithPrefix(absl::string_view prefix, const absl::Status& status);

// The same, but for a message that has the prefix's text already.
absl::Status WithPrefixOnce(absl::string_view prefix, const absl::Status& status);

}  // namespace lookbook
