// manifest.json and CURRENT: reading, checking, naming. docs/bundle_format.md is the description.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/image/preprocess.h"
#include "lookbook/bundle/v1/manifest.pb.h"

namespace lookbook {

using Manifest = ::lookbook::bundle::v1::Manifest;

inline constexpr int kBundleFormatVersion = 1;
// Names inside a bundle; the index file's name stands in the manifest.
inline constexpr char kManifestFile[] = "manifest.json";
inline constexpr char kSignatureFile[] = "manifest.sig";  // Optional; signature.h.
inline constexpr char kModelFile[] = "model.ts";
inline constexpr char kIndexFile[] = "index.faiss";
inline constexpr char kItemsFile[] = "items.sqlite";
inline constexpr char kGoldenFile[] = "golden/golden.json";
// Beside the bundles.
inline constexpr char kCurrentFile[] = "CURRENT";
inline constexpr char kPreviousFile[] = "PREVIOUS";  // What CURRENT named before: for a rollback.

// Proto JSON. Unknown fields, a format version other than 1, missing parts, values out of range,
// ids that are not distinct, a file name that leaves the folder: DataLoss with reason "manifest"
// and the field named.
absl::StatusOr<Manifest> ParseManifest(absl::string_view json);
// The text that Publish() writes. It is not checked: ParseManifest does that.
absl::StatusOr<std::string> ManifestToJson(const Manifest& manifest);

// Manifest.created as a time and back: "2026-11-23T10:15:00Z", no other form. DataLoss "manifest".
absl::StatusOr<absl::Time> ParseCreated(absl::string_view created);
std::string FormatCreated(absl::Time created);

// The manifest's preprocess block; DataLoss "manifest" when a value is out of range.
absl::StatusOr<PreprocessSpec> ToPreprocessSpec(const bundle::v1::Preprocess& proto);
bundle::v1::Preprocess ToProto(const PreprocessSpec& spec);

// "20261123T101500Z-3f9a1c02b7de": UTC time and the first 12 digits of the SHA-256 of
// manifest.json.
std::string MakeBundleId(absl::Time created, absl::string_view manifest_sha256);
// Whether `id` has that form.
bool IsBundleId(absl::string_view id);
// DataLoss "manifest" unless `id` is well formed and its digits begin `manifest_sha256`.
absl::Status CheckBundleId(absl::string_view id, absl::string_view manifest_sha256);

// <bundle_root>/CURRENT: "<bundle id> <sha256 of its manifest.json>\n".
struct CurrentFile {
  std::string bundle_id;
  std::string manifest_sha256;
};
// NotFound: no CURRENT. DataLoss "manifest": not exactly the form above.
absl::StatusOr<CurrentFile> ReadCurrent(const std::string& bundle_root);
// The same for PREVIOUS.
absl::StatusOr<CurrentFile> ReadPrevious(const std::string& bundle_root);
// Replaces CURRENT durably (write-temp, fsync, rename, fsync of the folder). When it named another
// bundle, PREVIOUS is first made to name that one, as durably.
absl::Status WriteCurrent(const std::string& bundle_root, const CurrentFile& current);

}  // namespace lookbook
