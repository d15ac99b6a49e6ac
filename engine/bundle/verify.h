// A bundle's manifest and hashes, checked before any reader opens a file of it. Needs neither torch
// nor FAISS.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "engine/bundle/manifest.h"

namespace lookbook {

// A bundle whose files are what its manifest says.
struct VerifiedBundle {
  std::string id;
  std::string directory;
  Manifest manifest;
  PreprocessSpec preprocess;
  // By name, the very bytes that were hashed: model.ts and everything in golden/. A reader that
  // takes them from here cannot be given others between the check and the use.
  std::map<std::string, std::string> contents;
};

// Checks, in this order: CURRENT; where `public_keys` names a file of keys, manifest.sig
// (signature.h); manifest.json against CURRENT, the id and its own rules; that the folder holds the
// listed files, all of them and nothing else (but manifest.sig); their sizes; their SHA-256.
//
// NotFound: no CURRENT. DataLoss with the reason "signature" (manifest.sig), "manifest" (CURRENT,
// manifest.json or the set of files) or "checksum" (a file is missing, or has another size or
// hash). Errors of the file system have the reason "io".
absl::StatusOr<VerifiedBundle> VerifyCurrentBundle(const std::string& bundle_root,
                                                   const std::string& public_keys = "");

// The same for one bundle folder, whose name must be the bundle's id.
absl::StatusOr<VerifiedBundle> VerifyBundle(const std::string& bundle_directory,
                                            const std::string& public_keys = "");

}  // namespace lookbook
