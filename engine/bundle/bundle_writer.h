// Publishes a bundle: a crash at any point leaves the old bundle live and only a `.tmp` folder to
// sweep.
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
// Several writers, in one process or many, may work in one root at the same time.
class BundleWriter {
 public:
  // Makes <bundle_root> when needed and <bundle_root>/<something>.tmp in it; sweeps the `.tmp`
  // folders that earlier crashes left. A folder whose writer lives is locked (flock) and stays.
  static absl::StatusOr<std::unique_ptr<BundleWriter>> Create(const std::string& bundle_root);
  // Removes the folder unless it was published.
  ~BundleWriter();
  BundleWriter(const BundleWriter&) = delete;
  BundleWriter& operator=(const BundleWriter&) = delete;

  // Where the files are written; once they are published, the bundle's folder.
  const std::string& directory() const { return directory_; }

  // Fills created (whole seconds), files and format_version of `manifest`; returns the bundle id.
  // `activate` = rewrite CURRENT as well.
  //
  // DataLoss "manifest": the manifest or the set of files would be refused by a loader.
  // AlreadyExists: there is a bundle of this id. FailedPrecondition: published already. Other
  // errors name the file and the system's reason. On failure CURRENT still names the old bundle and
  // nothing has changed but the .tmp folder. Two exceptions, both with the new bundle complete and
  // in place: the fsync of the root failed after the folder got its name (directory() is then
  // still the old name, which is gone); or all went well up to CURRENT and only replacing that
  // failed, which the message says. If that was its last step, again an fsync of the root, CURRENT
  // names the new bundle already.
  absl::StatusOr<std::string> Publish(Manifest manifest, absl::Time created, bool activate);

 private:
  BundleWriter(std::string root, std::string directory, int lock);
  // Makes every file durable and writes manifest.json; returns its SHA-256.
  absl::StatusOr<std::string> Seal(Manifest manifest, absl::Time created);

  std::string root_;
  std::string directory_;
  int lock_;  // A locked descriptor of the folder.
  bool published_ = false;
};

}  // namespace lookbook
