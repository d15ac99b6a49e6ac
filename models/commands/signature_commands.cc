// sign and verify: who vouches for a bundle, and whether it is what was published.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/signature.h"
#include "engine/bundle/verify.h"
#include "models/commands/command_line.h"

namespace lookbook {
namespace {

constexpr char kSignFooter[] =
    R"(Writes manifest.sig into the bundle: the signature of manifest.json, which names the hash of every other file.
lookbook-server --require-signature loads no bundle without one, so publish with --no-activate, sign, then activate.
Keys are PEM files; servers get the public one alone:
  openssl genpkey -algorithm ed25519 -out release.pem
  openssl pkey -in release.pem -pubout -out release.pub.pem
Examples:
  lookbook-train sign /srv/bundles/quick/20261123T101500Z-f96275a38e2f --key release.pem
  lookbook-train sign out/quick/bundles --key release.pem      the bundle that CURRENT names)";

constexpr char kVerifyFooter[] =
    R"(Holds the bundle's files against its manifest, and with --public-key the manifest against its signature. Reads no
more than that: lookbook-server --check-bundle also opens the model and the index and asks both.
Examples:
  lookbook-train verify /srv/bundles/quick
  lookbook-train verify /srv/bundles/quick --public-key release.pub.pem)";

// The bundle in `path`, or the one that a bundle root's CURRENT names.
absl::StatusOr<std::string> FolderOf(const std::string& path) {
  if (PathExists(JoinPath(path, kManifestFile))) return path;
  LB_ASSIGN_OR_RETURN(const CurrentFile current, ReadCurrent(path));
  return JoinPath(path, current.bundle_id);
}

absl::Status Sign(const std::string& path, const std::string& key) {
  LB_ASSIGN_OR_RETURN(const std::string folder, FolderOf(path));
  LB_RETURN_IF_ERROR(SignBundle(folder, key));
  std::printf("signed   %s\n", folder.c_str());
  return absl::OkStatus();
}

absl::StatusOr<VerifiedBundle> VerifyAt(const std::string& path, const std::string& public_keys) {
  if (PathExists(JoinPath(path, kManifestFile))) return VerifyBundle(path, public_keys);
  return VerifyCurrentBundle(path, public_keys);
}

absl::Status Verify(const std::string& path, const std::string& public_keys) {
  if (!public_keys.empty()) LB_RETURN_IF_ERROR(ReadPublicKeys(public_keys).status());
  LB_ASSIGN_OR_RETURN(const VerifiedBundle bundle, VerifyAt(path, public_keys));
  uint64_t bytes = 0;
  for (const auto& file : bundle.manifest.files()) bytes += file.bytes();
  const bool has_signature = PathExists(JoinPath(bundle.directory, kSignatureFile));
  std::printf("good     %s: %d files, %" PRIu64 " bytes, %s\n", bundle.id.c_str(),
              bundle.manifest.files_size(), bytes,
              !public_keys.empty() ? "signed"
              : has_signature      ? "signature not checked"
                                   : "not signed");
  return absl::OkStatus();
}

}  // namespace

void AddSignCommand(CLI::App& app, CommandList* commands) {
  const auto path = std::make_shared<std::string>(), key = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("sign", "Signs a published bundle");
  command->footer(kSignFooter);
  command->add_option("bundle", *path, "Bundle folder, or a bundle root")->required();
  command->add_option("--key", *key, "PEM file of an Ed25519 private key")->required();
  commands->emplace_back(command, [path, key] { return Sign(*path, *key); });
}

void AddVerifyCommand(CLI::App& app, CommandList* commands) {
  const auto path = std::make_shared<std::string>(), keys = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("verify", "Checks a bundle's hashes, and by whom it is signed");
  command->footer(kVerifyFooter);
  command->add_option("bundle", *path, "Bundle folder, or a bundle root")->required();
  command
      ->add_option("--public-key", *keys,
                   "PEM file of public keys, by one of which it must be signed")
      ->check([](const std::string& text) {
        return text.empty() ? std::string("names no file") : std::string();
      });
  commands->emplace_back(command, [path, keys] { return Verify(*path, *keys); });
}

}  // namespace lookbook
