// The text that names a kind of index in recipes and manifests.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

enum class IndexKind { kFlat };

struct IndexSpec {
  IndexKind kind = IndexKind::kFlat;
  std::string text = "Flat";  // As written by ParseIndexSpec's caller.
};

// "Flat". InvalidArgument names what is known.
absl::StatusOr<IndexSpec> ParseIndexSpec(absl::string_view text);

}  // namespace lookbook
