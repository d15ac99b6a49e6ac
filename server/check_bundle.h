// What `lookbook-server --check-bundle DIR` does.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/config/server_config.h"
#include "server/lifecycle/bundle_check.h"

namespace lookbook {

// Opens the bundle, or what CURRENT of the bundle root names, with every check that a server makes
// before it serves one: signature, hashes, manifest, items, model, index, warm-up, golden
// self-test. Always on the CPU: what a device adds is tested when it is loaded there. Returns one
// line that describes the bundle: "20261123T101500Z-3f9a1c02b7de is good: mobilenet_v2, 8000 items,
// 64 dimensions, index Flat". Errors are those of OpenBundle().
absl::StatusOr<std::string> CheckBundle(const std::string& directory, const ServerConfig& config);

// The check that a server makes of a bundle before it opens it: this very program, in a process of
// its own, with config's bounds. REQUIRES: this program is lookbook-server.
BundleCheck CheckByThisProgram(const ServerConfig& config);

}  // namespace lookbook
