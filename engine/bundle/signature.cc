#include "engine/bundle/signature.h"

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/regular_file.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/verify.h"

namespace lookbook {
namespace {

constexpr uint64_t kMaxKeyBytes = 64 << 10;

// Written beside the bundle: a crash leaves nothing in its folder that a loader would refuse.
absl::Status WriteSignature(const VerifiedBundle& bundle, absl::string_view signature) {
  const std::string beside = absl::StrCat(bundle.directory, ".sig");
  LB_RETURN_IF_ERROR(WriteFileAtomic(beside, signature));
  const absl::Status moved = RenameDurably(beside, JoinPath(bundle.directory, kSignatureFile));
  if (!moved.ok()) RemoveAll(beside).IgnoreError();
  return moved;
}

}  // namespace

absl::StatusOr<Ed25519Keys> ReadPublicKeys(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string pem, ReadRegularFile(path, kMaxKeyBytes));
  absl::StatusOr<Ed25519Keys> keys = Ed25519Keys::Parse(pem);
  if (!keys.ok())
    return absl::InvalidArgumentError(absl::StrCat(path, " ", keys.status().message()));
  return keys;
}

absl::Status CheckSignature(const std::string& directory, absl::string_view manifest,
                            const std::string& public_keys) {
  const absl::StatusOr<Ed25519Keys> keys = ReadPublicKeys(public_keys);
  if (!keys.ok()) {
    return BundleError("signature", directory,
                       ": its signature cannot be checked: ", keys.status().message());
  }
  const std::string path = JoinPath(directory, kSignatureFile);
  const absl::StatusOr<std::string> signature = ReadRegularFile(path, kEd25519SignatureBytes);
  const absl::Status& read = signature.status();
  if (absl::IsNotFound(read)) {
    return BundleError("signature", directory, " is not signed: it has no ", kSignatureFile);
  }
  if (absl::IsResourceExhausted(read) || absl::IsFailedPrecondition(read)) {
    return BundleError("signature", read.message());
  }
  if (!read.ok()) return IoError(read);
  if (keys->Signed(manifest, *signature)) return absl::OkStatus();
  return BundleError("signature", path, " is no signature of ", kManifestFile, " by a key of ",
                     public_keys);
}

absl::Status SignBundle(const std::string& bundle_directory, const std::string& private_key) {
  LB_ASSIGN_OR_RETURN(const std::string pem, ReadRegularFile(private_key, kMaxKeyBytes));
  LB_ASSIGN_OR_RETURN(const VerifiedBundle bundle, VerifyBundle(bundle_directory));
  LB_ASSIGN_OR_RETURN(const std::string manifest,
                      ReadFile(JoinPath(bundle.directory, kManifestFile)));
  LB_RETURN_IF_ERROR(CheckBundleId(bundle.id, Sha256Hex(manifest)));  // What was verified.
  const absl::StatusOr<std::string> signature = SignEd25519(pem, manifest);
  if (!signature.ok()) return WithPrefix(private_key, signature.status());
  return WriteSignature(bundle, *signature);
}

}  // namespace lookbook
