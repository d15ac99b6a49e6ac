// From what is known of bundles to the messages of the AdminService.
#pragma once

#include <string>

#include "lookbook/v1/admin.pb.h"
#include "server/lifecycle/activation.h"
#include "server/lifecycle/bundle_files.h"

namespace lookbook {

void FillActivation(const std::string& name, const Activated& activated, v1::Activation* message);

// `live_id`: what is served under `name`; empty when nothing is.
void FillRoot(const std::string& name, const std::string& path, const std::string& live_id,
              const BundleListing& listing, v1::StoredRoot* message);

}  // namespace lookbook
