// Who made a bundle: manifest.sig, an Ed25519 signature over the bytes of manifest.json, which
// names the hash of every other file.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/ed25519.h"

namespace lookbook {

// The keys in a PEM file: a bundle signed by any of them is good. Errors name the file; those of
// its content are InvalidArgument.
absl::StatusOr<Ed25519Keys> ReadPublicKeys(const std::string& path);

// OK when manifest.sig in `directory` is the signature of a key in the file `public_keys` over
// `manifest`, the bytes of manifest.json. Nothing else is looked at.
//
// DataLoss "signature": there is none, it is by no key of the file, or the file has no keys to
// give. An error of the file system while manifest.sig is read has the reason "io".
absl::Status CheckSignature(const std::string& directory, absl::string_view manifest,
                            const std::string& public_keys);

// Signs a published bundle by the key in the file `private_key`: writes manifest.sig durably, in
// place of an earlier one. A crash leaves the earlier one or the new one.
//
// DataLoss: the bundle's files are not what its manifest says (VerifyBundle); nobody vouches for
// those. InvalidArgument: the key. Other errors name the file.
absl::Status SignBundle(const std::string& bundle_directory, const std::string& private_key);

}  // namespace lookbook
