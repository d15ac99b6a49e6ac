// Bundle ids and CURRENT; declared in manifest.h.
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/regular_file.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/manifest.h"

namespace lookbook {
namespace {

constexpr size_t kHashDigits = 64;
constexpr size_t kIdHashDigits = 12;
constexpr char kIdPattern[] = "00000000T000000Z-xxxxxxxxxxxx";  // 0: digit, x: hex digit.
constexpr size_t kIdLength = sizeof(kIdPattern) - 1;

bool IsHex(char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); }

bool IsHash(absl::string_view text) {
  if (text.size() != kHashDigits) return false;
  for (char c : text) {
    if (!IsHex(c)) return false;
  }
  return true;
}

// CURRENT or PREVIOUS.
absl::StatusOr<CurrentFile> ReadPointer(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadRegularFile(path, /*max_bytes=*/4096);
  if (absl::IsNotFound(text.status())) return WithReason(text.status(), "manifest");
  const absl::Status malformed =
      BundleError("manifest", path, " is not \"<bundle id> <SHA-256 of its manifest.json>\\n\"");
  // Far longer than that, or a pipe.
  if (absl::IsResourceExhausted(text.status()) || absl::IsFailedPrecondition(text.status())) {
    return malformed;
  }
  if (!text.ok()) return IoError(text.status());
  if (text->size() != kIdLength + 1 + kHashDigits + 1) return malformed;
  const absl::string_view view = *text;
  CurrentFile current{std::string(view.substr(0, kIdLength)),
                      std::string(view.substr(kIdLength + 1, kHashDigits))};
  if (view[kIdLength] != ' ' || view.back() != '\n' || !IsHash(current.manifest_sha256))
    return malformed;
  const absl::Status id_status = CheckBundleId(current.bundle_id, current.manifest_sha256);
  if (!id_status.ok()) return BundleError("manifest", path, ": ", id_status.message());
  return current;
}

absl::Status WritePointer(const std::string& path, const CurrentFile& current) {
  return IoError(
      WriteFileAtomic(path, absl::StrCat(current.bundle_id, " ", current.manifest_sha256, "\n")));
}

}  // namespace

bool IsBundleId(absl::string_view id) {
  if (id.size() != kIdLength) return false;
  for (size_t i = 0; i < kIdLength; ++i) {
    const char want = kIdPattern[i];
    const bool fits = want == '0'   ? absl::ascii_isdigit(id[i])
                      : want == 'x' ? IsHex(id[i])
                                    : id[i] == want;
    if (!fits) return false;
  }
  return true;
}

std::string MakeBundleId(absl::Time created, absl::string_view manifest_sha256) {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%SZ", created, absl::UTCTimeZone()), "-",
                      manifest_sha256.substr(0, kIdHashDigits));
}

absl::Status CheckBundleId(absl::string_view id, absl::string_view manifest_sha256) {
  if (!IsBundleId(id)) {
    return BundleError("manifest", "\"", absl::CHexEscape(id), "\" is not a bundle id, such as ",
                       "20261123T101500Z-3f9a1c02b7de");
  }
  if (!absl::StartsWith(manifest_sha256, id.substr(kIdLength - kIdHashDigits))) {
    return BundleError("manifest", "bundle ", id, " does not match the SHA-256 of its ",
                       kManifestFile, ", ", manifest_sha256);
  }
  return absl::OkStatus();
}

absl::StatusOr<CurrentFile> ReadCurrent(const std::string& bundle_root) {
  return ReadPointer(JoinPath(bundle_root, kCurrentFile));
}

absl::StatusOr<CurrentFile> ReadPrevious(const std::string& bundle_root) {
  return ReadPointer(JoinPath(bundle_root, kPreviousFile));
}

absl::Status WriteCurrent(const std::string& bundle_root, const CurrentFile& current) {
  LB_RETURN_IF_ERROR(CheckBundleId(current.bundle_id, current.manifest_sha256));
  if (!IsHash(current.manifest_sha256)) {
    return BundleError("manifest", "\"", absl::CHexEscape(current.manifest_sha256),
                       "\" is not a SHA-256");
  }
  // One that is missing or malformed names nothing that a rollback could want.
  const absl::StatusOr<CurrentFile> before = ReadCurrent(bundle_root);
  if (GetReason(before.status()) == "io") return before.status();
  if (before.ok() && before->bundle_id != current.bundle_id) {
    LB_RETURN_IF_ERROR(WritePointer(JoinPath(bundle_root, kPreviousFile), *before));
  }
  return WritePointer(JoinPath(bundle_root, kCurrentFile), current);
}

}  // namespace lookbook
