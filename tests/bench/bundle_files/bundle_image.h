// A bundle root with one bundle as bytes, to be changed and written elsewhere.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/bundle/manifest.h"

namespace lookbook {

struct BundleImage {
  std::string id;
  std::string current;                       // The text of CURRENT.
  std::map<std::string, std::string> files;  // By name, manifest.json among them.

  // REQUIRES: the manifest is as it was published.
  Manifest ReadManifest() const;
  // Makes `manifest` the image's own, and id and CURRENT those of it.
  void Seal(const Manifest& manifest);
  // The same with `json` as its text, whatever that is. `created` stands in the id.
  void SealText(const std::string& json, const std::string& created);
  // Sizes and hashes of the files as they are now.
  void FillFiles(Manifest* manifest) const;
};

// The bundle that CURRENT of `root` names.
absl::StatusOr<BundleImage> ReadBundleImage(const std::string& root);

// Into <root>/<id>, and CURRENT where `with_current` says so. Nothing may be there.
absl::Status WriteBundleImage(const BundleImage& image, const std::string& root,
                              bool with_current = true);

}  // namespace lookbook
