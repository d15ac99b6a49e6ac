#include "models/commands/initial_bundle.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/manifest.h"
#include "engine/bundle/verify.h"
#include "models/recipe/recipe.h"

namespace lookbook {

absl::StatusOr<std::string> FindInitialModel(absl::string_view init) {
  if (!absl::ConsumePrefix(&init, kBundleInit)) return "";
  const std::string folder(init);
  if (!IsDirectory(folder)) {
    return absl::NotFoundError(
        absl::StrCat("network.init \"", kBundleInit, folder,
                     "\": there is no such folder; name a bundle root or one "
                     "bundle's folder"));
  }
  const bool is_bundle = PathExists(JoinPath(folder, kManifestFile));
  absl::StatusOr<VerifiedBundle> bundle =
      is_bundle ? VerifyBundle(folder) : VerifyCurrentBundle(folder);
  LB_RETURN_IF_ERROR(bundle.status());
  return JoinPath(bundle->directory, kModelFile);
}

std::string InitialWeightsId(absl::string_view init) {
  if (init == "he") return "";
  if (absl::ConsumePrefix(&init, kBundleInit)) {
    const std::string manifest = JoinPath(init, kManifestFile);
    if (PathExists(manifest)) return Sha256OfFile(manifest).value_or("");
    return ReadFile(JoinPath(init, kCurrentFile)).value_or("");
  }
  return Sha256OfFile(std::string(init)).value_or("");
}

}  // namespace lookbook
