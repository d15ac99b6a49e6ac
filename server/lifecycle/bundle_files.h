// Bundle roots as folders: what lies in them, what CURRENT and PREVIOUS name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/bundle/manifest.h"

namespace lookbook {

// The size of all files of a bundle's folder. Errors are those of ListBundleFiles().
absl::StatusOr<int64_t> BundleBytes(const std::string& directory);

// What a caller asks to be made live in a root.
struct BundleChoice {
  enum class Kind {
    kId,        // The bundle `id`.
    kCurrent,   // What CURRENT names.
    kPrevious,  // What CURRENT named before.
  };
  Kind kind = Kind::kCurrent;
  std::string id;  // kId alone.

  bool operator==(const BundleChoice& other) const { return kind == other.kind && id == other.id; }
};

// The bundle that is meant, as CURRENT would name it: its folder is there, and the hash is that of
// its manifest.json. Reads no more than that.
//
// InvalidArgument bad_bundle_id: not of a bundle id's form. NotFound: unknown_bundle_id, there is
// no such folder, or no_previous, CURRENT named no other bundle before. Errors of ReadCurrent().
absl::StatusOr<CurrentFile> ResolveBundle(const std::string& root, const BundleChoice& choice);

// Makes CURRENT name `target`; does nothing where it does already.
//
// PermissionDenied read_only: the root, or the file system it is on, cannot be written to.
// Otherwise errors of WriteCurrent().
absl::Status PointCurrentAt(const std::string& root, const CurrentFile& target);
// The same refusal without writing: OK where PointCurrentAt() has nothing to do or may write.
absl::Status CheckCurrentWritable(const std::string& root, const CurrentFile& target);

// One bundle on disk, by its manifest. Its files were not looked at.
struct BundleOnDisk {
  std::string id;
  std::string created, recipe, backbone, index;
  uint64_t items = 0;
  uint64_t bytes = 0;     // Of all files, as the manifest lists them, without manifest.json.
  std::string defect;     // Why the manifest cannot be used; then only the id is known.
  bool current = false;   // CURRENT names it: what a server that starts now would load.
  bool previous = false;  // What a rollback would activate.
};

struct BundleListing {
  std::vector<BundleOnDisk> bundles;  // Newest first.
  int64_t left_out = 0;               // Older ones beyond `most`.
};

// The bundles in a root. Io errors of the folder itself; a bundle that cannot be read, or that a
// key of the file `public_keys` must have signed and has not, is listed with its defect.
absl::StatusOr<BundleListing> ListBundles(const std::string& root,
                                          const std::string& public_keys = "", size_t most = 200);

}  // namespace lookbook
