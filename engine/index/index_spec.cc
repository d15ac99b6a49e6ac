#include "engine/index/index_spec.h"

#include "absl/strings/str_cat.h"

namespace lookbook {

absl::StatusOr<IndexSpec> ParseIndexSpec(absl::string_view text) {
  if (text == "Flat") return IndexSpec{IndexKind::kFlat, std::string(text)};
  return absl::InvalidArgumentError(
      absl::StrCat("index spec \"", text, "\" is not known; known: \"Flat\""));
}

}  // namespace lookbook
