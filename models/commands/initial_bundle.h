// network.init = "bundle:…": where the weights of an earlier bundle lie.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// The path of the bundle's model.ts after every file of the bundle matched its hash. `init` is
// "bundle:" and a bundle root (its CURRENT is taken) or one bundle's folder; "" for any other init.
// NotFound: there is no such folder, or a root without CURRENT. DataLoss: the bundle is damaged;
// says how.
absl::StatusOr<std::string> FindInitialModel(absl::string_view init);

// Tells one set of first weights from another under the same name: the SHA-256 of a weights file or
// of a bundle's manifest, the text of a bundle root's CURRENT, "" for random weights and where
// there is nothing to read.
std::string InitialWeightsId(absl::string_view init);

}  // namespace lookbook
