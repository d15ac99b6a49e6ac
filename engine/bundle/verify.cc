#include "engine/bundle/verify.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/regular_file.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/file_list.h"
#include "engine/bundle/signature.h"

namespace lookbook {
namespace {

constexpr uint64_t kMaxManifestBytes = 64u << 20;

// What a bundle is held against beside what lies in its folder; empty = not.
struct Expected {
  std::string manifest_sha256;  // As CURRENT names it.
  std::string public_keys;      // A file of keys.
};

absl::StatusOr<std::string> ReadManifestText(const std::string& path) {
  absl::StatusOr<std::string> json = ReadRegularFile(path, kMaxManifestBytes);
  const absl::Status& status = json.status();
  if (absl::IsNotFound(status) || absl::IsResourceExhausted(status) ||
      absl::IsFailedPrecondition(status)) {
    return BundleError("manifest", status.message());
  }
  if (!json.ok()) return IoError(status);
  return json;
}

// Reads manifest.json and holds it against what is expected and against the id.
absl::Status ReadManifest(const Expected& expected, VerifiedBundle* bundle) {
  const std::string path = JoinPath(bundle->directory, kManifestFile);
  const absl::StatusOr<std::string> json = ReadManifestText(path);
  if (!json.ok()) return json.status();
  if (!expected.public_keys.empty()) {
    LB_RETURN_IF_ERROR(CheckSignature(bundle->directory, *json, expected.public_keys));
  }
  const std::string sha256 = Sha256Hex(*json);
  if (!expected.manifest_sha256.empty() && sha256 != expected.manifest_sha256) {
    return BundleError("manifest", path, " has SHA-256 ", sha256, ", but ", kCurrentFile, " names ",
                       expected.manifest_sha256);
  }
  LB_RETURN_IF_ERROR(CheckBundleId(bundle->id, sha256));
  LB_ASSIGN_OR_RETURN(bundle->manifest, ParseManifest(*json));
  LB_ASSIGN_OR_RETURN(bundle->preprocess, ToPreprocessSpec(bundle->manifest.preprocess()));
  LB_ASSIGN_OR_RETURN(const absl::Time created, ParseCreated(bundle->manifest.created()));
  if (bundle->id != MakeBundleId(created, sha256)) {
    return BundleError("manifest", "bundle ", bundle->id, " was created at ",
                       bundle->manifest.created(), ", which its id does not say");
  }
  return absl::OkStatus();
}

// The folder holds manifest.json and the listed files, with the listed sizes, and nothing else but
// a signature.
absl::Status CheckNamesAndSizes(const VerifiedBundle& bundle) {
  LB_ASSIGN_OR_RETURN(const std::vector<BundleFile> found, ListBundleFiles(bundle.directory));
  std::map<std::string, uint64_t> sizes;
  for (const BundleFile& file : found) sizes[file.name] = file.bytes;
  sizes.erase(kManifestFile);
  sizes.erase(kSignatureFile);
  for (const auto& listed : bundle.manifest.files()) {
    const auto it = sizes.find(listed.name());
    const std::string path = JoinPath(bundle.directory, listed.name());
    if (it == sizes.end()) return BundleError("checksum", path, " is missing");
    if (it->second != listed.bytes()) {
      return BundleError("checksum", path, " has ", it->second, " bytes, not ", listed.bytes());
    }
    sizes.erase(it);
  }
  if (!sizes.empty()) {
    return BundleError("manifest", JoinPath(bundle.directory, sizes.begin()->first),
                       " is not listed in ", kManifestFile);
  }
  return absl::OkStatus();
}

bool IsReadWhole(absl::string_view name) {
  return name == kModelFile || absl::StartsWith(name, "golden/");
}

absl::Status CheckHash(const bundle::v1::File& listed, VerifiedBundle* bundle) {
  const std::string path = JoinPath(bundle->directory, listed.name());
  std::string sha256;
  if (IsReadWhole(listed.name())) {
    absl::StatusOr<std::string> bytes = ReadRegularFile(path, listed.bytes());
    if (!bytes.ok()) return IoError(bytes.status());
    sha256 = Sha256Hex(*bytes);
    bundle->contents[listed.name()] = *std::move(bytes);
  } else {
    absl::StatusOr<std::string> hash = Sha256OfFile(path);
    if (!hash.ok()) return IoError(hash.status());
    sha256 = *std::move(hash);
  }
  if (sha256 == listed.sha256()) return absl::OkStatus();
  return BundleError("checksum", path, " has SHA-256 ", sha256, ", not ", listed.sha256());
}

absl::StatusOr<VerifiedBundle> Verify(const std::string& directory, const std::string& id,
                                      const Expected& expected) {
  VerifiedBundle bundle;
  bundle.id = id;
  bundle.directory = directory;
  LB_RETURN_IF_ERROR(ReadManifest(expected, &bundle));
  LB_RETURN_IF_ERROR(CheckNamesAndSizes(bundle));
  for (const auto& listed : bundle.manifest.files()) LB_RETURN_IF_ERROR(CheckHash(listed, &bundle));
  return bundle;
}

}  // namespace

absl::StatusOr<VerifiedBundle> VerifyCurrentBundle(const std::string& bundle_root,
                                                   const std::string& public_keys) {
  LB_ASSIGN_OR_RETURN(const CurrentFile current, ReadCurrent(bundle_root));
  const std::string directory = JoinPath(bundle_root, current.bundle_id);
  if (!IsDirectory(directory)) {
    return BundleError("manifest", JoinPath(bundle_root, kCurrentFile), " names bundle ",
                       current.bundle_id, ", and there is no folder ", directory);
  }
  return Verify(directory, current.bundle_id, {current.manifest_sha256, public_keys});
}

absl::StatusOr<VerifiedBundle> VerifyBundle(const std::string& bundle_directory,
                                            const std::string& public_keys) {
  const std::filesystem::path path =
      std::filesystem::path(bundle_directory + "/").lexically_normal().parent_path();
  if (!IsDirectory(path.string())) {
    return WithReason(absl::NotFoundError(absl::StrCat("there is no folder ", path.string())),
                      "io");
  }
  return Verify(path.string(), path.filename().string(), {"", public_keys});
}

}  // namespace lookbook
