#include "engine/bundle/verify.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/file_list.h"

namespace lookbook {
namespace {

constexpr uint64_t kMaxManifestBytes = 64u << 20;

// Reads manifest.json and holds it against the id and, unless empty, against the hash that CURRENT
// names.
absl::Status ReadManifest(absl::string_view expected_sha256, VerifiedBundle* bundle) {
  const std::string path = JoinPath(bundle->directory, kManifestFile);
  const absl::StatusOr<std::string> json = ReadFile(path, kMaxManifestBytes);
  if (absl::IsNotFound(json.status()) || absl::IsResourceExhausted(json.status())) {
    return BundleError("manifest", json.status().message());
  }
  if (!json.ok()) return IoError(json.status());
  const std::string sha256 = Sha256Hex(*json);
  if (!expected_sha256.empty() && sha256 != expected_sha256) {
    return BundleError("manifest", path, " has SHA-256 ", sha256, ", but ", kCurrentFile, " names ",
                       expected_sha256);
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

// The folder holds manifest.json and the listed files, with the listed sizes, and nothing else.
absl::Status CheckNamesAndSizes(const VerifiedBundle& bundle) {
  LB_ASSIGN_OR_RETURN(const std::vector<BundleFile> found, ListBundleFiles(bundle.directory));
  std::map<std::string, uint64_t> sizes;
  for (const BundleFile& file : found) sizes[file.name] = file.bytes;
  sizes.erase(kManifestFile);
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
    absl::StatusOr<std::string> bytes = ReadFile(path, listed.bytes());
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
                                      absl::string_view manifest_sha256) {
  VerifiedBundle bundle;
  bundle.id = id;
  bundle.directory = directory;
  LB_RETURN_IF_ERROR(ReadManifest(manifest_sha256, &bundle));
  LB_RETURN_IF_ERROR(CheckNamesAndSizes(bundle));
  for (const auto& listed : bundle.manifest.files()) LB_RETURN_IF_ERROR(CheckHash(listed, &bundle));
  return bundle;
}

}  // namespace

absl::StatusOr<VerifiedBundle> VerifyCurrentBundle(const std::string& bundle_root) {
  LB_ASSIGN_OR_RETURN(const CurrentFile current, ReadCurrent(bundle_root));
  const std::string directory = JoinPath(bundle_root, current.bundle_id);
  if (!IsDirectory(directory)) {
    return BundleError("manifest", JoinPath(bundle_root, kCurrentFile), " names bundle ",
                       current.bundle_id, ", and there is no folder ", directory);
  }
  return Verify(directory, current.bundle_id, current.manifest_sha256);
}

absl::StatusOr<VerifiedBundle> VerifyBundle(const std::string& bundle_directory) {
  const std::filesystem::path path =
      std::filesystem::path(bundle_directory + "/").lexically_normal().parent_path();
  if (!IsDirectory(path.string())) {
    return WithReason(absl::NotFoundError(absl::StrCat("there is no folder ", path.string())),
                      "io");
  }
  return Verify(path.string(), path.filename().string(), "");
}

}  // namespace lookbook
