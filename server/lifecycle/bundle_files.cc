#include "server/lifecycle/bundle_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/reason.h"
#include "base/regular_file.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/file_list.h"
#include "engine/bundle/signature.h"

namespace lookbook {
namespace {

constexpr uint64_t kMaxManifestBytes = 64u << 20;
constexpr size_t kMaxQuotedId = 64;

absl::StatusOr<CurrentFile> ResolveId(const std::string& root, const std::string& id) {
  if (!IsBundleId(id)) {
    return InvalidArgument("bad_bundle_id",
                           absl::StrCat("bundle_id \"", absl::CEscape(id.substr(0, kMaxQuotedId)),
                                        "\" is not of the form 20261123T101500Z-3f9a1c02b7de"));
  }
  const std::string manifest = JoinPath(JoinPath(root, id), kManifestFile);
  const absl::StatusOr<std::string> json = ReadRegularFile(manifest, kMaxManifestBytes);
  if (absl::IsNotFound(json.status())) {
    return WithReason(absl::NotFoundError(absl::StrCat("there is no bundle ", id, " in ", root)),
                      "unknown_bundle_id");
  }
  if (absl::IsResourceExhausted(json.status()) || absl::IsFailedPrecondition(json.status())) {
    return BundleError("manifest", json.status().message());
  }
  if (!json.ok()) return IoError(json.status());
  const std::string sha256 = Sha256Hex(*json);
  LB_RETURN_IF_ERROR(CheckBundleId(id, sha256));
  return CurrentFile{id, sha256};
}

absl::StatusOr<CurrentFile> ResolveCurrent(const std::string& root) {
  LB_ASSIGN_OR_RETURN(const CurrentFile current, ReadCurrent(root));
  absl::StatusOr<CurrentFile> found = ResolveId(root, current.bundle_id);
  if (absl::IsNotFound(found.status())) {
    return BundleError("manifest", JoinPath(root, kCurrentFile), " names bundle ",
                       current.bundle_id, ", and there is no such folder");
  }
  if (found.ok() && found->manifest_sha256 != current.manifest_sha256) {
    return BundleError("manifest", JoinPath(root, current.bundle_id), ": ", kManifestFile,
                       " has SHA-256 ", found->manifest_sha256, ", but ", kCurrentFile, " names ",
                       current.manifest_sha256);
  }
  return found;
}

absl::StatusOr<CurrentFile> ResolvePrevious(const std::string& root) {
  const absl::StatusOr<CurrentFile> previous = ReadPrevious(root);
  const absl::StatusOr<CurrentFile> current = ReadCurrent(root);
  const bool same = previous.ok() && current.ok() && previous->bundle_id == current->bundle_id;
  if (absl::IsNotFound(previous.status()) || same) {
    return WithReason(
        absl::NotFoundError(absl::StrCat(JoinPath(root, kCurrentFile),
                                         " named no other bundle before; activate one by its id")),
        "no_previous");
  }
  if (!previous.ok()) return previous.status();
  return ResolveId(root, previous->bundle_id);
}

absl::StatusOr<Manifest> ReadManifestOf(const std::string& directory, const std::string& id,
                                        const std::string& public_keys) {
  LB_ASSIGN_OR_RETURN(const std::string json,
                      ReadRegularFile(JoinPath(directory, kManifestFile), kMaxManifestBytes));
  if (!public_keys.empty()) LB_RETURN_IF_ERROR(CheckSignature(directory, json, public_keys));
  LB_RETURN_IF_ERROR(CheckBundleId(id, Sha256Hex(json)));
  return ParseManifest(json);
}

BundleOnDisk Describe(const std::string& root, const std::string& id,
                      const std::string& public_keys) {
  BundleOnDisk bundle;
  bundle.id = id;
  const absl::StatusOr<Manifest> manifest = ReadManifestOf(JoinPath(root, id), id, public_keys);
  if (!manifest.ok()) {
    bundle.defect = std::string(manifest.status().message());
    return bundle;
  }
  bundle.created = manifest->created();
  bundle.recipe = manifest->recipe();
  bundle.backbone = manifest->backbone();
  bundle.index = manifest->index().spec();
  bundle.items = manifest->item_count();
  for (const auto& file : manifest->files()) bundle.bytes += file.bytes();
  return bundle;
}

std::string IdIn(const absl::StatusOr<CurrentFile>& file) {
  return file.ok() ? file->bundle_id : std::string();
}

}  // namespace

absl::StatusOr<int64_t> BundleBytes(const std::string& directory) {
  LB_ASSIGN_OR_RETURN(const std::vector<BundleFile> files, ListBundleFiles(directory));
  int64_t bytes = 0;
  for (const BundleFile& file : files) bytes += static_cast<int64_t>(file.bytes);
  return bytes;
}

absl::StatusOr<CurrentFile> ResolveBundle(const std::string& root, const BundleChoice& choice) {
  switch (choice.kind) {
    case BundleChoice::Kind::kId:
      return ResolveId(root, choice.id);
    case BundleChoice::Kind::kCurrent:
      return ResolveCurrent(root);
    case BundleChoice::Kind::kPrevious:
      return ResolvePrevious(root);
  }
  return absl::InternalError("no such kind of bundle choice");
}

absl::Status CheckCurrentWritable(const std::string& root, const CurrentFile& target) {
  if (IdIn(ReadCurrent(root)) == target.bundle_id) return absl::OkStatus();
  if (::access(root.c_str(), W_OK) == 0) return absl::OkStatus();
  return WithReason(
      absl::PermissionDeniedError(absl::StrCat(
          JoinPath(root, kCurrentFile), " cannot be changed here (", std::strerror(errno),
          "): change it where the folder can be written to; lifecycle.watch follows it")),
      "read_only");
}

absl::Status PointCurrentAt(const std::string& root, const CurrentFile& target) {
  if (IdIn(ReadCurrent(root)) == target.bundle_id) return absl::OkStatus();
  LB_RETURN_IF_ERROR(CheckCurrentWritable(root, target));
  return WriteCurrent(root, target);
}

absl::StatusOr<BundleListing> ListBundles(const std::string& root, const std::string& public_keys,
                                          size_t most) {
  absl::StatusOr<std::vector<std::string>> names = ListDirectory(root);
  if (!names.ok()) return IoError(names.status());
  names->erase(std::remove_if(names->begin(), names->end(),
                              [](const std::string& name) { return !IsBundleId(name); }),
               names->end());
  std::reverse(names->begin(), names->end());  // An id begins with its time.
  BundleListing listing;
  listing.left_out = static_cast<int64_t>(names->size() - std::min(most, names->size()));
  names->resize(std::min(most, names->size()));
  const std::string current = IdIn(ReadCurrent(root)), previous = IdIn(ReadPrevious(root));
  for (const std::string& id : *names) {
    BundleOnDisk& bundle = listing.bundles.emplace_back(Describe(root, id, public_keys));
    bundle.current = id == current;
    bundle.previous = id == previous && id != current;
  }
  return listing;
}

}  // namespace lookbook
