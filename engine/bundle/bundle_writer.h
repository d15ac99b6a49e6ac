// Publishes a bundle: a crash at any point leaves the old bundle live and only a `.tmp` folder to sweep.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/bundle/manifest.h"

namespace lookbook {

// Not thread-safe. Files are written by the caller into directory(), then Publish() seals them:
// fsync of each, sizes and SHA-256 into the manifest, manifest.json last, rename to <id>, CURRENT.
class BundleWriter {
 public:
  // Makes <bundle_root>/<something>.tmp; sweeps `.tmp` folders that earlier crashes left.
  static absl::StatusOr<std::unique_ptr<BundleWriter>> Create(const std::string& bundle_root);
  // Removes the folder unless it was published.
  ~BundleWriter();

  const std::string& directory() const { return directory_; }

  // Fills created, files and format_version of `manifest`; returns the bundle id.
  // `activate` = rewrite CURRENT as well. On failure nothing has changed but the .tmp folder, and the message
  // names the file and the system's reason.
  absl::StatusOr<std::string> Publish(Manifest manifest, absl::Time created, bool activate);

 private:
  BundleWriter(std::string root, std::string directory);
  std::string root_;
  std::string directory_;
  bool published_ = false;
};

}  // namespace lookbook
