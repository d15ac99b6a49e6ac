// Bundles on a server as tables for a terminal. Every function returns whole lines.
#pragma once

#include <string>

#include "client/terminal.h"
#include "lookbook/v1/admin.pb.h"

namespace lookbook {

// One table for each bundle root; what is live is marked.
std::string RenderBundles(const v1::ListBundlesResponse& bundles, const TextStyle& style);

// "default: 20261123T… is live after 1.3 s (it was 20261122T…)"
std::string RenderActivation(const v1::Activation& activation, const TextStyle& style);

}  // namespace lookbook
